"""Every released schema is brought to this one with nothing lost: in place, and through a backup that is restored elsewhere."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

import ringwall
from ringwall.storage import Document, Entry, Insert
from ringwall.storage.backups import backup, restore
from ringwall.storage.database import DatabaseStorage, open_storage
from ringwall.storage.migrate import current_revision
from ringwall.storage.schema import HEAD
from tests.integration.storage.places import StandingClock

pytestmark = pytest.mark.anyio

DUMPS = sorted(Path(__file__).with_name("released").glob("*.sql"))


@pytest.fixture(params=DUMPS, ids=[dump.stem for dump in DUMPS])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    directory = tmp_path / "old"
    directory.mkdir()
    database = sqlite3.connect(directory / "ringwall.db")
    database.executescript(request.param.read_text("utf-8"))
    database.close()
    return directory


async def check(storage: DatabaseStorage) -> None:
    with storage._engine.connect() as connection:
        assert current_revision(connection) == HEAD
    assert await storage.get("111111111111", "guardrail", "abcdefghijkl") == Document(
        account_id="111111111111", kind="guardrail", id="abcdefghijkl", body='{"name":"démo"}'.encode(), revision=2
    )
    found = await storage.find("access-key", "AKIAEXAMPLE")
    assert found is not None
    assert (found.body, found.expires_at, found.revision) == (bytes(range(32)), 2**40, 1)
    recorded_at = 1_767_225_600_000
    assert [entry async for entry in storage.entries("audit")] == [
        Entry(turn, b'{"leaf":%d}' % turn, b"" if turn == 1 else b"erasable", "111111111111", recorded_at) for turn in range(3)
    ]
    before = await storage.generation()
    await storage.apply(Insert(Document(account_id="1", kind="k", id="new", body=b"")))
    assert await storage.generation() > before >= 2
    assert await storage.append("audit", "1", b"next") == 3
    await storage.close()


async def test_in_place(old: Path, clock: StandingClock) -> None:
    await check(open_storage(old, clock=clock))


async def test_through_a_backup_into_either_database(old: Path, other_place: str, tmp_path: Path, clock: StandingClock) -> None:
    backup(old, tmp_path / "b", clock=clock)
    restore(tmp_path / "b", other_place)
    await check(open_storage(other_place, clock=clock))


def test_this_release_has_its_dump() -> None:
    assert (Path(__file__).with_name("released") / f"{ringwall.__version__}.sql").exists()
