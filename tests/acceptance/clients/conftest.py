"""Other people's clients, each at pinned versions in an environment of its own under `.clients/`, made once."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CLIENTS = HERE.parents[2] / ".clients"

Make = Callable[[Path, Path], None]


def install_python(lock: Path, home: Path) -> None:
    """Install a hash-locked list of wheels into a virtual environment."""
    subprocess.run([sys.executable, "-m", "venv", home], check=True)
    pip = [home / "bin" / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "-r", lock], check=True)


def install_javascript(lock: Path, home: Path) -> None:
    """Install a package-lock into a node_modules folder."""
    home.mkdir(parents=True)
    shutil.copy(lock, home)
    shutil.copy(lock.parent / "package.json", home)
    subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=home, check=True)


def environment(name: str, lock: str, make: Make) -> Path:
    """Return the client's environment, made again when its lock changed; two test processes do not make it twice."""
    source = HERE / name / lock
    home = CLIENTS / f"{name}-{hashlib.sha256(source.read_bytes()).hexdigest()[:12]}"
    CLIENTS.mkdir(exist_ok=True)
    with (CLIENTS / f"{name}.lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not (home / ".made").exists():
            shutil.rmtree(home, ignore_errors=True)
            make(source, home)
            (home / ".made").touch()
    return home


@pytest.fixture(scope="session")
def client() -> Callable[[str], Path]:
    """Give the environment of a client by its name."""

    def find(name: str) -> Path:
        if name == "javascript":
            if shutil.which("npm") is None:
                pytest.skip("npm: no Node.js on this machine")
            return environment(name, "package-lock.json", install_javascript)
        return environment(name, "requirements.txt", install_python)

    return find


@pytest.fixture
def client_environment(tmp_path: Path) -> dict[str, str]:
    """The variables a client process starts with: a home of its own, nothing of this machine's AWS settings."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "RINGWALL_"))}
    return {**kept, "HOME": str(tmp_path), "AWS_DEFAULT_REGION": "us-east-1", "AWS_REGION": "us-east-1", "AWS_MAX_ATTEMPTS": "1"}
