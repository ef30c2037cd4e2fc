"""What monitors know outlasts the process, lies sealed, and makes room by being stored rather than lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import msgspec
import pytest

from ringwall.errors import IntegrityError
from ringwall.inference.monitors import CalibrationChanged, Confidences, Query, Signal, StoredMonitors, parse_actions
from ringwall.keys import Keys, open_keys
from ringwall.storage import Replace, Storage
from ringwall.storage.database import open_storage
from ringwall.vocabulary import system_clock
from tests.unit.inference.monitors.examples import NOW, SALT, answer_to, around, at, benign, calibration

pytestmark = pytest.mark.anyio

TARGET = benign(9, 1)[0]


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[Storage]:
    storage = open_storage(tmp_path, clock=system_clock, poll_interval_s=0)
    yield storage
    await storage.close()


@pytest.fixture
async def keys(storage: Storage, tmp_path: Path) -> Keys:
    return await open_keys(storage, data_dir=tmp_path, environ={})


def opened(storage: Storage, keys: Keys, *, place: str = "0", pairs_max: int = 256) -> StoredMonitors:
    return StoredMonitors(storage, keys, salt=SALT, place=place, pairs_max=pairs_max)


async def ask(monitors: StoredMonitors, number: int, *, account: str = "a", text: str | None = None) -> list[Signal]:
    vector = around(TARGET, number)
    query = Query(vector=vector, text=text)
    return await monitors.see(account, "m", query, answer_to(vector), system_clock_like(number))


def system_clock_like(number: int) -> datetime:
    """A minute for each query, from the real now on: what is stored expires by the storage's own clock."""
    return system_clock().replace(microsecond=0) + (at(60 * number) - NOW)


async def test_a_restart_goes_on_where_the_process_ended(storage: Storage, keys: Keys):
    first, whole = opened(storage, keys), opened(storage, keys, place="whole")
    await first.set_calibration(calibration())
    for number in range(20):
        assert await ask(first, number) == await ask(whole, number)
    assert await first.save(system_clock(), everything=True) == 1
    second = opened(storage, keys)
    for number in range(20, 40):
        assert [(one.kind, one.count, one.first_query) for one in await ask(second, number)] == [
            (one.kind, one.count, one.first_query) for one in await ask(whole, number)
        ]


async def test_what_is_not_due_is_not_written_and_what_did_not_change_never_is(storage: Storage, keys: Keys):
    monitors, now = opened(storage, keys), system_clock()
    await ask(monitors, 0)
    assert await monitors.save(now) == 1
    assert await monitors.save(now, everything=True) == 0
    await ask(monitors, 1)
    assert await monitors.save(now + (at(29) - NOW)) == 0
    assert await monitors.save(now + (at(30) - NOW)) == 1


async def test_a_pair_that_makes_room_is_stored_and_comes_back(storage: Storage, keys: Keys):
    small, large = opened(storage, keys, pairs_max=2), opened(storage, keys, place="large")
    await small.set_calibration(calibration())
    for number in range(12):
        for account in ("a", "b", "c"):
            assert await ask(small, number, account=account) == await ask(large, number, account=account)
            assert len(small.monitors.pairs) <= 2


async def test_a_pair_that_is_used_while_it_is_written_is_not_forgotten(storage: Storage, keys: Keys):
    small, large = opened(storage, keys, pairs_max=2), opened(storage, keys, place="large")
    await small.set_calibration(calibration())
    for number in range(12):
        at_once = await asyncio.gather(*[ask(small, number, account=account) for account in "cba"])
        assert at_once == [await ask(large, number, account=account) for account in "cba"]


async def test_places_do_not_mix(storage: Storage, keys: Keys):
    one, other = opened(storage, keys, place="1"), opened(storage, keys, place="2")
    await one.set_calibration(calibration())
    for number in range(3):
        await ask(one, number)
    await one.save(system_clock(), everything=True)
    assert await ask(other, 4) == []


def all_bytes(directory: Path) -> bytes:
    return b"".join(path.read_bytes() for path in directory.rglob("*") if path.is_file() and "key" not in path.name)


async def test_nothing_readable_is_stored(storage: Storage, keys: Keys, tmp_path: Path):
    monitors = opened(storage, keys)
    await monitors.set_calibration(calibration())
    await ask(monitors, 0, text="canaryword")
    await monitors.save(system_clock(), everything=True)
    await storage.close()
    stored = all_bytes(tmp_path)
    assert b"monitor-state" in stored
    assert b"canaryword" not in stored
    assert SALT not in stored


@pytest.mark.parametrize("body", [b"", b"[]", b'{"sealed":""}', b'{"sealed":"AAAA"}'])
async def test_a_damaged_state_refuses_until_it_is_forgotten(storage: Storage, keys: Keys, body: bytes):
    monitors = opened(storage, keys)
    await ask(monitors, 0)
    await monitors.save(system_clock(), everything=True)
    [held] = await storage.list("a", "monitor-state")
    await storage.apply(Replace(msgspec.structs.replace(held, body=body)))
    restarted = opened(storage, keys)
    with pytest.raises(IntegrityError):
        await ask(restarted, 1)
    await restarted.forget("a", "m")
    assert await ask(restarted, 1) == []


async def test_a_state_that_was_moved_to_another_account_is_not_taken(storage: Storage, keys: Keys):
    monitors = opened(storage, keys)
    for account in ("a", "b"):
        await ask(monitors, 0, account=account)
    await monitors.save(system_clock(), everything=True)
    [mine], [other] = [await storage.list(account, "monitor-state") for account in ("a", "b")]
    await storage.apply(Replace(msgspec.structs.replace(other, body=mine.body)))
    with pytest.raises(IntegrityError):
        await ask(opened(storage, keys), 1, account="b")


async def test_calibrations_follow_one_another(storage: Storage, keys: Keys):
    monitors, other = opened(storage, keys), opened(storage, keys, place="1")
    assert await monitors.calibration("m") is None
    with pytest.raises(CalibrationChanged):
        await monitors.set_calibration(calibration(version=2))
    await monitors.set_calibration(calibration())
    assert await monitors.calibration("m") == calibration()
    with pytest.raises(CalibrationChanged):
        await other.set_calibration(calibration())
    for number in range(2):
        await ask(other, number)
    assert other.monitors.is_calibrated("m")
    assert await ask(other, 2) != []
    await monitors.set_calibration(calibration(version=2))
    assert await ask(other, 3) == []  # the history under the first version is not compared with


async def test_actions_are_kept_and_damaged_ones_refuse(storage: Storage, keys: Keys):
    monitors = opened(storage, keys)
    assert (await monitors.actions("a")).rows == ()
    for wait_ms in (1, 2):
        table = parse_actions({"rows": [{"kind": "burst", "atCount": 3, "action": {"type": "slow_down", "ms": wait_ms}}]})
        await monitors.set_actions("a", table)
        assert await monitors.actions("a") == table
    assert (await monitors.actions("b")).rows == ()
    [held] = await storage.list("a", "monitor-actions")
    await storage.apply(Replace(msgspec.structs.replace(held, body=b"{")))
    with pytest.raises(IntegrityError):
        await monitors.actions("a")


async def test_a_query_of_text_needs_no_calibration(storage: Storage, keys: Keys):
    monitors = opened(storage, keys)
    assert await monitors.see("a", "other", Query(text="hello"), Confidences(label=0), NOW) == []
