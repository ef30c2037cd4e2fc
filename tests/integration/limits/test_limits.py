"""The service on real storage, counted in this process: admitted, refused, settled, and given back whatever happens."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from ringwall.errors import IntegrityError
from ringwall.inference.limits import (
    AskTooLarge,
    InvalidLimit,
    LimitNotFound,
    LimitReached,
    Limits,
    MemoryStore,
    Rule,
    StoredLimits,
    Subject,
    UnpricedModel,
    Usage,
    read_prices,
)
from ringwall.inference.limits.errors import TooManyLimits
from ringwall.inference.limits.seen import Seen
from ringwall.inference.limits.stored import LIMITS_MAX
from ringwall.storage import Replace
from ringwall.storage.database import DatabaseStorage, open_storage
from tests.integration.storage.places import StandingClock
from tests.limits import limit

pytestmark = pytest.mark.anyio

ACCOUNT, OTHER = "111122223333", "444455556666"
PRICES = read_prices(b'{"version":"7","note":"","models":{"dear":{"in":"1","out":"2"},"local":{"in":"0","out":"0"}}}')
ADA = Subject(account_id=ACCOUNT, key_id="ada", model_id="dear", route="openai")
BOB = Subject(account_id=ACCOUNT, key_id="bob", model_id="dear", route="openai")
NOTHING = Usage()


@pytest.fixture
def stored(storage: DatabaseStorage) -> StoredLimits:
    return StoredLimits(storage)


def service(stored: StoredLimits, clock: StandingClock, *house: dict[str, Any]) -> Limits:
    return Limits(stored, MemoryStore(), prices=PRICES, clock=clock, house=[limit(one) for one in house])


def requests(amount: int, **members: Any) -> dict[str, Any]:
    return {"id": "requests", "kind": "requests", "amount": amount, "periodS": 60, **members}


def tokens(amount: int, **members: Any) -> dict[str, Any]:
    return {"id": "tokens", "kind": "tokens", "amount": amount, "periodS": 60, "shape": "window", **members}


CALLS = {"id": "calls", "kind": "concurrency", "amount": 1}


async def refused(limits: Limits, subject: Subject = ADA, ask: Usage = NOTHING) -> dict[str, Any]:
    with pytest.raises(LimitReached) as error:
        await limits.admit(subject, ask)
    return error.value.facts


async def test_a_refusal_says_which_limit_and_when_again_and_nothing_of_others(stored: StoredLimits, clock: StandingClock) -> None:
    limits = service(stored, clock, requests(2))
    for _ in range(2):
        await (await limits.admit(ADA, NOTHING)).settle(NOTHING)
    with pytest.raises(LimitReached) as error:
        await limits.admit(BOB, NOTHING)
    assert error.value.facts == {"limit": "requests", "kind": "requests", "retry_after_s": 30}
    assert (error.value.status, error.value.code) == (429, "limit-reached")
    assert "ada" not in str(error.value)
    await limits.admit(Subject(account_id=OTHER), NOTHING)
    clock.now += timedelta(seconds=30)
    await limits.admit(BOB, NOTHING)


async def test_an_accounts_own_limits_come_beside_the_houses(stored: StoredLimits, clock: StandingClock) -> None:
    limits = service(stored, clock, requests(10))
    await stored.set(ACCOUNT, limit(requests(1, per=["key"])))
    assert (await limits.admit(ADA, NOTHING)).record == {"limits": ["requests", "requests"]}
    assert (await refused(limits))["limit"] == "requests"
    await limits.admit(BOB, NOTHING)
    await stored.delete(ACCOUNT, "requests")
    for _ in range(8):
        await limits.admit(ADA, NOTHING)
    await refused(limits)


async def test_what_was_not_used_is_given_back_and_what_was_used_beyond_is_taken(stored: StoredLimits, clock: StandingClock) -> None:
    limits = service(stored, clock, tokens(100))
    grant = await limits.admit(ADA, Usage(tokens_in=10, tokens_out=90))
    await refused(limits, ask=Usage(tokens_in=1))
    await grant.settle(Usage(tokens_in=10, tokens_out=20))
    grant = await limits.admit(ADA, Usage(tokens_in=70))
    await grant.settle(Usage(tokens_in=70, tokens_out=50))
    await refused(limits, ask=NOTHING)
    clock.now += timedelta(seconds=64)
    await limits.admit(ADA, Usage(tokens_in=100))


async def test_when_the_client_leaves_early_what_was_counted_is_settled(stored: StoredLimits, clock: StandingClock) -> None:
    limits = service(stored, clock, tokens(100), CALLS)
    begun = asyncio.Event()

    async def stream() -> None:
        async with await limits.admit(ADA, Usage(tokens_out=100)) as grant:
            for sent in range(1, 1000):
                grant.count(Usage(tokens_out=sent))
                if sent == 30:
                    begun.set()
                    await asyncio.Event().wait()

    client = asyncio.create_task(stream())
    await begun.wait()
    assert (await refused(limits, ask=Usage(tokens_out=1)))["limit"] == "tokens"
    client.cancel()
    with pytest.raises(asyncio.CancelledError):
        await client
    await limits.admit(ADA, Usage(tokens_out=70))


async def test_a_call_that_fails_uncounted_keeps_its_estimate_and_gives_its_place_back(stored: StoredLimits, clock: StandingClock) -> None:
    limits = service(stored, clock, tokens(100), CALLS)
    with pytest.raises(ZeroDivisionError):
        async with await limits.admit(ADA, Usage(tokens_out=60)):
            raise ZeroDivisionError
    assert (await refused(limits, ask=Usage(tokens_out=41)))["limit"] == "tokens"
    await limits.admit(ADA, Usage(tokens_out=40))


async def test_concurrency_is_given_back_exactly_once(stored: StoredLimits, clock: StandingClock) -> None:
    limits = service(stored, clock, {**CALLS, "amount": 2})
    first, second = await limits.admit(ADA, NOTHING), await limits.admit(ADA, NOTHING)
    assert (await refused(limits))["kind"] == "concurrency"
    for _ in range(3):
        await first.settle(NOTHING)
        await first.release()
    third = await limits.admit(ADA, NOTHING)
    await refused(limits)
    await second.release()
    await third.release()
    await asyncio.gather(*(one.release() for one in [await limits.admit(ADA, NOTHING) for _ in range(2)]))


async def test_cost_is_limited_by_the_price_table(stored: StoredLimits, clock: StandingClock) -> None:
    limits = service(stored, clock, {"id": "day", "kind": "cost", "usd": "0.01", "periodS": 86_400})
    grant = await limits.admit(ADA, Usage(tokens_in=2_000, tokens_out=4_000))
    assert grant.record == {"limits": ["day"], "priceTable": "7"}
    await refused(limits, ask=Usage(tokens_in=1))
    await grant.settle(Usage(tokens_in=2_000, tokens_out=1_000))
    assert (await refused(limits, ask=Usage(tokens_in=6_001)))["kind"] == "cost"
    await limits.admit(ADA, Usage(tokens_in=6_000))


async def test_an_accounts_own_row_costs_what_its_upstreams_model_does(stored: StoredLimits, clock: StandingClock) -> None:
    limits = service(stored, clock, {"id": "day", "kind": "cost", "usd": "0.01", "periodS": 86_400})
    named_free = msgspec.structs.replace(ADA, model_id="local", upstream_model="dear")
    await limits.admit(named_free, Usage(tokens_in=9_000))
    assert (await refused(limits, named_free, Usage(tokens_in=2_000)))["kind"] == "cost"
    with pytest.raises(UnpricedModel):
        await limits.admit(msgspec.structs.replace(ADA, model_id="local", upstream_model="unheard-of"), NOTHING)


async def test_an_unknown_model_is_refused_where_cost_is_limited_and_one_that_runs_here_is_free(
    stored: StoredLimits, clock: StandingClock
) -> None:
    limits = service(stored, clock, {"id": "day", "kind": "cost", "usd": "0.000000001", "periodS": 86_400})
    with pytest.raises(UnpricedModel):
        await limits.admit(Subject(account_id=ACCOUNT, model_id="unknown"), NOTHING)
    for _ in range(3):
        await limits.admit(Subject(account_id=ACCOUNT, model_id="local"), Usage(tokens_in=10**9))
    without = service(stored, clock, requests(10))
    await without.admit(Subject(account_id=ACCOUNT, model_id="unknown"), NOTHING)


async def test_what_never_fits_is_told_apart_from_what_must_wait(stored: StoredLimits, clock: StandingClock) -> None:
    limits = service(stored, clock, tokens(100))
    with pytest.raises(AskTooLarge) as error:
        await limits.admit(ADA, Usage(tokens_in=101))
    assert error.value.facts == {"limit": "tokens", "kind": "tokens"}


async def test_a_refused_call_takes_nothing_of_the_limits_that_had_room(stored: StoredLimits, clock: StandingClock) -> None:
    limits = service(stored, clock, tokens(100), requests(1))
    await limits.admit(ADA, Usage(tokens_in=1))
    for _ in range(5):
        await refused(limits, ask=Usage(tokens_in=99))
    clock.now += timedelta(seconds=60)
    await limits.admit(ADA, Usage(tokens_in=99))


async def test_limits_are_listed_replaced_and_counted(stored: StoredLimits) -> None:
    await stored.set(ACCOUNT, limit(requests(1)))
    await stored.set(ACCOUNT, limit(tokens(1)))
    await stored.set(ACCOUNT, limit(requests(5)))
    assert [(one.id, one.amount) for one in await stored.rules(ACCOUNT)] == [("requests", 5), ("tokens", 1)]
    assert await stored.rules(OTHER) == ()
    with pytest.raises(LimitNotFound):
        await stored.delete(ACCOUNT, "none")
    with pytest.raises(InvalidLimit):
        await stored.set(ACCOUNT, Rule(id="r", kind="requests"))
    for number in range(LIMITS_MAX - 2):
        await stored.set(ACCOUNT, limit(requests(1, id=f"r{number}")))
    with pytest.raises(TooManyLimits):
        await stored.set(ACCOUNT, limit(requests(1, id="more")))


async def test_changes_at_the_same_time_are_all_kept(stored: StoredLimits) -> None:
    await asyncio.gather(*(stored.set(ACCOUNT, limit(requests(1, id=f"r{number}"))) for number in range(4)))
    assert len(await stored.rules(ACCOUNT)) == 4


async def test_another_process_sees_a_change(stored: StoredLimits, place: str, clock: StandingClock) -> None:
    storage = open_storage(place, clock=clock, poll_interval_s=0)
    try:
        other = StoredLimits(storage)
        assert await other.rules(ACCOUNT) == ()
        await stored.set(ACCOUNT, limit(requests(1)))
        assert [one.id for one in await other.rules(ACCOUNT)] == ["requests"]
    finally:
        await storage.close()


async def test_nothing_passes_limits_that_cannot_be_read(stored: StoredLimits, storage: DatabaseStorage, clock: StandingClock) -> None:
    await stored.set(ACCOUNT, limit(requests(1)))
    held = await storage.get(ACCOUNT, "limits", "account")
    assert held is not None
    await storage.apply(Replace(type(held)(account_id=ACCOUNT, kind="limits", id="account", body=b"{", revision=held.revision)))
    with pytest.raises(IntegrityError):
        await service(stored, clock).admit(ADA, NOTHING)


async def test_use_is_listed_by_subject_the_fullest_first_and_for_this_account_alone(stored: StoredLimits, clock: StandingClock) -> None:
    limits = service(stored, clock, requests(10, per=["key", "model"]), {"id": "day", "kind": "cost", "usd": "1", "periodS": 60})
    await stored.set(ACCOUNT, limit(CALLS | {"amount": 4}))
    grant = await limits.admit(ADA, Usage(tokens_in=1_000, tokens_out=0))
    for _ in range(2):
        await (await limits.admit(BOB, NOTHING)).settle(NOTHING)
    by_key, cost, calls = await limits.use(ACCOUNT)
    assert [(one.limit.id, one.origin) for one in (by_key, cost, calls)] == [
        ("requests", "operator"),
        ("day", "operator"),
        ("calls", "account"),
    ]
    assert by_key.uses is not None
    assert [(use.subject, use.used) for use in by_key.uses] == [({"key": "bob", "model": "dear"}, 2), ({"key": "ada", "model": "dear"}, 1)]
    assert cost.uses is not None
    assert [(use.used_usd, use.percent) for use in cost.uses] == [("0.001", 0.1)]
    assert calls.uses is not None
    assert [(use.used, use.of, use.percent) for use in calls.uses] == [(1, 4, 25.0)]
    await grant.release()
    clock.now += timedelta(seconds=3)
    by_key, _, calls = await limits.use(ACCOUNT)
    assert by_key.uses is not None
    assert [use.used for use in by_key.uses] == [2, 1], "what is left of one counts as one"
    assert calls.uses is not None
    assert [use.used for use in calls.uses] == [0]
    assert [one.uses for one in await limits.use(OTHER)] == [(), (msgspec.structs.replace(cost.uses[0], used=0, used_usd="0"),)]


def test_of_many_subjects_the_last_are_remembered() -> None:
    seen = Seen(tables_max=2, subjects_max=3)
    for number in (1, 2, 3, 1, 4):
        seen.note("a", str(number))
    assert seen.subjects("a") == ("4", "1", "3")
    seen.note("b", "1")
    seen.note("a", "4")
    seen.note("c", "1")
    assert (seen.subjects("b"), len(seen.subjects("a"))) == ((), 3)
