"""A call under a policy: what is counted when it is refused, when the model fails, when the client leaves, and how many calls wait."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ringwall.errors import InvalidRequest
from ringwall.inference.monitors import (
    BehaviourBlocked,
    BehaviourMonitors,
    BehaviourSlowed,
    StoredMonitors,
    StoredPolicies,
    TooManyRows,
    UnreadableVector,
    Watched,
)
from ringwall.inference.monitors.actions import ActionTable
from ringwall.inference.workers import Workers
from ringwall.keys import open_keys
from ringwall.storage.database import open_storage
from ringwall.vocabulary import system_clock
from ringwall.wire.tabular.csv_rows import write_csv
from tests.unit.inference.monitors.examples import NOW, SALT, around, benign, calibration

pytestmark = pytest.mark.anyio

TARGET = benign(9, 1)[0]


@pytest.fixture
async def monitors(tmp_path: Path) -> AsyncIterator[BehaviourMonitors]:
    storage = open_storage(tmp_path, clock=system_clock, poll_interval_s=0)
    keys = await open_keys(storage, data_dir=tmp_path, environ={})
    stored = StoredMonitors(storage, keys, salt=SALT)
    await stored.set_calibration("a", calibration())
    workers = Workers(inline_characters=100_000)
    yield BehaviourMonitors(stored, StoredPolicies(storage), workers)
    workers.close()
    await storage.close()


def body(*rows: tuple[float, ...]) -> bytes:
    return write_csv(tuple(tuple(map(repr, row)) for row in rows))


async def call(monitors: BehaviourMonitors, *rows: tuple[float, ...], answer: bytes | None = None) -> Watched:
    watched = await monitors.watched("a", "m", NOW)
    assert watched is not None
    await watched.read("text/csv", body(*rows))
    await watched.admit()
    await watched.saw(None if answer is None else ("text/csv", answer))
    return watched


async def seen(monitors: BehaviourMonitors) -> int:
    return (await monitors.stored.seen_everywhere("a", "m", NOW)).queries


async def policy(monitors: BehaviourMonitors, *rows: dict[str, Any]) -> None:
    await monitors.policies.put("a", "m", msgspec.convert({"rows": rows}, ActionTable))


async def test_without_a_policy_nothing_is_watched(monitors: BehaviourMonitors):
    assert await monitors.watched("a", "m", NOW) is None
    await policy(monitors)
    assert await monitors.watched("b", "m", NOW) is None


async def test_a_refused_call_is_counted_and_the_refusal_fades(monitors: BehaviourMonitors):
    await policy(monitors, {"kind": "close-queries", "atCount": 25, "action": {"type": "block"}})
    for number in range(40):
        with contextlib.suppress(BehaviourBlocked):
            watched = await call(monitors, around(TARGET, number), answer=b"0.9,0.1\n")
            await watched.settle()
    assert await seen(monitors) == 40
    with pytest.raises(BehaviourBlocked) as refused:
        await call(monitors, benign(5, 1)[0])
    assert refused.value.facts["kinds"] == ["close-queries"]
    for seed in (6, 7):  # honest ones are counted while they are refused, so the account is let in again
        with pytest.raises(BehaviourBlocked):
            await call(monitors, *benign(seed, 500))
    assert "actions" not in (await call(monitors, *benign(8, 30))).record.get("monitors", {})


async def test_queries_count_where_the_model_failed_or_the_client_left(monitors: BehaviourMonitors):
    await policy(monitors)
    await call(monitors, *benign(5, 3))
    assert await seen(monitors) == 3
    watched = await monitors.watched("a", "m", NOW)
    assert watched is not None
    await watched.read("text/csv", body(*benign(6, 100)))
    task = asyncio.get_running_loop().create_task(watched.saw(None))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await monitors.close(NOW)
    assert await seen(monitors) == 103


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        ("text/csv", b"1,2,3", UnreadableVector),
        ("text/csv", body(*[TARGET] * 513), TooManyRows),
        ("text/csv", b"x", InvalidRequest),
        ("application/x-pickle", b"x", InvalidRequest),
        ("", b"1", InvalidRequest),
    ],
)
async def test_what_cannot_be_judged_is_refused_and_not_counted(monitors: BehaviourMonitors, kind: str, given: bytes, expected: type):
    await policy(monitors)
    watched = await monitors.watched("a", "m", NOW)
    assert watched is not None
    with pytest.raises(expected):
        await watched.read(kind, given)
    assert await seen(monitors) == 0


async def test_more_calls_than_may_wait_are_refused(monitors: BehaviourMonitors):
    monitors = BehaviourMonitors(monitors.stored, monitors.policies, monitors.workers, waiting_max=2)
    waiting = [asyncio.get_running_loop().create_task(monitors.pause(60_000)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(BehaviourSlowed) as refused:
        await monitors.pause(1_500)
    assert refused.value.facts["retry_after_s"] == 2
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    await monitors.pause(1)


async def test_text_is_decided_about_before_the_model_is_asked(monitors: BehaviourMonitors):
    await policy(monitors, {"kind": "refusal-probing", "atCount": 1, "action": {"type": "throttle", "retryAfterS": 7}})
    for _ in range(5):
        watched = await monitors.watched("a", "m", NOW)
        assert watched is not None
        await watched.admit("hello")
        await watched.saw_text("hello", intervened=True)
    refused = await monitors.watched("a", "m", NOW)
    assert refused is not None
    with pytest.raises(BehaviourSlowed) as error:
        await refused.admit("hello")
    assert error.value.facts["retry_after_s"] == 7
    assert refused.record["monitors"]["actions"] == {"throttled": True}
    assert await seen(monitors) == 6
