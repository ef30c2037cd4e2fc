"""The extra `judge`: the tests of a classifier's folder, which skip without the package, run beside one in an environment of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = [pytest.mark.clients]
TESTS = Path(__file__).parents[2] / "unit" / "watch" / "test_judges.py"


def test_a_classifiers_folder_is_read_with_the_package_that_the_extra_brings(client: Callable[[str], Path]) -> None:
    packages = next((client("judge") / "lib").glob("python*/site-packages"))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(TESTS)]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(packages)}, cwd=TESTS.parents[3], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert "skipped" not in done.stdout.splitlines()[-1]
