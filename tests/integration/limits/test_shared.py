"""Limits shared through a real server in a process of its own: the same counting as in memory, and what happens when it dies."""

from __future__ import annotations

import asyncio
import random
from typing import Any, Literal

import pytest

from ringwall.inference.limits import LimitReached, Limits, LimitsUnavailable, MemoryStore, SharedStore, StoredLimits, Usage
from ringwall.inference.limits.charge import Charge, Settlement
from ringwall.inference.limits.shared import HOLD_MS
from ringwall.storage.database import DatabaseStorage
from tests.integration.limits.test_limits import ADA, CALLS, NOTHING, PRICES, requests, tokens
from tests.integration.storage.places import StandingClock
from tests.limits import limit
from tests.valkey import Valkey

pytestmark = pytest.mark.anyio


def charge(draw: random.Random, shape: Any) -> Charge:
    period_ms = draw.choice([1_000, 60_000, 86_400_000])
    limit = draw.choice([5, 100, 4_000_000_000_000])
    amount = 1 if shape == "held" else draw.randrange(1 + limit // 2)
    capacity = draw.choice([limit, limit * 2]) if shape == "bucket" else limit
    if shape == "bucket" and capacity * period_ms > 2**52:
        limit, capacity, amount = 7, 9, draw.randrange(5)
    name = f"{shape}:{limit}:{capacity}:{period_ms}"
    return Charge(
        table=name, subject=f"s{draw.randrange(2)}", shape=shape, limit=limit, capacity=capacity, period_ms=period_ms, amount=amount
    )


@pytest.mark.parametrize("seed", range(12))
async def test_the_script_counts_as_the_arithmetic_does(server: Valkey, seed: int) -> None:
    draw, memory, shared = random.Random(seed), MemoryStore(), SharedStore(server.url, lease_ms=HOLD_MS)
    now, under_way, outcomes = 1_800_000_000_000, [], set()
    try:
        for number in range(150):
            now += draw.choice([0, 1, 40, 999, 30_000, -2_000])
            shapes = draw.sample(["bucket", "window", "held"], draw.randrange(1, 4))
            charges = [charge(draw, shape) for shape in shapes]
            mine = await memory.take(f"h{number}", charges, now)
            assert await shared.take(f"h{number}", charges, now) == mine
            assert list(await shared.levels(charges, now)) == list(await memory.levels(charges, now))
            outcomes.add(mine is None)
            if mine is None:
                under_way.append((f"h{number}", charges, now))
            if under_way and draw.random() < 0.5:
                hold, charges, taken_ms = under_way.pop(draw.randrange(len(under_way)))
                differences = [0 if one.shape == "held" else draw.randrange(-one.amount, one.amount + 2) for one in charges]
                settlements = [Settlement(one, difference) for one, difference in zip(charges, differences, strict=True)]
                for _ in range(draw.randrange(1, 3)):
                    await memory.settle(hold, settlements, taken_ms, now)
                    await shared.settle(hold, settlements, taken_ms, now)
        assert outcomes == {True, False}
    finally:
        await shared.close()


async def test_a_charge_that_is_taken_again_is_taken_once(server: Valkey) -> None:
    shared = SharedStore(server.url)
    one = Charge(table="t", subject="s", shape="window", limit=2, capacity=2, period_ms=60_000, amount=1)
    try:
        for _ in range(5):
            assert await shared.take("same", [one], 1_000) is None
        assert await shared.take("other", [one], 1_000) is None
        assert await shared.take("third", [one], 1_000) is not None
    finally:
        await shared.close()


def limits_on(
    server: Valkey, storage: DatabaseStorage, clock: StandingClock, *house: dict[str, Any], mode: Literal["closed", "open"] = "closed"
) -> Limits:
    store = SharedStore(server.url, timeout_s=0.5)
    return Limits(StoredLimits(storage), store, prices=PRICES, clock=clock, house=[limit(one) for one in house], when_unreachable=mode)


async def test_two_workers_share_one_budget(server: Valkey, storage: DatabaseStorage, clock: StandingClock) -> None:
    workers = [limits_on(server, storage, clock, requests(10, shape="window")) for _ in range(2)]
    try:
        calls = await asyncio.gather(*(workers[number % 2].admit(ADA, NOTHING) for number in range(30)), return_exceptions=True)
        assert sum(1 for call in calls if isinstance(call, LimitReached)) == 20
        assert not [call for call in calls if isinstance(call, BaseException) and not isinstance(call, LimitReached)]
    finally:
        for worker in workers:
            await worker.close()


async def test_a_server_that_dies_lets_nothing_through_and_one_that_is_back_does(
    server: Valkey, storage: DatabaseStorage, clock: StandingClock
) -> None:
    limits = limits_on(server, storage, clock, requests(100), CALLS)
    try:
        grant = await limits.admit(ADA, NOTHING)
        server.kill()
        await grant.settle(NOTHING)  # the answer has been sent: the caller is not told
        for _ in range(3):
            with pytest.raises(LimitsUnavailable) as error:
                await limits.admit(ADA, NOTHING)
        assert error.value.status == 503
        server.start()
        async with await limits.admit(ADA, NOTHING):
            with pytest.raises(LimitReached):
                await limits.admit(ADA, NOTHING)
        await (await limits.admit(ADA, NOTHING)).release()
    finally:
        await limits.close()


async def test_what_could_not_be_settled_is_settled_when_the_server_answers_again(
    server: Valkey, storage: DatabaseStorage, clock: StandingClock
) -> None:
    limits = limits_on(server, storage, clock, {**CALLS, "amount": 2}, tokens(100))
    try:
        grant = await limits.admit(ADA, Usage(tokens_out=90))
        server.freeze()
        await grant.settle(Usage(tokens_out=10))
        with pytest.raises(LimitsUnavailable):
            await limits.admit(ADA, Usage(tokens_out=5))
        server.thaw()
        await (await limits.admit(ADA, NOTHING)).release()  # begins to settle what is owed
        await limits._under_way.ended()
        async with await limits.admit(ADA, Usage(tokens_out=90)), await limits.admit(ADA, NOTHING):
            with pytest.raises(LimitReached):
                await limits.admit(ADA, NOTHING)
    finally:
        server.thaw()
        await limits.close()


async def test_where_the_setting_says_so_calls_pass_uncounted_while_the_server_is_away(
    server: Valkey, storage: DatabaseStorage, clock: StandingClock
) -> None:
    limits = limits_on(server, storage, clock, requests(1, shape="window"), mode="open")
    try:
        await limits.admit(ADA, NOTHING)
        server.kill()
        for _ in range(3):
            await (await limits.admit(ADA, NOTHING)).release()
        server.start()
        await limits.admit(ADA, NOTHING)
        with pytest.raises(LimitReached):
            await limits.admit(ADA, NOTHING)
    finally:
        await limits.close()


async def test_a_worker_that_dies_gives_its_places_back_after_the_lease(server: Valkey) -> None:
    shared = SharedStore(server.url, lease_ms=5_000)
    one = Charge(table="t", subject="s", shape="held", limit=1, capacity=1, period_ms=0, amount=1)
    try:
        assert await shared.take("dies", [one], 1_000) is None
        assert await shared.take("waits", [one], 5_999) is not None
        assert await shared.take("comes", [one], 6_000) is None
    finally:
        await shared.close()


async def test_use_is_that_of_all_workers_and_is_left_out_while_the_server_is_away(
    server: Valkey, storage: DatabaseStorage, clock: StandingClock
) -> None:
    house = (requests(10, per=["key"]), tokens(100))
    workers = [limits_on(server, storage, clock, *house) for _ in range(2)]
    try:
        for worker in workers:
            await (await worker.admit(ADA, Usage(tokens_out=30))).settle(Usage(tokens_out=20))
        by_key, tokens_used = await workers[0].use(ADA.account_id)
        assert by_key.uses is not None
        assert tokens_used.uses is not None
        assert [(use.subject, use.used, use.of) for use in by_key.uses] == [({"key": "ada"}, 2, 10)]
        assert [(use.subject, use.used, use.of) for use in tokens_used.uses] == [({}, 40, 100)]
        server.kill()
        assert [one.uses for one in await workers[0].use(ADA.account_id)] == [None, None]
    finally:
        for worker in workers:
            await worker.close()


async def test_places_of_a_worker_that_died_are_others_after_the_lease_and_those_of_one_that_lives_are_not(
    server: Valkey, storage: DatabaseStorage, clock: StandingClock
) -> None:
    lives, dies, third = (limits_on(server, storage, clock, {**CALLS, "amount": 2}, tokens(100, periodS=3600)) for _ in range(3))
    try:
        grant = await lives.admit(ADA, Usage(tokens_out=40))
        await dies.admit(ADA, Usage(tokens_out=40))  # and is heard of no more
        for _ in range(6):
            with pytest.raises(LimitReached) as refusal:
                await third.admit(ADA, NOTHING)
            assert refusal.value.facts["kind"] == "concurrency"
            clock.advance(9)
            await lives.renew()
        clock.advance(9)
        async with await third.admit(ADA, NOTHING):
            with pytest.raises(LimitReached):
                await third.admit(ADA, NOTHING)  # the other place is in use
        await grant.settle(Usage(tokens_out=10))
        async with await third.admit(ADA, NOTHING), await third.admit(ADA, NOTHING):
            pass
        with pytest.raises(LimitReached) as refusal:
            await third.admit(ADA, Usage(tokens_out=60))
        assert refusal.value.facts["kind"] == "tokens", "what the dead one's model may have used stays taken"
    finally:
        for worker in (lives, dies, third):
            await worker.close()


async def test_a_renewal_brings_no_ended_call_back_and_a_store_that_is_away_stops_none(
    server: Valkey, storage: DatabaseStorage, clock: StandingClock
) -> None:
    limits = limits_on(server, storage, clock, CALLS)
    shared = SharedStore(server.url)
    one = Charge(table="t", subject="s", shape="held", limit=1, capacity=1, period_ms=0, amount=1)
    try:
        assert await shared.take("h", [one], 1_000) is None
        await shared.settle("h", [Settlement(one, 0)], 1_000, 1_000)
        await shared.renew([("h", one)] * 501, 1_000)
        assert list(await shared.levels([one], 1_000)) == [0]
        grant = await limits.admit(ADA, NOTHING)
        server.kill()
        await limits.renew()
        server.start()
        await grant.release()
    finally:
        await shared.close()
        await limits.close()
