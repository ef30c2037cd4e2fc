"""A log that was rolled back goes on under a new origin: what it says, what still verifies, what is refused, and where it is no way out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from ringwall.crypto import leaf_hash, root_hash, verify_inclusion
from ringwall.crypto.checkpoint import Checkpoint
from ringwall.crypto.notes import open_checkpoint, parse_vkey
from ringwall.errors import Conflict, IntegrityError
from ringwall.keys import LogKeyStore
from ringwall.ledger import STATEMENT_LOG, Ledger
from ringwall.storage.backups import backup, restore
from ringwall.storage.database import open_storage
from ringwall.vocabulary import system_clock
from tests.integration.ledger.conftest import KEYS, Opened
from tests.integration.storage.places import DATABASES, fresh_place

pytestmark = [pytest.mark.anyio, pytest.mark.slow_on_postgresql]


@asynccontextmanager
async def ledger_at(place: str | Path, directory: Path, *, opened: bool = True) -> AsyncIterator[Opened]:
    """Open, or only prepare, the ledger of a place, with what it remembers in a directory."""
    storage = open_storage(place, clock=system_clock, poll_interval_s=0)
    found = Opened(Ledger(storage, KEYS), storage, LogKeyStore(storage, KEYS, system_clock))
    try:
        if opened:
            await found.ledger.open(clock=system_clock, key_store=found.key_store, directory=directory)
        else:
            found.ledger.prepare(clock=system_clock, key_store=found.key_store, directory=directory)
        yield found
        await found.ledger.close()
    finally:
        await storage.close()


class RolledBack:
    """A place with an older state than what was signed, and what was signed."""

    def __init__(self, place: str, directory: Path) -> None:
        self.place = place
        self.directory = directory
        self.before = b""  # the last checkpoint of the state that was restored
        self.lost = b""  # the last one of all
        self.vkeys: tuple[str, ...] = ()

    @property
    def memory(self) -> Path:
        """The remembered checkpoint."""
        return self.directory / STATEMENT_LOG / "checkpoint"


@pytest.fixture(params=DATABASES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with fresh_place(request.param, tmp_path / "restored") as place:
        yield place


async def roll_back(place: str, tmp_path: Path, *, rotate: bool = False) -> RolledBack:
    made = RolledBack(place, tmp_path / "ledger")
    async with ledger_at(tmp_path / "first", made.directory) as first:
        for number in range(5):
            made.before = (await first.ledger.put_statement("1", b"statement %d" % number)).checkpoint
        backup(tmp_path / "first", tmp_path / "b", clock=system_clock)
        if rotate:
            await first.ledger.rotate_key(STATEMENT_LOG)
        for number in range(5, 8):
            made.lost = (await first.ledger.put_statement("1", b"statement %d" % number)).checkpoint
        made.vkeys = await first.ledger.log(STATEMENT_LOG).vkeys()
    restore(tmp_path / "b", place)
    return made


def opened_by(note: bytes, origin: str, vkeys: tuple[str, ...]) -> Checkpoint:
    return open_checkpoint(note, origin, [parse_vkey(key) for key in vkeys])


async def begin(found: Opened, told: list[dict[str, Any]]) -> Any:
    async def write_entry(said: dict[str, Any], note: bytes) -> int:
        told.append({**said, "note": note})
        return await found.storage.append(STATEMENT_LOG, "1", b"new origin")

    return await found.ledger.begin_origin(STATEMENT_LOG, write_entry)


async def test_a_log_that_was_rolled_back_goes_on_as_another_one(place: str, tmp_path: Path) -> None:
    log = await roll_back(place, tmp_path)
    with pytest.raises(IntegrityError, match="rolled back: 8 entries were signed") as refusal:
        async with ledger_at(place, log.directory):
            pass
    assert f"ringwall ledger new-origin {STATEMENT_LOG}" in refusal.value.how_to_mend
    told: list[dict[str, Any]] = []
    async with ledger_at(place, log.directory, opened=False) as found:
        former = await found.ledger.log(STATEMENT_LOG).origin()
        begun = await begin(found, told)
    lost = opened_by(log.lost, former, log.vkeys)
    assert told == [
        {
            "event": "new-origin",
            "log": STATEMENT_LOG,
            "origin": begun.origin,
            "formerOrigin": former,
            "formerSize": 8,
            "formerRoot": lost.root.hex(),
            "formerCheckpoint": (next((log.directory / STATEMENT_LOG / "former").iterdir())).stem,
            "formerCheckpointVerified": True,
            "takenOver": 5,
            "note": log.lost,
        }
    ]
    assert begun.origin.startswith(f"{former}-")
    assert (begun.former, begun.former_size, begun.taken_over, begun.index, begun.size) == (former, 8, 5, 5, 6)
    assert [file.read_bytes() for file in (log.directory / STATEMENT_LOG / "former").iterdir()] == [log.lost]
    async with ledger_at(place, log.directory) as found:
        receipt = await found.ledger.put_statement("1", b"after")
        entries = [entry.leaf async for entry in found.storage.entries(STATEMENT_LOG)]
        assert entries == [*[b"statement %d" % number for number in range(5)], b"new origin", b"after"]
        reader = found.ledger.log(STATEMENT_LOG)
        assert await reader.origin() == begun.origin
        checkpoint = opened_by(receipt.checkpoint, begun.origin, begun.vkeys)
        assert checkpoint.root == root_hash([leaf_hash(entry) for entry in entries])
        proof = await reader.inclusion_proof(2)
        verify_inclusion(leaf_hash(b"statement 2"), 2, 7, proof.proof, checkpoint.root)
        assert (await found.ledger.verify(STATEMENT_LOG)).sealed == 7
        kept = {each.size: each.note for each in await reader.checkpoints()}
        assert kept[5] == log.before, "the former origin's last checkpoint is kept for ever"
        assert opened_by((await reader.inclusion_proof(2, size=5)).checkpoint, former, log.vkeys).size == 5
        keys = await found.key_store.load(STATEMENT_LOG)
        with pytest.raises(IntegrityError, match="which ended at 5 entries"):
            keys.open(log.lost)
        with pytest.raises(IntegrityError, match="known key"):
            opened_by(receipt.checkpoint, former, log.vkeys)
        await found.ledger.rotate_key(STATEMENT_LOG)
        await found.ledger.put_statement("1", b"rotated")
        await found.ledger.put_statement("1", b"rotated and settled")
        assert (await found.key_store.load(STATEMENT_LOG)).former[0].origin == former
    async with ledger_at(place, log.directory, opened=False) as found:
        assert (await found.ledger.verify(STATEMENT_LOG)).entries == 9


async def test_another_process_that_remembers_the_former_log_goes_along(place: str, tmp_path: Path) -> None:
    log = await roll_back(place, tmp_path)
    other = tmp_path / "other" / STATEMENT_LOG / "checkpoint"
    other.parent.mkdir(parents=True)
    other.write_bytes(log.memory.read_bytes())
    async with ledger_at(place, log.directory, opened=False) as found:
        await begin(found, [])
    async with ledger_at(place, tmp_path / "other") as found:
        await found.ledger.put_statement("1", b"from the other")
    assert other.read_bytes() != log.lost
    forged = tmp_path / "forged" / STATEMENT_LOG / "checkpoint"
    forged.parent.mkdir(parents=True)
    forged.write_bytes(log.before.replace(b"\n5\n", b"\n4\n"))
    with pytest.raises(IntegrityError, match="is not one that this log signed"):
        async with ledger_at(place, tmp_path / "forged"):
            pass


async def test_a_key_that_was_made_after_the_backup_is_missed_and_said_so(place: str, tmp_path: Path) -> None:
    log = await roll_back(place, tmp_path, rotate=True)
    with pytest.raises(IntegrityError, match=r"is not one that this log signed|rolled back"):
        async with ledger_at(place, log.directory):
            pass
    told: list[dict[str, Any]] = []
    async with ledger_at(place, log.directory, opened=False) as found:
        assert (await begin(found, told)).former_size == 8
    assert told[0]["formerCheckpointVerified"] is False
    async with ledger_at(place, log.directory) as found:
        assert (await found.ledger.verify(STATEMENT_LOG)).sealed == 6


async def test_an_older_state_of_the_new_log_is_left_for_yet_another_one(place: str, tmp_path: Path) -> None:
    log = await roll_back(place, tmp_path)
    async with ledger_at(place, log.directory, opened=False) as found:
        second = await begin(found, [])
    restore(tmp_path / "b", tmp_path / "again")
    with pytest.raises(IntegrityError, match="is not one that this log signed"):
        async with ledger_at(tmp_path / "again", log.directory):
            pass
    later = lambda: system_clock().replace(year=2099)  # noqa: E731 - another second
    told: list[dict[str, Any]] = []
    async with ledger_at(tmp_path / "again", log.directory, opened=False) as found:
        found.key_store._clock = later
        third = await begin(found, told)
    assert told[0]["formerOrigin"] == second.origin != third.origin
    async with ledger_at(tmp_path / "again", log.directory) as found:
        assert await found.ledger.log(STATEMENT_LOG).origin() == third.origin


async def test_a_log_that_can_go_on_keeps_its_origin(place: str, tmp_path: Path) -> None:
    async with ledger_at(place, tmp_path / "ledger") as found:
        await found.ledger.put_statement("1", b"one")
        origin = await found.ledger.log(STATEMENT_LOG).origin()
    for directory in (tmp_path / "ledger", tmp_path / "nothing remembered"):
        async with ledger_at(place, directory, opened=False) as found:
            with pytest.raises(Conflict, match="can go on as it is"):
                await begin(found, [])
            assert await found.ledger.log(STATEMENT_LOG).origin() == origin
            assert await found.storage.log_size(STATEMENT_LOG) == 1


async def test_a_log_that_another_process_seals_is_left_alone(place: str, tmp_path: Path) -> None:
    log = await roll_back(place, tmp_path)
    async with ledger_at(place, log.directory, opened=False) as found:
        taken = 0
        while not taken:
            with suppress(Conflict):  # the lease that was restored with the log is not over yet
                taken = await found.storage.trees.take_lease(STATEMENT_LOG, "another", ttl_ms=600_000)
        with pytest.raises(Conflict, match="another process seals"):
            await begin(found, [])
        assert await found.storage.log_size(STATEMENT_LOG) == 5
    assert log.memory.read_bytes() == log.lost


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE log_entry SET leaf = erasable WHERE position = 4",
        "UPDATE log_tile SET data = note FROM log_checkpoint WHERE log_checkpoint.log_id = log_tile.log_id",
        "DELETE FROM log_checkpoint",
    ],
)
async def test_a_new_origin_mends_no_damage(place: str, tmp_path: Path, damage: str) -> None:
    log = await roll_back(place, tmp_path)
    async with ledger_at(place, log.directory, opened=False) as found:
        with found.storage._engine.connect() as connection:
            connection.execute(text(damage))
        with pytest.raises(IntegrityError):
            await begin(found, [])
        assert await found.storage.log_size(STATEMENT_LOG) == 5
    assert log.memory.read_bytes() == log.lost
