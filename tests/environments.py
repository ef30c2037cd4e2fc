"""Other people's programs, each at pinned versions in an environment of its own under `.clients/`, made once."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

CLIENTS = Path(__file__).parents[1] / ".clients"

Make = Callable[[Path, Path], None]


def install_python(lock: Path, home: Path, *options: str) -> None:
    """Install a hash-locked list of wheels into a virtual environment."""
    subprocess.run([sys.executable, "-m", "venv", home], check=True)
    pip = [home / "bin" / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, *options, "--require-hashes", "-r", lock], check=True)


def install_javascript(lock: Path, home: Path) -> None:
    """Install a package-lock into a node_modules folder."""
    home.mkdir(parents=True)
    shutil.copy(lock, home)
    shutil.copy(lock.parent / "package.json", home)
    subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=home, check=True)


def environment(lock: Path, make: Make) -> Path:
    """Return the environment of a lock, named for its folder, made again when the lock changed; two test processes do not make it twice."""
    name = lock.parent.name
    home = CLIENTS / f"{name}-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"
    CLIENTS.mkdir(exist_ok=True)
    with (CLIENTS / f"{name}.lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not (home / ".made").exists():
            shutil.rmtree(home, ignore_errors=True)
            make(lock, home)
            (home / ".made").touch()
    return home
