"""What `ports.py` promises about logs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from ringwall.errors import InvalidRequest, LimitExceeded, NotFound
from ringwall.storage.database import DatabaseStorage
from tests.integration.storage.places import StandingClock

pytestmark = pytest.mark.anyio


async def test_indexes_count_from_zero_per_log(storage: DatabaseStorage) -> None:
    assert [await storage.append("audit", "1", b"x") for _ in range(3)] == [0, 1, 2]
    assert [await storage.append("other", "1", b"x") for _ in range(2)] == [0, 1]
    assert (await storage.log_size("audit"), await storage.log_size("other"), await storage.log_size("none")) == (3, 2, 0)


async def test_many_writers_in_many_processes_leave_no_gap(open_here: Callable[[], DatabaseStorage]) -> None:
    storages = [open_here() for _ in range(3)]
    logs = ["audit", "audit", "other"]
    indexes = await asyncio.gather(*[storages[turn % 3].append(logs[turn % len(logs)], f"{turn % 7}", b"%d" % turn) for turn in range(900)])
    by_log = {log: sorted(index for turn, index in enumerate(indexes) if logs[turn % len(logs)] == log) for log in set(logs)}
    assert by_log == {"audit": list(range(600)), "other": list(range(300))}
    stored = {entry.index: entry async for entry in storages[1].entries("audit")}
    for turn, index in enumerate(indexes):
        if logs[turn % len(logs)] == "audit":
            assert (stored[index].leaf, stored[index].account_id) == (b"%d" % turn, f"{turn % 7}")


async def test_entries_come_in_order_in_ranges_and_by_account(storage: DatabaseStorage, clock: StandingClock) -> None:
    await asyncio.gather(*[storage.append("audit", f"{turn % 2}", b"leaf %d" % turn, b"erasable") for turn in range(1203)])
    indexes = [entry.index async for entry in storage.entries("audit")]
    assert indexes == list(range(1203))
    assert [entry.index async for entry in storage.entries("audit", newest_first=True)] == indexes[::-1]
    assert [entry.index async for entry in storage.entries("audit", start=10, end=20)] == indexes[10:20]
    assert [entry.index async for entry in storage.entries("audit", start=1200)] == indexes[1200:]
    assert [entry.index async for entry in storage.entries("audit", start=1203)] == []
    assert [entry.index async for entry in storage.entries("none")] == []
    of_one = [entry async for entry in storage.entries("audit", account_id="1", newest_first=True)]
    assert len(of_one) == 601
    assert {entry.account_id for entry in of_one} == {"1"}
    assert {entry.recorded_at for entry in of_one} == {clock.unix * 1000}
    assert of_one[0].erasable == b"erasable"


async def test_shredding_takes_the_erasable_part_only(storage: DatabaseStorage) -> None:
    for turn in range(3):
        await storage.append("audit", "1", b"leaf %d" % turn, b"secret %d" % turn)
    await storage.shred("audit", 1)
    await storage.shred("audit", 1)
    assert [(entry.leaf, entry.erasable) async for entry in storage.entries("audit")] == [
        (b"leaf 0", b"secret 0"),
        (b"leaf 1", b""),
        (b"leaf 2", b"secret 2"),
    ]
    for log, index in (("audit", 3), ("none", 0)):
        with pytest.raises(NotFound):
            await storage.shred(log, index)
    with pytest.raises(InvalidRequest):
        await storage.shred("audit", -1)


async def test_the_largest_entry_fits_and_a_larger_one_is_refused(storage: DatabaseStorage) -> None:
    await storage.append("audit", "1", bytes(65_535), bytes(1_000_000))
    for leaf, erasable in ((bytes(65_536), b""), (b"", bytes(16 * 1024 * 1024 + 1))):
        with pytest.raises(LimitExceeded):
            await storage.append("audit", "1", leaf, erasable)
    assert await storage.log_size("audit") == 1


@pytest.mark.parametrize(("log", "account"), [("", "1"), ("audit", ""), ("au\0dit", "1"), ("audit", "\ud800")])
async def test_a_name_that_cannot_be_stored_is_refused(storage: DatabaseStorage, log: str, account: str) -> None:
    with pytest.raises(InvalidRequest):
        await storage.append(log, account, b"leaf")


async def test_a_range_that_is_none_is_refused(storage: DatabaseStorage) -> None:
    for start, end in ((-1, None), (0, -1), (0, 2**63)):
        with pytest.raises(InvalidRequest):
            [entry async for entry in storage.entries("audit", start=start, end=end)]
    assert [entry async for entry in storage.entries("audit", start=2**70)] == []


async def test_a_cancelled_caller_does_not_disturb_the_others(storage: DatabaseStorage) -> None:
    tasks = [asyncio.ensure_future(storage.append("audit", "1", b"%d" % turn)) for turn in range(30)]
    await asyncio.sleep(0)
    for task in tasks[::3]:
        task.cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    answered = {b"%d" % turn: outcome for turn, outcome in enumerate(outcomes) if isinstance(outcome, int)}
    assert len(answered) == 20
    stored = {entry.leaf: entry.index async for entry in storage.entries("audit")}
    assert answered.items() <= stored.items()
    assert sorted(stored.values()) == list(range(len(stored)))
