"""Percentiles in fixed memory stay within their bound, whatever was measured."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from ringwall.telemetry.latencies import BUCKETS, PER_OCTAVE, SHORTEST_S, added, count, new_counts, percentile_ms

LONGEST_S = SHORTEST_S * 2 ** (BUCKETS / PER_OCTAVE)
latencies = st.lists(st.floats(SHORTEST_S * 1.001, LONGEST_S * 0.999), min_size=1, max_size=60)


@given(latencies, st.sampled_from([1, 50, 90, 99, 100]))
def test_a_percentile_lies_within_nine_percent_of_the_true_one(seconds: list[float], percent: int) -> None:
    counts = new_counts()
    for each in seconds:
        count(counts, each)
    true = sorted(seconds)[max(math.ceil(percent / 100 * len(seconds)) - 1, 0)] * 1000
    told = percentile_ms(counts, percent)
    assert told is not None
    assert abs(told / true - 1) < 0.0906


@given(st.floats(-10, 1e9, allow_nan=False))
def test_whatever_is_measured_is_counted_once(seconds: float) -> None:
    counts = new_counts()
    count(counts, seconds)
    assert sum(counts) == 1


@given(latencies, latencies)
def test_sums_of_counts_are_counts_of_both(one: list[float], other: list[float]) -> None:
    apart, together = [new_counts(), new_counts()], new_counts()
    for counts, seconds in zip(apart, (one, other), strict=True):
        for each in seconds:
            count(counts, each)
            count(together, each)
    assert added(apart) == together


def test_of_nothing_there_is_no_percentile() -> None:
    assert percentile_ms(new_counts(), 50) is None
