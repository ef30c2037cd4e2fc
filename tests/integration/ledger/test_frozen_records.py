"""Audit records of frozen shards: found after those in the database, newest first, a bounded number of bundles a page; damage is named."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ringwall.errors import IntegrityError, NotFound
from ringwall.ledger import AUDIT_LOG, Ledger, RecordedEvent
from ringwall.ledger.leaf import split_record
from ringwall.ledger.trail import Trail
from ringwall.vocabulary import system_clock
from tests.integration.ledger.conftest import KEYS, Opened, OpenLedger
from tests.integration.ledger.test_ledger import record

pytestmark = [pytest.mark.anyio, pytest.mark.slow_on_postgresql]

SHARD = 65_536
MANY, FEW = "111111111111", "222222222222"
RUN = 5000
"""Entries of MANY before each one of FEW."""
OF_FEW = [at * (RUN + 1) + RUN for at in range(14)]


def leaf(number: int, account: str) -> bytes:
    """Return a canonical leaf; made from one that was split, because splitting 70,000 takes long."""
    now = datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + ".000Z"
    event = "CreateGuardrail" if account == FEW and number % 2 else "ApplyGuardrail"
    made = split_record(record(0, account=account, event=event), KEYS, bytes(16)).leaf
    return made.replace(b"event-0", b"event-%d" % number).replace(b"2026-01-01T00:00:00.000Z", now.encode())


@pytest.fixture
async def frozen(open_ledger: OpenLedger) -> Opened:
    """Open a ledger with a frozen shard and 4,500 records in the database."""
    opened = await open_ledger()
    template = leaf(0, MANY)
    for at, index in enumerate(OF_FEW):
        bulk = [template.replace(b"event-0", b"event-m%d" % number) for number in range(index - RUN, index)]
        await opened.storage.append_all(AUDIT_LOG, MANY, bulk)
        await opened.storage.append(AUDIT_LOG, FEW, leaf(at, FEW))
    await opened.ledger.sealed(AUDIT_LOG, OF_FEW[-1])
    assert await opened.ledger.freeze(AUDIT_LOG, keep=0) == SHARD
    return opened


async def everything(ledger: Ledger, account: str, limit: int, **wanted: str) -> tuple[list[RecordedEvent], int]:
    """Read all pages; also return how many there were."""
    found: list[RecordedEvent] = []
    start, pages = None, 0
    while pages == 0 or start is not None:
        page = await ledger.lookup(account, start=start, limit=limit, **wanted)
        assert len(page.records) <= limit
        found += page.records
        assert page.next is None or not found or page.next < found[-1].index
        start, pages = page.next, pages + 1
    return found, pages


async def test_frozen_records_are_found_after_the_others(frozen: Opened) -> None:
    for limit in (1, 3, 50):
        found, pages = await everything(frozen.ledger, FEW, limit)
        assert [each.index for each in found] == OF_FEW[::-1]
        assert pages >= 4, "256 bundles are read 64 at a time"
    assert [each.event["eventID"] for each in found] == [f"event-{at}" for at in range(len(OF_FEW))][::-1]
    assert all(each.erasable is None for each in found)
    assert all(abs(each.recorded_at / 1000 - system_clock().timestamp()) < 3600 for each in found)
    odd, _ = await everything(frozen.ledger, FEW, 50, event_name="CreateGuardrail")
    assert [each.index for each in odd] == OF_FEW[1::2][::-1]
    assert await everything(frozen.ledger, "333333333333", 50) == ([], 4)


async def test_a_page_may_begin_inside_a_shard(frozen: Opened) -> None:
    page = await frozen.ledger.lookup(MANY, start=700, limit=1000)
    assert [each.index for each in page.records] == list(range(700, -1, -1))
    page = await frozen.ledger.lookup(FEW, start=OF_FEW[3], limit=1)
    assert [each.index for each in page.records] == [OF_FEW[3]]


async def test_cloudtrail_finds_frozen_events(frozen: Opened) -> None:
    trail = Trail(frozen.ledger, keys=KEYS, clock=system_clock)
    request = {"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "CreateGuardrail"}]}
    events = []
    while True:
        trail._allowance.clear()  # the rate is another test's subject
        answer = await trail.lookup_events(FEW, request)
        events += answer["Events"]
        if "NextToken" not in answer:
            break
        request = {**request, "NextToken": answer["NextToken"]}
    assert [each["EventId"] for each in events] == [f"event-{at}" for at in range(13, 0, -2)]
    assert {each["EventName"] for each in events} == {"CreateGuardrail"}


async def test_a_frozen_record_has_nothing_left_to_shred(frozen: Opened) -> None:
    await frozen.ledger.shred(FEW, OF_FEW[0])
    for account, index in ((MANY, OF_FEW[0]), (FEW, OF_FEW[0] + 1)):
        with pytest.raises(NotFound):
            await frozen.ledger.shred(account, index)


async def test_a_frozen_record_that_was_changed_or_removed_is_not_passed_over(frozen: Opened, tmp_path: Path) -> None:
    index = OF_FEW[2] // 256
    bundle = tmp_path / "ledger" / AUDIT_LOG / "shards" / "tile" / "entries" / f"{index:03}"
    whole = bundle.read_bytes()
    bundle.write_bytes(whole.replace(b'"event-2"', b'"event-x"'))
    with pytest.raises(IntegrityError, match="is not what was sealed"):
        await everything(frozen.ledger, FEW, 50)
    bundle.unlink()
    with pytest.raises(IntegrityError, match=f"bundle {index} is missing"):
        await everything(frozen.ledger, FEW, 50)
    bundle.write_bytes(whole)
    assert len((await everything(frozen.ledger, FEW, 50))[0]) == len(OF_FEW)
