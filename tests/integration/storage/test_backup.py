"""A backup is one moment, whole, checked, and fits either database."""

from __future__ import annotations

import asyncio
import gzip
import json
import stat
from pathlib import Path

import pytest

from ringwall.errors import Conflict, DependencyError, IntegrityError, SettingsError
from ringwall.storage import Delete, Document, Insert, Replace
from ringwall.storage.backups import backup, restore
from ringwall.storage.database import DatabaseStorage, open_storage
from ringwall.storage.schema import HEAD
from tests.integration.storage.places import StandingClock

pytestmark = pytest.mark.anyio


async def fill(storage: DatabaseStorage) -> None:
    await storage.apply(
        *[
            Insert(Document(account_id=f"{turn % 3}", kind="k", id=f"é{turn}", body=bytes([turn]) * turn, key=f"key{turn}"))
            for turn in range(200)
        ]
    )
    await storage.apply(Replace(Document(account_id="0", kind="k", id="é0", body=b"changed", revision=1)), Delete("1", "k", "é1"))
    await asyncio.gather(*[storage.append(f"log{turn % 2}", f"{turn % 3}", b"leaf %d" % turn, bytes(range(256))) for turn in range(1100)])
    await storage.shred("log0", 5)


async def contents(storage: DatabaseStorage) -> object:
    documents = [document for account in "012" for document in await storage.list(account, "k")]
    return documents, [[entry async for entry in storage.entries(log)] for log in ("log0", "log1")], await storage.generation()


async def test_what_is_restored_is_what_was_backed_up_in_either_database(
    storage: DatabaseStorage, place: str, other_place: str, clock: StandingClock, tmp_path: Path
) -> None:
    await fill(storage)
    steps: list[tuple[int, int]] = []
    written = backup(place, tmp_path / "b", clock=clock, progress=lambda done, total: steps.append((done, total)))
    assert {table: rows for table, rows in written.rows.items() if rows} == {"document": 199, "generation": 1, "log": 2, "log_entry": 1100}
    assert steps[-1] == (1302, 1302)
    assert steps == sorted(steps)
    assert stat.S_IMODE((tmp_path / "b").stat().st_mode) == 0o600
    assert restore(tmp_path / "b", other_place, progress=lambda done, total: steps.append((done, total))) == written
    assert steps[-1] == (1302, 1302)
    restored = open_storage(other_place, clock=clock)
    assert await contents(restored) == await contents(storage)
    assert await restored.append("log0", "0", b"next") == 550
    await restored.close()


async def test_a_backup_is_one_moment_while_others_write(
    storage: DatabaseStorage, place: str, clock: StandingClock, tmp_path: Path
) -> None:
    """Each batch writes a document and its twin together, and the log grows: no half batch and no gap in the copy."""
    stop = False

    async def write() -> int:
        turn = 0
        while not stop:
            await storage.apply(*[Insert(Document(account_id="1", kind=half, id=f"{turn}", body=b"")) for half in ("left", "right")])
            await asyncio.gather(*[storage.append("audit", "1", b"leaf") for _ in range(5)])
            turn += 1
        return turn

    writing = asyncio.ensure_future(write())
    await asyncio.gather(*[storage.append("audit", "1", b"leaf") for _ in range(3000)])
    loop = asyncio.get_running_loop()
    for turn in range(3):
        await loop.run_in_executor(None, lambda turn=turn: backup(place, tmp_path / f"{turn}", clock=clock))
    stop = True
    assert await writing > 3
    for turn in range(3):
        await loop.run_in_executor(None, lambda turn=turn: restore(tmp_path / f"{turn}", tmp_path / f"restored{turn}"))
        restored = open_storage(tmp_path / f"restored{turn}", clock=clock)
        halves = [[document.id for document in await restored.list("1", half, limit=10_000)] for half in ("left", "right")]
        assert halves[0] == halves[1]
        indexes = [entry.index async for entry in restored.entries("audit")]
        assert indexes == list(range(len(indexes)))
        assert len(indexes) == await restored.log_size("audit") >= 3000
        await restored.close()


async def test_a_place_that_holds_something_is_not_restored_to(
    storage: DatabaseStorage, place: str, clock: StandingClock, tmp_path: Path
) -> None:
    backup(place, tmp_path / "b", clock=clock)
    await storage.append("audit", "1", b"leaf")
    with pytest.raises(Conflict, match="not empty"):
        restore(tmp_path / "b", place)
    assert await storage.log_size("audit") == 1


async def test_an_existing_file_is_not_overwritten(storage: DatabaseStorage, place: str, clock: StandingClock, tmp_path: Path) -> None:
    await storage.append("audit", "1", b"leaf")
    (tmp_path / "b").write_bytes(b"precious")
    with pytest.raises(Conflict):
        backup(place, tmp_path / "b", clock=clock)
    assert (tmp_path / "b").read_bytes() == b"precious"
    with pytest.raises(DependencyError):
        backup(place, tmp_path / "no such directory" / "b", clock=clock)


def test_there_must_be_something_to_back_up(tmp_path: Path, clock: StandingClock) -> None:
    with pytest.raises(SettingsError, match="no database"):
        backup(tmp_path / "none", tmp_path / "b", clock=clock)
    assert not (tmp_path / "none").exists()
    with pytest.raises(DependencyError):
        restore(tmp_path / "b", tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.fixture
async def lines(tmp_path: Path, clock: StandingClock) -> list[bytes]:
    storage = open_storage(tmp_path / "source", clock=clock)
    await storage.apply(Insert(Document(account_id="1", kind="k", id="a", body=b"x")))
    for turn in range(3):
        await storage.append("audit", "1", b"leaf %d" % turn)
    await storage.close()
    backup(tmp_path / "source", tmp_path / "b", clock=clock)
    return gzip.decompress((tmp_path / "b").read_bytes()).splitlines(keepends=True)


def packed(directory: Path, lines: list[bytes]) -> Path:
    (directory / "altered").write_bytes(gzip.compress(b"".join(lines)))
    return directory / "altered"


def sealed(lines: list[bytes]) -> list[bytes]:
    """Seal altered lines anew, as someone who knows the format would."""
    import hashlib

    body = lines[:-1]
    return [*body, json.dumps({"sha256": hashlib.sha256(b"".join(body)).hexdigest(), "rows": len(body) - 1}).encode() + b"\n"]


def replaced(lines: list[bytes], position: int, old: bytes, new: bytes) -> list[bytes]:
    assert old in lines[position]
    return [*lines[:position], lines[position].replace(old, new), *lines[position + 1 :]]


ALTERATIONS = {
    "a changed value": lambda lines: replaced(lines, 1, b'"1"', b'"2"'),
    "a line left out": lambda lines: lines[:2] + lines[3:],
    "two lines swapped": lambda lines: [lines[0], lines[2], lines[1], *lines[3:]],
    "no seal": lambda lines: lines[:-1],
    "something after the seal": lambda lines: [*lines, b"[]\n"],
    "half a line at the end": lambda lines: [*lines[:-1], lines[-1][:20]],
    "a missing entry, sealed anew": lambda lines: sealed(lines[:-2] + lines[-1:]),
    "a missing entry that the header does not count, sealed anew": lambda lines: sealed(
        replaced(lines[:-3] + lines[-2:], 0, b'"rows":3', b'"rows":2')
    ),
    "a row of no table, sealed anew": lambda lines: sealed([*lines[:1], b"[9,1]\n", *lines[2:]]),
    "a row with too few values, sealed anew": lambda lines: sealed([*lines[:1], b"[0,1]\n", *lines[2:]]),
    "a row that is no JSON, sealed anew": lambda lines: sealed([*lines[:1], b"[0,\n", *lines[2:]]),
    "a body that is no base64, sealed anew": lambda lines: sealed(replaced(lines, 1, b'"eA=="', b'"*"')),
    "a table that the schema does not have, sealed anew": lambda lines: sealed(replaced(lines, 0, b'"name":"log"', b'"name":"gol"')),
    "a column that the table does not have, sealed anew": lambda lines: sealed(replaced(lines, 0, b'"value"', b'"eulav"')),
    "another format": lambda lines: replaced(lines, 0, b'"ringwall-backup"', b'"something"'),
    "a later version of the format": lambda lines: replaced(lines, 0, b'"formatVersion":1', b'"formatVersion":2'),
    "no lines": lambda _: [],
}


@pytest.mark.parametrize("alter", ALTERATIONS.values(), ids=ALTERATIONS.keys())
async def test_an_altered_backup_restores_nothing(lines: list[bytes], tmp_path: Path, alter: object) -> None:
    with pytest.raises(IntegrityError):
        restore(packed(tmp_path, alter(lines)), tmp_path / "target")  # type: ignore[operator]
    assert not (tmp_path / "target" / "ringwall.db").exists()


async def test_an_altered_backup_leaves_an_empty_database_empty(
    lines: list[bytes], other_place: str, tmp_path: Path, clock: StandingClock
) -> None:
    with pytest.raises(IntegrityError):
        restore(packed(tmp_path, lines[:-1]), other_place)
    restore(packed(tmp_path, lines), other_place)
    restored = open_storage(other_place, clock=clock)
    assert await restored.log_size("audit") == 3
    await restored.close()


async def test_a_backup_of_a_newer_schema_is_refused(lines: list[bytes], tmp_path: Path) -> None:
    newer = sealed(replaced(lines, 0, b'"schema":"%b"' % HEAD.encode(), b'"schema":"9999"'))
    with pytest.raises(SettingsError, match="newer"):
        restore(packed(tmp_path, newer), tmp_path / "target")


async def test_a_cut_off_or_flipped_file_is_refused(lines: list[bytes], tmp_path: Path) -> None:
    whole = (tmp_path / "b").read_bytes()
    for size in range(0, len(whole) - 1, 23):
        (tmp_path / "cut").write_bytes(whole[:size])
        with pytest.raises(IntegrityError):
            restore(tmp_path / "cut", tmp_path / "target")
    for position in range(10, len(whole), 41):  # the first ten bytes are gzip's own header, of which it checks what matters to it
        (tmp_path / "flipped").write_bytes(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])
        with pytest.raises(IntegrityError):
            restore(tmp_path / "flipped", tmp_path / "target")
    assert not (tmp_path / "target" / "ringwall.db").exists()
