"""Latencies in fixed memory: counts in buckets whose bounds grow by a constant ratio, so that a percentile's error is relative and bounded.

A percentile lies at most half a bucket (9 %) beside the true one, between 0.1 ms and 7 minutes; what is shorter or longer counts as those.
Source: the bounds are those of OpenTelemetry's exponential histogram with scale 2 (data model specification, "ExponentialHistogram").
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable

SHORTEST_S = 1e-4
PER_OCTAVE = 4
BUCKETS = 22 * PER_OCTAVE

Counts = array  # of unsigned 32-bit numbers, one a bucket


def new_counts() -> Counts[int]:
    """Return empty counts: 352 bytes."""
    return array("I", bytes(4 * BUCKETS))


def count(counts: Counts[int], seconds: float) -> None:
    """Count one latency."""
    place = int(math.log2(seconds / SHORTEST_S) * PER_OCTAVE) if seconds > SHORTEST_S else 0
    counts[min(place, BUCKETS - 1)] += 1


def added(many: Iterable[Counts[int]]) -> Counts[int]:
    """Return the sum of several counts."""
    total = new_counts()
    for counts in many:
        for place, number in enumerate(counts):
            if number:
                total[place] += number
    return total


def percentile_ms(counts: Counts[int], percent: float) -> float | None:
    """Return the latency below which so many percent lie, in milliseconds; None where nothing was counted."""
    total = sum(counts)
    if not total:
        return None
    rank, below = percent / 100 * total, 0
    for place, number in enumerate(counts):
        below += number
        if number and below >= rank:
            return round(SHORTEST_S * 2 ** ((place + 0.5) / PER_OCTAVE) * 1000, 3)
    raise AssertionError  # the last bucket that is not empty reaches every rank
