"""Live counters: per account, per minute, bounded."""

from __future__ import annotations

from ringwall.api import counters as module
from ringwall.api.counters import MINUTES, Counters
from ringwall.console.pages import bars


def test_outcomes_are_counted_apart_and_per_account() -> None:
    counters = Counters("2026-01-01T00:00:00+00:00")
    counters.count("111111111111", 60.0, status=200, outcome="passed", characters=10)
    counters.count("111111111111", 61.0, status=200, outcome="blocked", characters=20)
    counters.count("111111111111", 125.0, status=200, outcome="masked", characters=30)
    counters.count("111111111111", 126.0, status=403)
    counters.count("111111111111", 126.0, status=503)
    counters.count("222222222222", 60.0, status=200)
    stats = counters.stats("111111111111")
    assert (stats.requests, stats.checked, stats.intervened, stats.blocked, stats.masked) == (5, 3, 2, 1, 1)
    assert (stats.refused, stats.failed, stats.characters) == (1, 1, 60)
    assert [(minute.minute, minute.requests, minute.intervened, minute.refused) for minute in stats.minutes] == [(1, 2, 1, 0), (2, 3, 1, 2)]
    assert counters.stats("222222222222").requests == 1
    assert counters.stats("333333333333").requests == 0


def test_minutes_older_than_an_hour_are_forgotten_but_totals_stay() -> None:
    counters = Counters("")
    for minute in range(3 * MINUTES):
        counters.count("111111111111", minute * 60.0, status=200)
    stats = counters.stats("111111111111")
    assert stats.requests == 3 * MINUTES
    assert len(stats.minutes) == MINUTES


def test_the_account_that_was_quiet_longest_makes_room() -> None:
    counters = Counters("")
    for number in range(module.ACCOUNTS + 1):
        counters.count(f"{number:012d}", 0.0, status=200)
    assert counters.stats("000000000000").requests == 0
    assert counters.stats("000000000001").requests == 1


def test_bars_cover_the_last_hour_and_show_every_minute_with_work() -> None:
    counters = Counters("")
    now = 100 * 60.0
    for _ in range(400):
        counters.count("1" * 12, now, status=200)
    counters.count("1" * 12, now - 30 * 60, status=200, outcome="blocked")
    drawn = bars(counters.stats("1" * 12), now)
    assert len(drawn) == MINUTES
    assert drawn[-1] == {"all": 100, "hit": 0}
    assert drawn[-31] == {"all": 2, "hit": 2}
    assert sum(bar["all"] > 0 for bar in drawn) == 2
