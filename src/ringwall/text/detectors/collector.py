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


class Collector:
    """Gathers findings of one text.

    What a nearer reading explained under the same rule, a farther one does not explain again; of two hits of a rule in one reading, one
    inside the other, the longer stays. Hits of different rules never hide each other: they may ask for different actions.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._spans: dict[str, list[tuple[int, int]]] = {}  # per rule, in order of their starts
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
            self._spans[rule_id] = [(start, end)]
            return True
        position = bisect_right(spans, (start, len(self.text) + 1))
        if position and spans[position - 1][1] >= end:
            return False
        if position and spans[position - 1][0] == start:
            position -= 1
        while position < len(spans) and spans[position][1] <= end and self._findings[*spans[position], rule_id].chain == chain:
            del self._findings[*spans.pop(position), rule_id]
        spans.insert(position, (start, end))
        return True
