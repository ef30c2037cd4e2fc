"""Bursts, novelty and probing of refusals: what sets them off, and that ordinary use does not."""

from __future__ import annotations

import random

import pytest

from ringwall.errors import Bug
from ringwall.inference.monitors import Monitors, Query
from ringwall.inference.monitors.traffic import lower_bound
from tests.unit.inference.monitors.examples import SALT, at

WORDS = [f"word{number}" for number in range(300)]


def kinds(monitors: Monitors, query: Query, second: float) -> set[str]:
    return {one.kind for one in monitors.see("a", "m", query, None, at(second))}


def used(monitors: Monitors, *, queries: int = 1_000, pause_s: float = 60.0, refused: float = 0.02) -> float:
    """Use a model as people do; return the second of the last query."""
    seeded, second = random.Random(3), 0.0
    for _ in range(queries):
        second += seeded.expovariate(1 / pause_s)
        text = " ".join(seeded.choices(WORDS, k=20))
        assert kinds(monitors, Query(text=text, intervened=seeded.random() < refused), second) == set()
    return second


def test_ordinary_use_sets_nothing_off():
    used(Monitors(salt=SALT), queries=3_000)


def test_a_burst_is_told_from_a_habit_of_the_same_speed():
    slow, fast = Monitors(salt=SALT), Monitors(salt=SALT)
    second = used(slow)
    assert any("burst" in kinds(slow, Query(), second + number / 10) for number in range(100))
    assert not any("burst" in kinds(fast, Query(), number / 10) for number in range(20_000))


def test_a_new_account_is_not_a_burst():
    monitors = Monitors(salt=SALT)
    assert not any("burst" in kinds(monitors, Query(), number / 100) for number in range(1_000))


def test_an_account_that_was_seen_for_five_minutes_has_no_habit_to_be_faster_than():
    monitors = Monitors(salt=SALT)
    for second in (0.0, 150.0, 300.0):
        assert kinds(monitors, Query(), second) == set()
    assert not any("burst" in kinds(monitors, Query(), 301 + number / 100) for number in range(300))


def test_refusals_are_probed_when_guardrails_intervene_far_more_often_than_is_usual():
    monitors = Monitors(salt=SALT)
    second = used(monitors, queries=100)
    raised = [
        number for number in range(100) if "refusal-probing" in kinds(monitors, Query(intervened=number % 2 == 0), second + 60 * number)
    ]
    assert raised
    assert raised[0] >= 10


def test_a_clock_that_was_ahead_for_a_while_leaves_no_alarm_behind():
    monitors = Monitors(salt=SALT)
    used(monitors, queries=200)
    kinds(monitors, Query(), 30 * 86_400.0)
    for number in range(1_000):
        assert kinds(monitors, Query(), 12_000 + 60.0 * number) == set()


def test_a_salt_that_is_no_secret_is_a_bug():
    for salt in (b"", b"short", bytes(65)):
        with pytest.raises(Bug):
            Monitors(salt=salt)


def test_a_few_refusals_are_nothing():
    monitors = Monitors(salt=SALT)
    assert not any(kinds(monitors, Query(intervened=True), 60.0 * number) for number in range(4))


def test_refusals_fade_over_days():
    monitors = Monitors(salt=SALT)
    assert not any("refusal-probing" in kinds(monitors, Query(intervened=True), 2.0 * 86_400 * number) for number in range(100))


def test_words_nobody_used_before_are_novel_and_their_use_becomes_a_habit():
    monitors, seeded = Monitors(salt=SALT), random.Random(5)
    second = used(monitors)
    strange = [Query(text=" ".join(f"{seeded.getrandbits(60):x}" for _ in range(20))) for _ in range(40)]
    raised = ["novelty" in kinds(monitors, query, second + 60 * number) for number, query in enumerate(strange)]
    assert any(raised[:12])
    again = ["novelty" in kinds(monitors, query, second + 3_600 + 60 * number) for number, query in enumerate(strange)]
    assert not any(again[20:])


def test_an_account_without_a_habit_is_not_novel():
    monitors, seeded = Monitors(salt=SALT), random.Random(5)
    strange = [Query(text=f"{seeded.getrandbits(60):x} {seeded.getrandbits(60):x}") for _ in range(400)]
    assert not any("novelty" in kinds(monitors, query, 60.0 * number) for number, query in enumerate(strange))


@pytest.mark.parametrize("text", ["", "   ", "!?", "\ud800 lone", "\x00", "a" * 1_000_000])
def test_odd_texts_are_counted_like_others(text: str):
    assert kinds(Monitors(salt=SALT), Query(text=text), 0.0) == set()


def test_no_word_of_a_text_is_kept():
    monitors = Monitors(salt=SALT)
    monitors.see("a", "m", Query(text="canaryword another"), None, at(0))
    assert "canaryword" not in repr(monitors.snapshot("a", "m"))


WILSON = {(0.0, 0.0): 0.0, (0.0, 50.0): 0.0, (50.0, 100.0): 0.3753, (10.0, 10.0): 0.6012}
"""Brown, Cai, DasGupta (2001), equation 4, at z = 2.5758; worked by hand."""


@pytest.mark.parametrize(("seen", "bound"), WILSON.items())
def test_the_lower_bound_is_wilsons(seen: tuple[float, float], bound: float):
    assert lower_bound(*seen) == pytest.approx(bound, abs=1e-3)
