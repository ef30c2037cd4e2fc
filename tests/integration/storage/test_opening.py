"""Opening, migrating, refusing, and living on after the database did not answer."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from ringwall.errors import Bug, DependencyError, IntegrityError, RingwallError, SettingsError, Throttled
from ringwall.storage import Document, Insert
from ringwall.storage import migrate as migrate_module
from ringwall.storage.database import DatabaseStorage, open_storage
from ringwall.storage.group_writer import WAITING_OPERATIONS
from ringwall.storage.schema import HEAD, metadata
from tests.integration.storage.places import StandingClock

pytestmark = pytest.mark.anyio


async def test_the_schema_is_the_sum_of_the_migrations(storage: DatabaseStorage) -> None:
    with storage._engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata) == []


def test_the_head_that_code_works_on_is_the_last_migration() -> None:
    assert ScriptDirectory(str(migrate_module._SCRIPTS)).get_heads() == [HEAD]


async def test_reopening_changes_nothing(open_here: Callable[[], DatabaseStorage]) -> None:
    first = open_here()
    await first.apply(Insert(Document(account_id="1", kind="k", id="a", body=b"x")))
    await first.append("audit", "1", b"leaf")
    await first.close()
    second = open_here()
    assert (await second.get("1", "k", "a")) is not None
    assert await second.append("audit", "1", b"leaf") == 1


async def test_many_who_open_an_empty_place_at_once_all_get_in(place: str, clock: StandingClock) -> None:
    with ThreadPoolExecutor(6) as threads:
        opened = list(threads.map(lambda _: open_storage(place, clock=clock), range(6)))
    indexes = await asyncio.gather(*[storage.append("audit", "1", b"leaf") for storage in opened])
    assert sorted(indexes) == list(range(6))
    for storage in opened:
        await storage.close()


async def test_a_newer_schema_is_refused_with_a_remedy(open_here: Callable[[], DatabaseStorage]) -> None:
    storage = open_here()
    with storage._engine.connect() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    await storage.close()
    with pytest.raises(SettingsError, match="newer than this release") as refusal:
        open_here()
    assert "backup" in refusal.value.how_to_mend


async def test_a_database_of_somebody_else_is_refused_untouched(open_here: Callable[[], DatabaseStorage]) -> None:
    storage = open_here()
    with storage._engine.connect() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    await storage.close()
    with pytest.raises(SettingsError, match="not ringwall's"):
        open_here()


async def test_sqlite_files_are_their_owners_alone_and_commits_are_flushed(tmp_path: Path, clock: StandingClock) -> None:
    directory = tmp_path / "new" / "data"
    storage = open_storage(directory, clock=clock)
    await storage.append("audit", "1", b"leaf")
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert {file.name: stat.S_IMODE(file.stat().st_mode) for file in directory.iterdir()} == {
        "ringwall.db": 0o600,
        "ringwall.db-wal": 0o600,
        "ringwall.db-shm": 0o600,
    }
    held = storage._transactions._held
    assert held is not None
    settings = {
        name: held.cursor().execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
    }
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}
    await storage.close()


@pytest.mark.parametrize(
    ("place", "error"),
    [
        ("mysql://somewhere/db", SettingsError),
        ("://somewhere", SettingsError),
        ("postgresql://host:port/db", SettingsError),
        ("/dev/null/data", SettingsError),
        ("postgresql://nobody@127.0.0.1:1/none", DependencyError),
    ],
)
def test_a_place_that_cannot_be_stored_in_is_refused(place: str, error: type[RingwallError], clock: StandingClock) -> None:
    with pytest.raises(error) as refusal:
        open_storage(place, clock=clock)
    assert refusal.value.how_to_mend


def test_no_error_shows_the_password(clock: StandingClock) -> None:
    with pytest.raises(DependencyError) as refusal:
        open_storage("postgresql://nobody:hunter2@127.0.0.1:1/none", clock=clock)
    assert "hunter2" not in repr(refusal.value) + str(refusal.value.facts) + refusal.value.how_to_mend


def test_a_file_that_is_no_database_is_an_integrity_error(tmp_path: Path, clock: StandingClock) -> None:
    (tmp_path / "ringwall.db").write_bytes(b"not a database" * 1000)
    with pytest.raises(IntegrityError):
        open_storage(tmp_path, clock=clock)


async def test_a_damaged_page_is_an_integrity_error(tmp_path: Path, clock: StandingClock) -> None:
    storage = open_storage(tmp_path, clock=clock)
    await storage.apply(*[Insert(Document(account_id="1", kind="k", id=f"{turn}", body=bytes(2000))) for turn in range(300)])
    await storage.close()
    file = tmp_path / "ringwall.db"
    content = bytearray(file.read_bytes())
    for page in range(14, len(content) // 4096):  # beyond the roots of the tables
        content[page * 4096 : page * 4096 + 64] = b"\xa5" * 64
    file.write_bytes(content)
    storage = open_storage(tmp_path, clock=clock)
    with pytest.raises(IntegrityError):
        await storage.list("1", "k")
    await storage.close()


async def test_a_full_disk_refuses_and_then_life_goes_on(tmp_path: Path, clock: StandingClock) -> None:
    storage = open_storage(tmp_path, clock=clock)
    await storage.append("audit", "1", b"first")
    held = storage._transactions._held
    assert held is not None
    pages = held.cursor().execute("PRAGMA page_count").fetchone()[0]
    held.cursor().execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(DependencyError, match="the disk is full"):
        await storage.append("audit", "1", b"second", bytes(100_000))
    assert await storage.append("audit", "1", b"third") == 1, "a new connection has the file's own limit again"
    assert [entry.leaf async for entry in storage.entries("audit")] == [b"first", b"third"]
    await storage.close()


async def test_a_lock_by_another_process_refuses_and_then_life_goes_on(tmp_path: Path, clock: StandingClock) -> None:
    storage = open_storage(tmp_path, clock=clock)
    await storage.append("audit", "1", b"first")
    held = storage._transactions._held
    assert held is not None
    held.cursor().execute("PRAGMA busy_timeout = 1")
    other = sqlite3.connect(tmp_path / "ringwall.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DependencyError, match="locked"):
        await storage.append("audit", "1", b"second")
    assert await storage.log_size("audit") == 1, "readers are not in its way"
    other.execute("ROLLBACK")
    other.close()
    assert await storage.append("audit", "1", b"third") == 1
    await storage.close()


@pytest.mark.postgres
@pytest.mark.parametrize("place", ["postgresql"], indirect=True)
async def test_a_lost_connection_refuses_and_then_life_goes_on(place: str, storage: DatabaseStorage) -> None:
    await storage.append("audit", "1", b"first")
    await storage.log_size("audit")
    with psycopg.connect(place, autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
    with pytest.raises(DependencyError):
        await storage.append("audit", "1", b"second")
    assert await storage.log_size("audit") == 1
    assert await storage.append("audit", "1", b"third") == 1


async def test_one_batch_that_the_driver_refuses_fails_by_itself(storage: DatabaseStorage) -> None:
    batches: list[object] = [b"%d" % turn for turn in range(9)]
    batches[4] = [1, 2, 3]
    outcomes = await asyncio.gather(*[storage.append("audit", "1", leaf) for leaf in batches], return_exceptions=True)  # type: ignore[arg-type]
    assert isinstance(outcomes.pop(4), Bug)
    assert sorted(outcomes) == list(range(8))
    assert [entry.index async for entry in storage.entries("audit")] == list(range(8))


async def test_a_clock_that_fails_fails_the_write_and_then_life_goes_on(place: str, clock: StandingClock) -> None:
    broken = False

    def moody() -> object:
        if broken:
            raise RuntimeError
        return clock()

    storage = open_storage(place, clock=moody)  # type: ignore[arg-type]
    broken = True
    with pytest.raises(Bug):
        await storage.append("audit", "1", b"leaf")
    broken = False
    assert await storage.append("audit", "1", b"leaf") == 0
    await storage.close()


async def test_more_than_can_wait_is_throttled_and_the_rest_is_kept(tmp_path: Path, clock: StandingClock) -> None:
    storage = open_storage(tmp_path, clock=clock)
    outcomes = await asyncio.gather(
        *[storage.append("audit", "1", b"leaf") for _ in range(WAITING_OPERATIONS + 10)], return_exceptions=True
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, Throttled)]
    assert len(refused) == 10
    assert await storage.log_size("audit") == WAITING_OPERATIONS
    assert await storage.append("audit", "1", b"leaf") == WAITING_OPERATIONS
    await storage.close()


def test_a_storage_survives_the_loop_that_used_it_first(tmp_path: Path, clock: StandingClock) -> None:
    storage = open_storage(tmp_path, clock=clock)
    assert asyncio.run(storage.append("audit", "1", b"leaf")) == 0
    assert asyncio.run(storage.append("audit", "1", b"leaf")) == 1
    asyncio.run(storage.close())
