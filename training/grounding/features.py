"""Answers laid beside their sources, as training, the fit of the sum and the figures read them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ringwall.watch import grounding
from ringwall.watch.entailment import Laid, Reader, highest_margin, margin_of
from training.grounding.rows import Row

Given = tuple[str, str, str, float, float, str]
"""Context, answer, query, target, weight, source."""


@dataclass(frozen=True)
class Answer:
    """One answer: its claims as they were laid, the lexical margin, what it is (1 follows), what it counts, where it is from."""

    laid: tuple[Laid, ...]
    lexical: float
    target: float
    weight: float
    source: str


def given(row: Row, *, asked: bool = True) -> Given:
    """Return a judged answer as it is laid, with its query or without."""
    return row.context, row.answer, row.query if asked else "", float(row.grounded), 1.0, row.source


def answers(reader: Reader, found: Iterable[Given]) -> list[Answer]:
    """Lay answers as the product does."""
    out = []
    for context, answer, query, target, weight, source in found:
        laid = tuple(reader.laid(context, answer, query))
        margin = margin_of(grounding.Source(context), answer) if laid else highest_margin()
        out.append(Answer(laid, margin, target, weight, source))
    return out
