"""The launcher on a checkout in small: it installs once, again when what it installs changes, and one at a time."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

LAUNCHER = Path(__file__).resolve().parents[3] / "ringwall"
BACKEND = """
import base64, hashlib, pathlib, zipfile
HERE = pathlib.Path(__file__).parent
def get_requires_for_build_editable(config_settings=None):
    return []
def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    with (HERE / "installs.txt").open("a") as log:
        log.write("built\\n")
    name = "ringwall-0-py3-none-any.whl"
    info = "ringwall-0.dist-info"
    files = {"ringwall.pth": str(HERE / "src"), f"{info}/METADATA": "Metadata-Version: 2.1\\nName: ringwall\\nVersion: 0\\n",
             f"{info}/WHEEL": "Wheel-Version: 1.0\\nGenerator: here\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"}
    with zipfile.ZipFile(pathlib.Path(wheel_directory) / name, "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)
        wheel.writestr(f"{info}/RECORD", "".join(f"{path},,\\n" for path in [*files, f"{info}/RECORD"]))
    return name
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose package prints its arguments, and whose build backend needs nothing from anywhere."""
    root = tmp_path / "a checkout"
    (root / "src" / "ringwall").mkdir(parents=True)
    (root / "requirements").mkdir()
    (root / "requirements" / "run.txt").write_text("")
    (root / "setup.py").write_text("")
    (root / "pyproject.toml").write_text('[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n')
    (root / "backend.py").write_text(BACKEND)
    (root / "src" / "ringwall" / "__init__.py").write_text("")
    (root / "src" / "ringwall" / "__main__.py").write_text("import sys; print(sys.argv[1:]); sys.exit(7)")
    (root / "src" / "ringwall" / "x.c").write_text("/* one */")
    (root / "src" / "ringwall" / "x.h").write_text("/* one */")
    shutil.copy(LAUNCHER, root / "ringwall")
    return root


def environment() -> dict[str, str]:
    """Nothing of ours but the interpreter: no uv, no active environment."""
    return {"PATH": "/usr/bin:/bin", "PYTHON": os.path.realpath(sys.executable), "HOME": "/nonexistent", "PIP_NO_INDEX": "1"}


def run(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(root / "ringwall"), *arguments], capture_output=True, text=True, timeout=180, check=False, cwd=root.parent, env=environment()
    )


def installs(root: Path) -> int:
    return len((root / "installs.txt").read_text().split()) if (root / "installs.txt").exists() else 0


def test_the_first_start_installs_and_later_ones_only_run(checkout: Path) -> None:
    first = run(checkout, "up", "--port", "1", "two words")
    assert first.stdout == "['up', '--port', '1', 'two words']\n", first.stderr
    assert first.returncode == 7
    assert "installing" in first.stderr
    second = run(checkout, "x")
    assert (second.stdout, second.stderr, installs(checkout)) == ("['x']\n", "", 1)


@pytest.mark.parametrize(
    "changed",
    [
        "src/ringwall/x.h",
        *(pytest.param(name, marks=pytest.mark.slow) for name in ("requirements/run.txt", "pyproject.toml", "src/ringwall/x.c")),
    ],
)
def test_what_decides_the_installation_installs_again_when_it_changes(checkout: Path, changed: str) -> None:
    run(checkout)
    with (checkout / changed).open("a") as file:
        file.write("\n# changed\n" if not changed.endswith((".c", ".h")) else "\n/* two */\n")
    assert "installed" in run(checkout).stderr
    assert installs(checkout) == 2


def test_starts_at_the_same_time_install_once(checkout: Path) -> None:
    line = [str(checkout / "ringwall"), "x"]
    started = [subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()) for _ in range(3)]
    for process in started:
        out, err = process.communicate(timeout=180)
        assert (out, process.returncode) == ("['x']\n", 7), err
    assert installs(checkout) == 1


def test_the_lock_of_a_start_that_died_is_taken_over(checkout: Path) -> None:
    lock = checkout / ".venv" / ".ringwall-installing"
    lock.mkdir(parents=True)
    gone = subprocess.Popen(["true"])
    gone.wait()
    (lock / "pid").write_text(str(gone.pid))
    assert run(checkout, "x").stdout == "['x']\n"
    assert not lock.exists()


def test_a_failed_installation_is_not_taken_for_one(checkout: Path) -> None:
    (checkout / "requirements" / "run.txt").write_text("nothing-like-this==1 --hash=sha256:" + "0" * 64)
    failed = run(checkout, "x")
    assert failed.returncode not in {0, 7}
    assert failed.stdout == ""
    (checkout / "requirements" / "run.txt").write_text("")
    assert run(checkout, "x").stdout == "['x']\n"


def test_an_old_python_is_refused_with_what_to_do(checkout: Path, tmp_path: Path) -> None:
    old = tmp_path / "bin"
    old.mkdir()
    for name in ("python3", "python"):
        (old / name).write_text("#!/bin/sh\nexit 1\n")
        (old / name).chmod(0o755)
    tools = ["sh", "dirname", "cat", "cksum", "find", "mkdir", "rm", "sleep", "mv", "echo"]
    for tool in tools:
        (old / tool).symlink_to(shutil.which(tool) or "/bin/true")
    done = subprocess.run(
        [str(checkout / "ringwall")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": str(old), "HOME": "/nonexistent"},
    )
    assert done.returncode != 0
    assert "needs Python 3.11 or newer" in done.stderr
