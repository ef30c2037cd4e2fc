"""Other people's clients, and the environment they start with."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.environments import environment, install_javascript, install_python

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def client() -> Callable[[str], Path]:
    """Give the environment of a client by its name."""

    def find(name: str) -> Path:
        if name == "javascript":
            if shutil.which("npm") is None:
                pytest.skip("npm: no Node.js on this machine")
            return environment(HERE / name / "package-lock.json", install_javascript)
        return environment(HERE / name / "requirements.txt", install_python)

    return find


@pytest.fixture
def client_environment(tmp_path: Path) -> dict[str, str]:
    """The variables a client process starts with: a home of its own, nothing of this machine's AWS settings."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "RINGWALL_"))}
    return {**kept, "HOME": str(tmp_path), "AWS_DEFAULT_REGION": "us-east-1", "AWS_REGION": "us-east-1", "AWS_MAX_ATTEMPTS": "1"}
