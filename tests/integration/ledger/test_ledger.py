"""The ledger on both databases: order, tenants, shredding, and every way a stored record can be wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from ringwall.crypto import leaf_hash, root_hash
from ringwall.errors import DependencyError, IntegrityError, InvalidRequest, NotFound
from ringwall.keys import Keys, LogKeyStore, RootKeys
from ringwall.ledger import Ledger
from ringwall.storage.database import DatabaseStorage, open_storage
from ringwall.vocabulary import AuditRecord, system_clock
from tests.integration.storage.places import DATABASES, fresh_place

pytestmark = pytest.mark.anyio

KEYS = Keys(RootKeys({1: bytes(range(32))}))


def record(number: int, *, account: str = "111111111111", event: str = "ApplyGuardrail", error: str = "") -> AuditRecord:
    return AuditRecord(
        event_id=f"event-{number}",
        event_time="2026-01-01T00:00:00.000Z",
        event_source="bedrock.amazonaws.com" if event.startswith("Create") else "bedrock-runtime.amazonaws.com",
        event_name=event,
        aws_region="us-east-1",
        recipient_account_id=account,
        request_id=f"request-{number}",
        user_identity={"type": "IAMUser", "userName": f"user-{number}"},
        source_ip_address="203.0.113.7",
        user_agent="test",
        read_only=False,
        error_code=error,
        ringwall={"rules": [f"rule-{number}"]},
    )


@pytest.fixture(params=DATABASES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with fresh_place(request.param, tmp_path) as place:
        yield place


@pytest.fixture
async def storage(place: str) -> AsyncIterator[DatabaseStorage]:
    storage = open_storage(place, clock=system_clock)
    yield storage
    await storage.close()


@pytest.fixture
async def ledger(storage: DatabaseStorage, tmp_path: Path) -> AsyncIterator[Ledger]:
    ledger = Ledger(storage, KEYS)
    await ledger.open(clock=system_clock, key_store=LogKeyStore(storage, KEYS, system_clock), directory=tmp_path / "ledger")
    yield ledger
    await ledger.close()


async def test_records_are_read_back_newest_first(ledger: Ledger) -> None:
    for number in range(5):
        assert await ledger.record(record(number)) == number
    page = await ledger.lookup("111111111111", limit=3)
    assert [found.index for found in page.records] == [4, 3, 2]
    assert page.next == 1
    rest = await ledger.lookup("111111111111", start=page.next, limit=3)
    assert ([found.index for found in rest.records], rest.next) == ([1, 0], None)
    newest = page.records[0]
    assert newest.event["eventID"] == "event-4"
    assert newest.event["ringwall"] == {"rules": ["rule-4"]}
    assert newest.erasable is not None
    assert newest.erasable["userIdentity"] == {"type": "IAMUser", "userName": "user-4"}


async def test_a_tenant_sees_its_own_records_only(ledger: Ledger) -> None:
    accounts = ["111111111111", "222222222222", "333333333333"]
    await asyncio.gather(*[ledger.record(record(number, account=accounts[number % 3])) for number in range(30)])
    for account in accounts:
        page = await ledger.lookup(account)
        assert len(page.records) == 10
        assert {found.event["recipientAccountId"] for found in page.records} == {account}
    assert (await ledger.lookup("444444444444")).records == ()
    index = (await ledger.lookup(accounts[0])).records[0].index
    with pytest.raises(NotFound):
        await ledger.shred(accounts[1], index)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"event_name": "CreateGuardrail"}, [0, 4, 8]),
        ({"event_source": "bedrock.amazonaws.com"}, [0, 4, 8]),
        ({"error_code": "ValidationException"}, [0, 3, 6, 9]),
        ({"event_name": "CreateGuardrail", "error_code": "ValidationException"}, [0]),
        ({"event_name": "Nothing"}, []),
        ({}, list(range(10))),
    ],
)
async def test_filters(ledger: Ledger, wanted: dict[str, str], expected: list[int]) -> None:
    for number in range(10):
        event = "ApplyGuardrail" if number % 4 else "CreateGuardrail"
        await ledger.record(record(number, event=event, error="" if number % 3 else "ValidationException"))
    page = await ledger.lookup("111111111111", **wanted)
    assert [found.index for found in page.records] == expected[::-1]
    assert page.next is None


async def test_a_filter_that_matches_little_reads_a_bounded_number_a_page(ledger: Ledger) -> None:
    await ledger.record(record(0, event="CreateGuardrail"))
    await asyncio.gather(*[ledger.record(record(number)) for number in range(1, 5101)])
    page = await ledger.lookup("111111111111", event_name="CreateGuardrail")
    assert (page.records, page.next) == ((), 100)
    page = await ledger.lookup("111111111111", event_name="CreateGuardrail", start=page.next)
    assert ([found.index for found in page.records], page.next) == ([0], None)


@pytest.mark.parametrize(("start", "limit"), [(None, 0), (None, 1001), (-1, 10)])
async def test_a_page_that_is_none_is_refused(ledger: Ledger, start: int | None, limit: int) -> None:
    with pytest.raises(InvalidRequest):
        await ledger.lookup("111111111111", start=start, limit=limit)


async def test_shredding_leaves_the_leaf_and_its_root(ledger: Ledger, storage: DatabaseStorage) -> None:
    for number in range(4):
        await ledger.record(record(number))
    before = await ledger.verify()
    await ledger.shred("111111111111", 2)
    after = await ledger.verify()
    assert (after.entries, after.shredded, after.root) == (4, 1, before.root)
    assert [found.erasable is None for found in (await ledger.lookup("111111111111")).records] == [False, True, False, False]
    leaves = [leaf_hash(entry.leaf) async for entry in storage.entries("audit")]
    assert after.root == root_hash(leaves).hex()


async def test_an_empty_ledger_is_in_order(ledger: Ledger) -> None:
    verification = await ledger.verify()
    assert (verification.entries, verification.root) == (0, root_hash([]).hex())


TAMPERING = {
    "a leaf changed": "UPDATE log_entry SET leaf = :other WHERE position = 2",
    "an erasable half changed": "UPDATE log_entry SET erasable = :other WHERE position = 2",
    "two leaves swapped for one": "UPDATE log_entry SET leaf = (SELECT leaf FROM log_entry WHERE position = 1) WHERE position = 2",
    "an entry removed": "DELETE FROM log_entry WHERE position = 2",
    "the last entry removed": "DELETE FROM log_entry WHERE position = 3",
    "an entry moved": "UPDATE log_entry SET position = 7 WHERE position = 3",
    "an entry filed under another account": "UPDATE log_entry SET account_id = '222222222222' WHERE position = 2",
    "the size changed": "UPDATE log SET size = 5",
}


@pytest.mark.parametrize("statement", TAMPERING.values(), ids=TAMPERING.keys())
async def test_what_somebody_changed_in_the_database_is_found(ledger: Ledger, storage: DatabaseStorage, statement: str) -> None:
    for number in range(4):
        await ledger.record(record(number))
    await ledger.sealed("audit", 3)
    await ledger.verify()
    with storage._engine.connect() as connection:
        connection.execute(text(statement), {"other": b'{"leafVersion":1}'} if ":other" in statement else {})
    with pytest.raises(IntegrityError):
        await ledger.verify()


async def test_a_reader_is_told_of_a_changed_record(ledger: Ledger, storage: DatabaseStorage) -> None:
    await ledger.record(record(0))
    with storage._engine.connect() as connection:
        connection.execute(text("UPDATE log_entry SET erasable = :other"), {"other": b"{}"})
    with pytest.raises(IntegrityError, match="record 0"):
        await ledger.lookup("111111111111")


async def test_a_record_that_was_not_committed_raises(ledger: Ledger, storage: DatabaseStorage) -> None:
    await storage.close()
    with pytest.raises(DependencyError):
        await ledger.record(record(0))


def stored_bytes(directory: Path) -> bytes:
    return b"".join(file.read_bytes() for file in directory.iterdir())


async def test_shredded_words_are_no_longer_in_the_files(tmp_path: Path) -> None:
    storage = open_storage(tmp_path, clock=system_clock)
    ledger = Ledger(storage, KEYS)
    for number in range(3):
        await ledger.record(record(number))
    assert b"user-1" in stored_bytes(tmp_path)
    await ledger.shred("111111111111", 1)
    content = stored_bytes(tmp_path)
    assert b"user-0" in content
    assert b"user-1" not in content
    await storage.close()
