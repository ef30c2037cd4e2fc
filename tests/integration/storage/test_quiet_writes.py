"""Writes that end nobody's cache, and writes that leave nothing behind in the log file."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ringwall.storage import Delete, Document, Insert, Replace
from ringwall.storage.database import DatabaseStorage, open_storage
from tests.integration.storage.places import StandingClock

pytestmark = pytest.mark.anyio
SECRET = b"c0ffee-" * 40


def document(id: str, body: bytes = b"{}", revision: int = 0) -> Document:
    return Document(account_id="111111111111", kind="note", id=id, body=body, revision=revision)


def holding(folder: Path) -> list[str]:
    """Return the names of the files that have the secret in them."""
    return [path.name for path in folder.iterdir() if SECRET in path.read_bytes()]


async def test_a_quiet_write_is_seen_and_the_generation_stays(storage: DatabaseStorage) -> None:
    before = await storage.generation()
    await storage.apply(Insert(document("a")), Insert(document("b")), quiet=True)
    await storage.apply(Replace(document("a", b"[1]", revision=1)), quiet=True)
    assert await storage.generation() == before
    found = await storage.get("111111111111", "note", "a")
    assert found is not None
    assert (found.body, found.revision) == (b"[1]", 2)
    await storage.apply(Delete("111111111111", "note", "b"))
    assert await storage.generation() != before


async def test_a_loud_write_beside_a_quiet_one_counts(storage: DatabaseStorage) -> None:
    before = await storage.generation()
    await asyncio.gather(*[storage.apply(Insert(document(f"quiet{turn}")), quiet=True) for turn in range(5)])
    assert await storage.generation() == before
    await asyncio.gather(storage.apply(Insert(document("a")), quiet=True), storage.apply(Insert(document("b"))))
    assert await storage.generation() != before


@pytest.mark.parametrize("how", ["deleted", "overwritten"])
async def test_what_is_erased_is_in_none_of_the_files(tmp_path: Path, how: str) -> None:
    storage = open_storage(tmp_path, clock=StandingClock())
    try:
        await storage.apply(Insert(document("a", SECRET)))
        assert holding(tmp_path)
        change = Delete("111111111111", "note", "a") if how == "deleted" else Replace(document("a", b"{}", revision=1))
        await storage.apply(change, erase=True)
        assert holding(tmp_path) == []
    finally:
        await storage.close()
