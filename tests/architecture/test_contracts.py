"""The architecture is a test: the import contracts hold, and each of them is broken by the violation planted for it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINT = Path(sys.executable).parent / "lint-imports"

# contract id -> (file to add a line to, line)
VIOLATIONS = {
    "rooms-look-down": ("src/ringwall/text/planted.py", "import ringwall.storage"),
    "no-cycles": ("src/ringwall/vocabulary/span.py", "import ringwall.vocabulary.record\n"),
    "cellar-is-pure": ("src/ringwall/policies/planted.py", "import socket"),
    "only-storage-opens-databases": ("src/ringwall/ledger/planted.py", "import sqlite3"),
    "web-frameworks-in-faces": ("src/ringwall/inference/planted.py", "import starlette"),
    "http-clients-in-named-rooms": ("src/ringwall/identity/planted.py", "import urllib3"),
    "telemetry-libraries-in-telemetry": ("src/ringwall/inference/planted.py", "import prometheus_client"),
}


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINT, "--no-cache", "--config", str(root / "pyproject.toml")],
        cwd=root,
        env={"PYTHONPATH": str(root / "src"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__", "*.so", "*.egg-info"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_contract_is_kept(copy: Path):
    done = lint(copy)
    assert done.returncode == 0, done.stdout
    assert f"{len(VIOLATIONS)} kept, 0 broken" in done.stdout


@pytest.mark.parametrize("contract", VIOLATIONS)
def test_a_planted_violation_breaks_its_contract(copy: Path, contract: str):
    path, line = VIOLATIONS[contract]
    target = copy / path
    target.write_text((target.read_text() if target.exists() else "") + "\n" + line + "\n")
    if contract == "no-cycles":
        record = copy / "src/ringwall/vocabulary/record.py"
        record.write_text(record.read_text() + "\nimport ringwall.vocabulary.span\n")
    done = lint(copy)
    assert done.returncode == 1, done.stdout
    name = next(n for n in done.stdout.splitlines() if n.endswith(" BROKEN"))
    assert name.removesuffix(" BROKEN") == contract_name(contract)


def contract_name(contract: str) -> str:
    import tomllib

    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return next(c["name"] for c in settings["tool"]["importlinter"]["contracts"] if c["id"] == contract)
