"""Findings of many readings, each thing once."""

from __future__ import annotations

from bisect import bisect_right

import msgspec

from ringwall.text.finding import Finding, Kind
from ringwall.text.view import View
from ringwall.vocabulary import Span


class Rule(msgspec.Struct, frozen=True):
    """What all findings of one rule have in common."""

    rule_id: str
    kind: Kind
    type: str


_Outer = tuple[int, int, tuple[tuple[int, int], ...]]
"""A span, and the spans inside of it that other readings found."""


class Collector:
    """Gathers findings of one text.

    What a nearer reading explained under the same rule, a farther one does not explain again; of two hits of a rule in one reading, one
    inside the other, the longer stays. Hits of different rules never hide each other: they may ask for different actions.

    Upholds: of the spans that are kept for a rule none is inside another, so that their starts and their ends both grow; what an outer
    span did not replace, because another reading found it, is kept with the outer one.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._spans: dict[str, list[_Outer]] = {}  # per rule
        self._findings: dict[tuple[int, int, str], Finding] = {}

    def add(self, rule: Rule, view: View, start: int, end: int, confidence: float) -> None:
        """Add a hit at `view.text[start:end]`."""
        if view.chain:
            self.add_span(rule, view.chain_at(start), view.origin(start, end), view.text[start:end], confidence)
        else:
            self.add_span(rule, (), Span(start, end), "", confidence)

    def add_span(self, rule: Rule, chain: tuple[str, ...], span: Span, decoded: str, confidence: float) -> None:
        """Add a hit whose raw span is known."""
        start, end, rule_id = span.start, span.end, rule.rule_id
        if not self._take(rule_id, start, end, chain):
            return
        match = self.text[start:end]
        self._findings[start, end, rule_id] = Finding(
            rule_id=rule_id,
            kind=rule.kind,
            type=rule.type,
            span=span,
            match=match,
            decoded="" if decoded == match else decoded,
            chain=chain,
            confidence=confidence,
        )

    def findings(self) -> tuple[Finding, ...]:
        """Return all findings in order of their spans."""
        return tuple([self._findings[place] for place in sorted(self._findings)])

    def _take(self, rule_id: str, start: int, end: int, chain: tuple[str, ...]) -> bool:
        """Make room for a span among its rule's, or say that it is explained already."""
        spans = self._spans.get(rule_id)
        if spans is None:
            self._spans[rule_id] = [(start, end, ())]
            return True
        first = bisect_right(spans, (start, len(self.text) + 1, ()))
        if first and spans[first - 1][1] >= end:
            return False
        low, high = first, first
        while low and spans[low - 1][1] > start:
            low -= 1
        while high < len(spans) and spans[high][0] < end:
            high += 1
        kept: list[tuple[int, int]] = []
        around: list[_Outer] = [(start, end, ())]
        for outer_start, outer_end, inside in spans[low:high]:  # those that overlap
            left = tuple([place for place in inside if not self._replaced(place, rule_id, start, end, chain)])
            if start <= outer_start and outer_end <= end:
                kept += left
                if not self._replaced((outer_start, outer_end), rule_id, start, end, chain):
                    kept.append((outer_start, outer_end))
            else:
                around.append((outer_start, outer_end, left))
        around[0] = (start, end, tuple(kept))
        spans[low:high] = sorted(around)
        return True

    def _replaced(self, place: tuple[int, int], rule_id: str, start: int, end: int, chain: tuple[str, ...]) -> bool:
        """Drop a finding that a longer one of the same reading replaces; say whether it was."""
        if not (start <= place[0] and place[1] <= end) or self._findings[*place, rule_id].chain != chain:
            return False
        del self._findings[*place, rule_id]
        return True
