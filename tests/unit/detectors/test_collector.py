"""Findings of many readings: none twice, none that a nearer or a longer one of its reading explains, none lost."""

from __future__ import annotations

import itertools
from random import Random

import pytest

from ringwall.text.detectors.collector import Collector, Rule
from ringwall.vocabulary import Span

RULE = Rule("pii/EMAIL", "pii", "EMAIL")
CHAINS: tuple[tuple[str, ...], ...] = ((), ("fold",), ("fold", "escapes"))
LENGTH = 6
SPANS = [(start, end) for start, end in itertools.combinations(range(LENGTH + 1), 2)]

Hit = tuple[int, int, tuple[str, ...]]


def collected(hits: list[Hit]) -> set[Hit]:
    collector = Collector("x" * LENGTH)
    for start, end, chain in hits:
        collector.add_span(RULE, chain, Span(start, end), "", 1.0)
    return {(finding.span.start, finding.span.end, finding.chain) for finding in collector.findings()}


def explained(hits: list[Hit]) -> set[Hit]:
    """Say it again, slowly: every earlier span that was taken explains what is inside of it."""
    taken: list[tuple[int, int]] = []
    kept: list[Hit] = []
    for start, end, chain in hits:
        if any(low <= start and end <= high for low, high in taken):
            continue
        kept = [each for each in kept if not (start <= each[0] and each[1] <= end and each[2] == chain)]
        taken.append((start, end))
        kept.append((start, end, chain))
    return set(kept)


@pytest.mark.parametrize("seed", range(200))
def test_what_stays_is_what_nothing_else_explains(seed: int) -> None:
    random = Random(seed)
    hits = [(*random.choice(SPANS), random.choice(CHAINS)) for _ in range(random.randint(1, 24))]
    assert collected(hits) == explained(hits)


def test_a_span_that_comes_again_around_others_of_other_readings_is_taken_once() -> None:
    outer = (3, 5, ("fold",))
    hits: list[Hit] = [(3, 4, ()), outer, outer, (0, 6, ("fold",))]
    assert collected(hits) == {(3, 4, ()), (0, 6, ("fold",))}
