"""What monitors know outlasts the process, lies sealed, and makes room by being stored rather than lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import msgspec
import pytest

from ringwall.errors import IntegrityError
from ringwall.inference.monitors import (
    EVERY_MODEL,
    CalibrationChanged,
    Confidences,
    MonitorPolicyNotFound,
    Query,
    Signal,
    StoredMonitors,
    StoredPolicies,
    kept_salt,
)
from ringwall.inference.monitors.actions import ActionRow, ActionTable, SlowDown
from ringwall.inference.monitors.errors import TooManyMonitorPolicies
from ringwall.inference.monitors.policies import POLICIES_MAX
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
    await first.set_calibration("a", calibration())
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
    await small.set_calibration("a", calibration())
    for number in range(12):
        for account in ("a", "b", "c"):
            assert await ask(small, number, account=account) == await ask(large, number, account=account)
            assert len(small.monitors.pairs) <= 2


async def test_a_pair_that_is_used_while_it_is_written_is_not_forgotten(storage: Storage, keys: Keys):
    small, large = opened(storage, keys, pairs_max=2), opened(storage, keys, place="large")
    await small.set_calibration("a", calibration())
    for number in range(12):
        at_once = await asyncio.gather(*[ask(small, number, account=account) for account in "cba"])
        assert at_once == [await ask(large, number, account=account) for account in "cba"]


async def test_places_do_not_mix(storage: Storage, keys: Keys):
    one, other = opened(storage, keys, place="1"), opened(storage, keys, place="2")
    await one.set_calibration("a", calibration())
    for number in range(3):
        await ask(one, number)
    await one.save(system_clock(), everything=True)
    assert await ask(other, 4) == []


def all_bytes(directory: Path) -> bytes:
    return b"".join(path.read_bytes() for path in directory.rglob("*") if path.is_file() and "key" not in path.name)


async def test_nothing_readable_is_stored(storage: Storage, keys: Keys, tmp_path: Path):
    monitors = opened(storage, keys)
    await monitors.set_calibration("a", calibration())
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
    assert await monitors.calibration("a", "m") is None
    with pytest.raises(CalibrationChanged):
        await monitors.set_calibration("a", calibration(version=2))
    await monitors.set_calibration("a", calibration())
    assert await monitors.calibration("a", "m") == calibration()
    with pytest.raises(CalibrationChanged):
        await other.set_calibration("a", calibration())
    for number in range(2):
        await ask(other, number)
    assert other.monitors.calibration("a", "m") is not None
    assert await ask(other, 2) != []
    await monitors.set_calibration("a", calibration(version=2))
    assert await ask(other, 3) == []  # the history under the first version is not compared with


async def test_policies_are_kept_by_model_and_damaged_ones_refuse(storage: Storage):
    policies = StoredPolicies(storage)
    assert await policies.find("a", "m") is None
    tables = [ActionTable((ActionRow(kind="burst", at_count=3, action=SlowDown(ms=ms)),)) for ms in (1, 2, 3)]
    for table in tables[:2]:
        await policies.put("a", "m", table)
        assert await policies.find("a", "m") == table
    assert await policies.find("a", "other") is None
    assert await policies.find("b", "m") is None
    await policies.put("a", EVERY_MODEL, tables[2])
    assert [await policies.find("a", model) for model in ("m", "other")] == tables[1:]
    await policies.remove("a", "m")
    assert await policies.find("a", "m") == tables[2]
    with pytest.raises(MonitorPolicyNotFound):
        await policies.remove("a", "m")
    assert await StoredPolicies(storage).find("a", "m") == tables[2]
    [held] = await storage.list("a", "monitor-policies")
    await storage.apply(Replace(msgspec.structs.replace(held, body=b"{")))
    with pytest.raises(IntegrityError):
        await policies.find("a", "m")


async def test_an_account_has_a_hundred_policies_at_most(storage: Storage):
    policies = StoredPolicies(storage)
    for number in range(POLICIES_MAX):
        await policies.put("a", f"m{number}", ActionTable())
    with pytest.raises(TooManyMonitorPolicies):
        await policies.put("a", "one-more", ActionTable())
    await policies.put("a", "m5", ActionTable())


async def test_what_all_workers_saw_is_added_up(storage: Storage, keys: Keys):
    one, other = opened(storage, keys), opened(storage, keys, place="1")
    await one.set_calibration("a", calibration())
    for number in range(20):
        await ask(one, number)
        await ask(other, number + 100)
    await other.save(system_clock(), everything=True)
    seen = await one.seen_everywhere("a", "m", system_clock())
    apart = [await each.standing("a", "m", system_clock()) for each in (one, other)]
    assert seen.queries == 40
    assert seen.counts == {kind: sum(signal.count for found in apart for signal in found if signal.kind == kind) for kind in seen.counts}
    assert seen.counts["close-queries"] > 20
    assert seen.first["close-queries"] == min(signal.first_query for found in apart for signal in found if signal.kind == "close-queries")


async def test_the_salt_is_made_once_and_lies_sealed(storage: Storage, keys: Keys, tmp_path: Path):
    made = {await kept_salt(storage, keys) for _ in range(3)}
    assert len(made) == 1
    await storage.close()
    assert made.pop() not in all_bytes(tmp_path)


async def test_a_query_of_text_needs_no_calibration(storage: Storage, keys: Keys):
    monitors = opened(storage, keys)
    assert await monitors.see("a", "other", Query(text="hello"), Confidences(label=0), NOW) == []
