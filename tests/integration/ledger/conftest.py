"""Ledgers over either database, opened as often as a test likes, each like a process of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from ringwall.errors import RingwallError
from ringwall.keys import Keys, LogKeyStore, RootKeys
from ringwall.ledger import Ledger
from ringwall.storage.database import DatabaseStorage, open_storage
from ringwall.vocabulary import system_clock
from tests.integration.storage.places import DATABASES, fresh_place

KEYS = Keys(RootKeys({1: bytes(range(32))}))


@dataclass
class Opened:
    """One opening of the ledger; `key_store` has its keys."""

    ledger: Ledger
    storage: DatabaseStorage
    key_store: LogKeyStore

    async def close(self) -> None:
        await self.ledger.close()
        await self.storage.close()


OpenLedger = Callable[[], Awaitable[Opened]]


@pytest.fixture(params=DATABASES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with fresh_place(request.param, tmp_path) as place:
        yield place


@pytest.fixture
async def open_ledger(place: str, tmp_path: Path) -> AsyncIterator[OpenLedger]:
    everything: list[Opened] = []

    async def open_ledger() -> Opened:
        storage = open_storage(place, clock=system_clock, poll_interval_s=0)
        opened = Opened(Ledger(storage, KEYS), storage, LogKeyStore(storage, KEYS, system_clock))
        everything.append(opened)
        await opened.ledger.open(clock=system_clock, key_store=opened.key_store, directory=tmp_path / "ledger")
        return opened

    yield open_ledger
    for opened in everything:
        with suppress(RingwallError):
            await opened.close()
        await opened.storage.close()
