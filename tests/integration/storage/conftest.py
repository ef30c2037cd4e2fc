"""One suite for both databases: every test that asks for `place` runs on each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from ringwall.storage.database import DatabaseStorage, open_storage
from tests.integration.storage.places import DATABASES, StandingClock, fresh_place


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture(params=DATABASES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with fresh_place(request.param, tmp_path) as place:
        yield place


@pytest.fixture(params=DATABASES)
def other_place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with fresh_place(request.param, tmp_path / "other") as place:
        yield place


@pytest.fixture
async def open_here(place: str, clock: StandingClock) -> AsyncIterator[Callable[[], DatabaseStorage]]:
    """Open the place, as often as a test likes (each is like another process); all are closed afterwards."""
    opened: list[DatabaseStorage] = []

    def open_here() -> DatabaseStorage:
        storage = open_storage(place, clock=clock, poll_interval_s=0)
        opened.append(storage)
        return storage

    yield open_here
    for storage in opened:
        await storage.close()


@pytest.fixture
async def storage(open_here: Callable[[], DatabaseStorage]) -> DatabaseStorage:
    return open_here()
