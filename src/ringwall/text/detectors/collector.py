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
        self._findings: dict[tuple[str, int, int], Finding] = {}

    def add(self, rule: Rule, view: View, start: int, end: int, confidence: float) -> None:
        """Add a hit at `view.text[start:end]`."""
        if view.chain:
            self.add_span(rule, view.chain_at(start), view.origin(start, end), view.text[start:end], confidence)
        else:
            self.add_span(rule, (), Span(start, end), "", confidence)

    def add_span(self, rule: Rule, chain: tuple[str, ...], span: Span, decoded: str, confidence: float) -> None:
        """Add a hit whose raw span is known."""
        if not self._take(rule.rule_id, span, chain):
            return
        match = self.text[span.start : span.end]
        self._findings[rule.rule_id, span.start, span.end] = Finding(
            rule_id=rule.rule_id,
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
        return tuple(sorted(self._findings.values(), key=_order))

    def _take(self, rule_id: str, span: Span, chain: tuple[str, ...]) -> bool:
        """Make room for a span among its rule's, or say that it is explained already."""
        spans = self._spans.get(rule_id)
        if spans is None:
            self._spans[rule_id] = [(span.start, span.end)]
            return True
        position = bisect_right(spans, (span.start, len(self.text) + 1))
        if position and spans[position - 1][1] >= span.end:
            return False
        if position and spans[position - 1][0] == span.start:
            position -= 1
        while position < len(spans) and spans[position][1] <= span.end and self._findings[rule_id, *spans[position]].chain == chain:
            del self._findings[rule_id, *spans.pop(position)]
        spans.insert(position, (span.start, span.end))
        return True


def _order(finding: Finding) -> tuple[int, int, str]:
    return finding.span.start, finding.span.end, finding.rule_id
