"""Memory is fixed; accounts do not touch each other; a restart anywhere changes nothing; a clock that goes back does no harm."""

from __future__ import annotations

from array import array
from datetime import datetime
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from ringwall.inference.monitors import Confidences, Monitors, Query, Signal, Snapshot
from ringwall.inference.monitors.encoding import LEVELS, Encoder, Range, Shape
from ringwall.inference.monitors.fading import BACKWARDS_S, Fading
from ringwall.inference.monitors.flags import FLAGS_WINDOW, Flags
from tests.unit.inference.monitors.examples import SALT, answer_to, around, at, benign, calibration

TARGETS = benign(9, 3)
ASKS = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.integers(0, 2),  # around which point; the noise is the number's
        st.integers(0, 400),
        st.floats(-1e6, 1e6),  # the clock goes where it likes
        st.sampled_from([None, "some words", "other words", "\ud800"]),
        st.booleans(),
    ),
    max_size=60,
)


def monitors(**options: Any) -> Monitors:
    made = Monitors(salt=SALT, **options)
    made.calibrate("a", calibration(count=100, private=10))
    return made


def see(watching: Monitors, ask: Any) -> list[Signal]:
    account, place, noise, second, text, intervened = ask
    vector = around(TARGETS[place], noise)
    return watching.see(account, "m", Query(vector=vector, text=text, intervened=intervened), answer_to(vector), at(second))


def stored(watching: Monitors, account: str) -> bytes:
    return msgspec.msgpack.encode(watching.snapshot(account, "m"))


@given(asks=ASKS)
def test_what_an_account_does_is_judged_as_if_it_were_alone(asks: list[Any]):
    together = monitors()
    mixed = [(ask[0], see(together, ask)) for ask in asks]
    for account in "abc":
        alone = monitors()
        assert [see(alone, ask) for ask in asks if ask[0] == account] == [signals for who, signals in mixed if who == account]


@given(asks=ASKS, cut=st.integers(0, 60))
def test_a_restart_anywhere_changes_nothing(asks: list[Any], cut: int):
    whole, first, second = monitors(), monitors(), monitors()
    for ask in asks[:cut]:
        see(whole, ask)
        see(first, ask)
    for account, model in first.pairs:
        second.restore(account, model, msgspec.msgpack.decode(stored(first, account), type=Snapshot))
    assert [see(second, ask) for ask in asks[cut:]] == [see(whole, ask) for ask in asks[cut:]]


@given(asks=ASKS)
def test_every_signal_is_within_its_bounds_and_no_more_pairs_are_held_than_allowed(asks: list[Any]):
    watching = monitors(pairs_max=2)
    for seen, ask in enumerate(asks, 1):
        for signal in see(watching, ask):
            assert 0.0 <= signal.strength <= 1.0
            assert 1 <= signal.count <= min(seen, FLAGS_WINDOW)
            assert 1 <= signal.first_query <= seen
        assert len(watching.pairs) <= 2


@given(texts=st.lists(st.text(max_size=200), max_size=40), noise=st.integers(0, 10_000))
def test_a_pair_is_never_larger_than_its_bound(texts: list[str], noise: int):
    watching = Monitors(salt=SALT)
    watching.calibrate("a", msgspec.structs.replace(calibration(count=100, private=10), history=20))
    for number in range(30):
        vector = around(TARGETS[number % 3], noise + number, width=20.0)
        text = texts[number % len(texts)] if texts else None
        watching.see("a", "m", Query(vector=vector, text=text), answer_to(vector), at(number))
    assert len(stored(watching, "a")) < 20 * (120 + 128 + 8 + 1) + 10 * 3 * 8 + 2 * 2_048 + 3_000
    before = len(stored(watching, "a"))
    for number in range(15):
        vector = around(TARGETS[number % 3], noise + 500 + number, width=20.0)
        watching.see("a", "m", Query(vector=vector, text="same"), answer_to(vector), at(1_000 + number))
    assert len(stored(watching, "a")) <= before + 64 + 7 * 200  # numbers grow by digits, and each kind may be flagged for the first time


@given(steps=st.lists(st.tuples(st.floats(0, 100), st.floats(-1e9, 1e9)), max_size=50), half_life_s=st.floats(1, 1e6))
def test_a_count_never_falls_by_a_clock_that_goes_back_and_never_exceeds_what_was_counted(
    steps: list[tuple[float, float]], half_life_s: float
):
    count, total = Fading(half_life_s), 0.0
    for amount, now_s in steps:
        before, reference = count.value, count.at_s
        value = count.add(amount, now_s)
        total += amount
        assert 0.0 <= value <= total * (1 + 1e-9)
        assert count.at_s == (now_s if now_s > reference or reference - now_s > BACKWARDS_S else reference)
        if now_s <= reference:
            assert value == before + amount


@given(numbers=st.lists(st.integers(1, 5_000), min_size=1, unique=True), ahead=st.integers(0, 3_000))
def test_flags_count_exactly_those_of_the_window(numbers: list[int], ahead: int):
    flags = Flags()
    for number in sorted(numbers):
        flags.mark(number)
    now = max(numbers) + ahead
    for one in (flags, Flags.restored(flags.snapshot())):
        assert one.count(now) == sum(number > now - FLAGS_WINDOW for number in numbers)
        assert one.first == min(numbers)


FINITE = st.floats(allow_nan=False, allow_infinity=False)


@given(left=st.lists(FINITE, min_size=4, max_size=80), data=st.data())
def test_a_code_is_the_distance_in_fifteenths_and_a_mark_has_one_bit_a_window(left: list[float], data: st.DataObject):
    right = data.draw(st.lists(FINITE, min_size=len(left), max_size=len(left)))
    count = len(left)
    shape = Shape(salt=SALT, components=count, range=Range((0.0,), (1.0,)), folded=None, quantum=0.1, window=2)
    encoder = Encoder(shape)
    one, other = encoder.encode(left), encoder.encode(right)
    steps = [[round(max(0.0, min(1.0, value)) * LEVELS) for value in values] for values in (left, right)]
    assert (one.code ^ other.code).bit_count() == sum(abs(a - b) for a, b in zip(*steps, strict=True))
    assert one.mark.bit_count() == encoder.windows == min(64, count - 1)
    assert encoder.encode(left) == one
    assert (one.digest == other.digest) == (array("d", left).tobytes() == array("d", right).tobytes())


@given(now=st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(9999, 12, 30)))  # noqa: DTZ001 - made aware below
def test_any_moment_will_do(now: datetime):
    watching, aware = monitors(), now.replace(tzinfo=at(0).tzinfo)
    for moment in (aware, at(0), aware):
        watching.see("a", "m", Query(vector=TARGETS[0], text="words"), Confidences(label=0), moment)
    assert watching.pairs == (("a", "m"),)
