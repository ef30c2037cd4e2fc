"""What the tests of one room stand on: real storage on each database, real keys, and a clock that stands where it is put."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from ringwall.keys import Keys, open_keys
from ringwall.storage.database import DatabaseStorage, open_storage
from tests.integration.storage.places import DATABASES, StandingClock, fresh_place

REGION = "us-east-1"


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture(params=DATABASES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A place that holds nothing yet; a test that asks for it runs on each database."""
    with fresh_place(request.param, tmp_path) as place:
        yield place


@pytest.fixture
async def storage(place: str, clock: StandingClock) -> AsyncIterator[DatabaseStorage]:
    storage = open_storage(place, clock=clock, poll_interval_s=0)
    yield storage
    await storage.close()


@pytest.fixture
async def keys(storage: DatabaseStorage, tmp_path: Path) -> Keys:
    return await open_keys(storage, data_dir=tmp_path, environ={})
