"""A shared store that outlives no test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.valkey import Valkey, running


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Valkey]:
    with running(tmp_path) as one:
        yield one
