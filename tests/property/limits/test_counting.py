"""Never more than the budget in any window, whoever comes in between; and nothing is lost or made by settling."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from ringwall.inference.limits.charge import SLOTS, Charge, Settlement
from ringwall.inference.limits.memory import MemoryStore

PERIOD_MS = 20_000


def charge(shape: Any, amount: int = 1, *, subject: str = "s", limit: int = 10, capacity: int | None = None) -> Charge:
    return Charge(
        table=f"t{shape}",
        subject=subject,
        shape=shape,
        limit=limit,
        capacity=limit if capacity is None else capacity,
        period_ms=PERIOD_MS,
        amount=amount,
    )


def finished(work: Any) -> Any:
    """Run what never waits."""
    try:
        work.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("it waited")


ASKS = st.lists(st.tuples(st.integers(0, 4), st.integers(1, 6), st.integers(0, 9_000)), max_size=80)
"""Who, how much, after how many milliseconds."""


def admitted(asks: list[tuple[int, int, int]], make: Callable[[str, int], Charge], **store: int) -> dict[str, list[tuple[int, int]]]:
    memory, now, kept = MemoryStore(**store), 1_000_000, defaultdict(list)
    for number, (who, amount, pause) in enumerate(asks):
        now += pause
        if finished(memory.take(f"h{number}", [make(f"s{who}", amount)], now)) is None:
            kept[f"s{who}"].append((now, amount))
    return kept


def most(used: list[tuple[int, int]], length_ms: int) -> int:
    """Return the most that was used in any half-open time of a length: every one that matters begins with a use."""
    return max((sum(amount for at, amount in used if start <= at < start + length_ms) for start, _ in used), default=0)


@given(asks=ASKS, room=st.integers(1, 6))
def test_no_window_holds_more_than_its_limit_however_little_room_there_is(asks: list[tuple[int, int, int]], room: int):
    for used in admitted(asks, lambda subject, amount: charge("window", amount, subject=subject), subjects_max=room).values():
        assert most(used, PERIOD_MS) <= 10


@given(asks=ASKS, room=st.integers(1, 6), capacity=st.integers(1, 15))
def test_a_bucket_lets_through_its_capacity_and_what_refilled(asks: list[tuple[int, int, int]], room: int, capacity: int):
    def make(subject: str, amount: int) -> Charge:
        return charge("bucket", amount, subject=subject, capacity=capacity)

    for used in admitted(asks, make, subjects_max=room).values():
        for first, (start, _) in enumerate(used):
            total = 0
            for at, amount in used[first:]:
                total += amount
                assert total * PERIOD_MS <= capacity * PERIOD_MS + 10 * (at - start)


@given(asks=ASKS)
def test_a_refusal_says_when_it_would_fit_and_not_before(asks: list[tuple[int, int, int]]):
    for shape in ("bucket", "window"):
        memory, now = MemoryStore(), 1_000_000
        for number, (_, amount, pause) in enumerate(asks):
            now += pause
            refused = finished(memory.take(f"h{number}", [charge(shape, amount)], now))
            if refused is not None:
                before = finished(memory.take(f"b{number}", [charge(shape, amount)], now + refused.retry_after_ms - 1))
                assert before is not None
                now += refused.retry_after_ms
                assert finished(memory.take(f"a{number}", [charge(shape, amount)], now)) is None


@given(asks=ASKS, back=st.lists(st.integers(-50_000, 0), min_size=1, max_size=5))
def test_a_clock_that_is_set_back_gives_nobody_more(asks: list[tuple[int, int, int]], back: list[int]):
    for shape in ("bucket", "window"):
        memory, passed, set_back, used = MemoryStore(), 10_000_000, 0, []
        for number, (_, amount, pause) in enumerate(asks):
            passed += pause
            set_back += back[number % len(back)]
            if finished(memory.take(f"h{number}", [charge(shape, amount)], passed + set_back)) is None:
                used.append((passed, amount))  # the time that passes counts, whatever the clock says
        assert most(used, PERIOD_MS) <= (10 if shape == "window" else 20)


ESTIMATES = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 9), st.integers(0, 3_000)), max_size=40)
"""Estimated, used, after how many milliseconds."""


@given(calls=ESTIMATES, order=st.randoms(use_true_random=False))
def test_settling_leaves_exactly_what_was_used(calls: list[tuple[int, int, int]], order: Any):
    """In a time shorter than a slot nothing passes, so the level must be the sum of what the ended calls used and the others estimated."""
    for shape in ("bucket", "window"):
        memory, under_way, settled, now = MemoryStore(), {}, 0, 1_000_000
        for number, (estimate, used, _) in enumerate(calls):
            taken = charge(shape, estimate, limit=60)
            if finished(memory.take(f"h{number}", [taken], now)) is None:
                under_way[f"h{number}"] = (taken, used)
            if under_way and order.random() < 0.6:
                hold = order.choice(sorted(under_way))
                one, spent = under_way.pop(hold)
                for _ in range(2):  # the second time changes nothing
                    finished(memory.settle(hold, [Settlement(one, spent - one.amount)], now, now))
                settled += spent
            left = 60 - settled - sum(one.amount for one, _ in under_way.values())
            probe = charge(shape, max(0, left), limit=60)
            if left >= 0:
                assert finished(memory.take(f"p{number}", [probe], now)) is None
                finished(memory.settle(f"p{number}", [Settlement(probe, -probe.amount)], now, now))
            over = charge(shape, max(0, left + 1), limit=60)
            assert finished(memory.take(f"o{number}", [over], now)) is not None


@given(calls=ESTIMATES, room=st.integers(1, 5), order=st.randoms(use_true_random=False))
def test_what_was_used_is_never_more_than_the_estimates_allowed(calls: list[tuple[int, int, int]], room: int, order: Any):
    """With estimates that are never too low, nobody ever uses more than the limit in any window, in whatever order calls are settled."""
    memory, now, used, under_way = MemoryStore(subjects_max=room), 1_000_000, defaultdict(list), []
    for number, (estimate, less, pause) in enumerate(calls):
        now += pause
        who = f"s{order.randrange(5)}"
        taken = charge("window", estimate, subject=who)
        if finished(memory.take(f"h{number}", [taken], now)) is None:
            actual = max(0, estimate - less)
            used[who].append((now, actual))
            under_way.append((f"h{number}", taken, actual, now))
        if under_way and order.random() < 0.4:
            hold, one, actual, taken_ms = under_way.pop(order.randrange(len(under_way)))
            finished(memory.settle(hold, [Settlement(one, actual - one.amount)], taken_ms, now))
    assert all(most(one, PERIOD_MS) <= 10 for one in used.values())


@given(calls=st.lists(st.tuples(st.integers(0, 8), st.booleans()), max_size=60), room=st.integers(1, 4))
def test_no_more_calls_are_under_way_than_may_be(calls: list[tuple[int, bool]], room: int):
    memory, under_way = MemoryStore(subjects_max=room), defaultdict(list)
    for number, (who, ends) in enumerate(calls):
        one = charge("held", subject=f"s{who}", limit=2)
        if ends and under_way[who]:
            finished(memory.settle(under_way[who].pop(), [Settlement(one, 0)], 0, 0))
        elif finished(memory.take(f"h{number}", [one], 0)) is None:
            under_way[who].append(f"h{number}")
        assert all(len(holds) <= 2 for holds in under_way.values())
        assert sum(1 for holds in under_way.values() if holds) <= room


@given(asks=ASKS)
def test_a_call_is_charged_everywhere_or_nowhere(asks: list[tuple[int, int, int]]):
    memory, now, passed = MemoryStore(), 1_000_000, 0
    for number, (_, amount, _) in enumerate(asks):
        charges = [charge("window", amount, limit=1000), charge("bucket", amount, limit=30), charge("held", limit=10**6)]
        passed += amount if finished(memory.take(f"h{number}", charges, now)) is None else 0
    rest = 1000 - passed
    assert finished(memory.take("fits", [charge("window", rest, limit=1000)], now)) is None
    assert finished(memory.take("over", [charge("window", 1, limit=1000)], now)) is not None


def test_forgotten_limits_give_nobody_a_fresh_budget():
    """With one table in memory, a second limit is refused until the first one's use has passed."""
    memory = MemoryStore(tables_max=1)
    assert finished(memory.take("a", [charge("window", 10)], 1_000_000)) is None
    other = charge("bucket", 1)
    assert finished(memory.take("b", [other], 1_000_000)) is not None
    assert finished(memory.take("c", [charge("window", 1)], 1_000_000)) is not None
    later = 1_000_000 + PERIOD_MS + 2 * PERIOD_MS // SLOTS
    assert finished(memory.take("d", [other], later)) is None


def test_memory_stays_the_same_however_many_come():
    memory = MemoryStore(subjects_max=40)

    async def crowd() -> None:
        for number in range(4_000):
            one = charge("window", 1, subject=f"s{number}", limit=10**6)
            await memory.take(f"h{number}", [one], 1_000_000 + number)
            await memory.settle(f"h{number}", [Settlement(one, 0)], 1_000_000 + number, 1_000_000 + number)

    asyncio.run(crowd())
    table, _ = memory._tables["twindow"]
    assert len(table._subjects) <= 40
    assert not memory._holds


def test_an_account_that_makes_limits_without_end_is_refused_alone():
    memory = MemoryStore(account_tables_max=3)
    made = [msgspec.structs.replace(charge("window", 1), table=f"111111111111:account:l{number}") for number in range(4)]
    taken = [finished(memory.take(f"h{number}", [one], 1_000)) for number, one in enumerate(made)]
    assert taken[:3] == [None] * 3
    assert taken[3] is not None
    assert finished(memory.take("other", [msgspec.structs.replace(made[0], table="222222222222:account:l0")], 1_000)) is None
    assert finished(memory.take("late", made[3:], 1_000 + 2 * PERIOD_MS)) is None  # nothing of the others is used any more
