"""The ledger by itself, for whoever holds the data directory: to verify it, beside a running server or without one, and to rotate keys."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from ringwall.bootstrap.house import LEDGER_FOLDER, NotStarted
from ringwall.bootstrap.settings import Settings, read_root_environment
from ringwall.keys import LogKeyStore, open_keys
from ringwall.keys.root import DEFAULT_REFERENCE
from ringwall.ledger import Ledger, Verification
from ringwall.storage import open_storage
from ringwall.storage.location import FILE_NAME
from ringwall.vocabulary import system_clock

Progress = Callable[[int, int], None]


async def verify_log(settings: Settings, log: str, progress: Progress | None = None) -> Verification:
    """Walk a whole log.

    Raises:
        NotStarted: there is no ledger here. IntegrityError: the first thing that is not as it was written, by its name.
    """
    async with _ledger(settings) as ledger:
        return await ledger.verify(log, progress=progress)


async def rotate_log_key(settings: Settings, log: str) -> tuple[str, ...]:
    """Add a version to a log's key, and return the verifier keys that the next checkpoint carries, the newest last.

    Raises:
        NotStarted: there is no ledger here. Conflict: a rotation is under way.
    """
    async with _ledger(settings) as ledger:
        await ledger.rotate_key(log)
        return await ledger.log(log).vkeys()


@asynccontextmanager
async def _ledger(settings: Settings) -> AsyncIterator[Ledger]:
    if not settings.storage_url and not (settings.directory / FILE_NAME).exists():
        raise NotStarted("there is no ledger yet")
    storage = await asyncio.to_thread(open_storage, settings.storage_url or settings.directory, clock=system_clock)
    try:
        reference = settings.root_key or DEFAULT_REFERENCE
        environ = read_root_environment(settings.root_key)
        keys = await open_keys(storage, data_dir=settings.directory, environ=environ, reference=reference)
        ledger = Ledger(storage, keys)
        key_store = LogKeyStore(storage, keys, system_clock, base=settings.ledger_origin)
        ledger.prepare(clock=system_clock, key_store=key_store, directory=settings.directory / LEDGER_FOLDER)
        yield ledger
        await ledger.close()
    finally:
        await storage.close()
