"""Backups of, and a look at, the storage that the settings name."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from ringwall.bootstrap.house import LEDGER_FOLDER
from ringwall.bootstrap.settings import Settings, read_root_environment
from ringwall.keys import open_keys
from ringwall.keys.root import DEFAULT_REFERENCE
from ringwall.ledger import AUDIT_LOG, LOGS
from ringwall.ledger.shards import shard_folder
from ringwall.storage.backups import BackupSummary, backup, restore
from ringwall.storage.database import open_storage
from ringwall.storage.location import FILE_NAME
from ringwall.vocabulary import system_clock

Progress = Callable[[int, int], None]


def back_up(settings: Settings, target: Path, progress: Progress | None = None, *, shards: bool = True) -> BackupSummary:
    """Write everything that is committed now to a file, with the frozen shards unless told otherwise; a server may be running."""
    frozen = _shard_folders(settings) if shards else None
    return backup(settings.storage_url or settings.directory, target, clock=system_clock, progress=progress, frozen=frozen)


def put_back(source: Path, settings: Settings, progress: Progress | None = None) -> BackupSummary:
    """Fill the storage that the settings name, which must be empty, from a backup."""
    return restore(source, settings.storage_url or settings.directory, progress=progress, frozen=_shard_folders(settings))


def _shard_folders(settings: Settings) -> dict[str, Path]:
    return {log: shard_folder(settings.directory / LEDGER_FOLDER, log) for log in LOGS}


def look_at_storage(settings: Settings) -> str:
    """Say what is there, opening (and migrating) it if there is something; an empty place is left empty.

    Raises:
        RingwallError: it cannot be used.
    """
    if not settings.storage_url and not (settings.directory / FILE_NAME).exists():
        return f"none yet; the first start makes `{settings.directory / FILE_NAME}`"
    return asyncio.run(_look(settings))


async def _look(settings: Settings) -> str:
    storage = await asyncio.to_thread(open_storage, settings.storage_url or settings.directory, clock=system_clock)
    try:
        records = await storage.log_size(AUDIT_LOG)
        await open_keys(
            storage,
            data_dir=settings.directory,
            environ=read_root_environment(settings.root_key),
            reference=settings.root_key or DEFAULT_REFERENCE,
        )
    finally:
        await storage.close()
    kind = "PostgreSQL" if settings.storage_url else f"SQLite in `{settings.directory}`"
    return f"{kind}, {records:,} audit records, the root key fits"
