"""Texts with spans, and what a piece of such a text may be labelled.

A piece's target is a set of labels that are right for it: one label where someone said so, every label where nobody knows (then it teaches
nothing), and every label but those of personal data where it is only known to be none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ringwall.watch.encoder import Pieces
from ringwall.watch.names import FOUND, OUTSIDE

HELPING = ("ORG", "PLACE")
"""Labels that only help to tell a name from what is none; what carries them is not personal data."""
TYPES = (*FOUND, *HELPING)
LABELS = (OUTSIDE, *(f"{prefix}-{kind}" for kind in TYPES for prefix in ("B", "I")))
NOT_PERSONAL = sum(1 << index for index, label in enumerate(LABELS) if label == OUTSIDE or label[2:] in HELPING)
ANYTHING = (1 << len(LABELS)) - 1
_BROAD = {"ANY": ANYTHING, "NONE": NOT_PERSONAL}


@dataclass(frozen=True)
class Span:
    """A part of a text and its type; "ANY" where the type is not known, "NONE" where it is only known to be no personal data."""

    start: int
    end: int
    type: str


@dataclass(frozen=True)
class Text:
    """A text with its spans, which do not overlap. plain: what stands outside them is known to be nothing at all, not only no person."""

    text: str
    spans: tuple[Span, ...]
    source: str
    plain: bool = True


def targets(text: Text, pieces: Pieces) -> list[int]:
    """Return per piece the labels that are right for it, as bits."""
    out = [1 << LABELS.index(OUTSIDE) if text.plain else NOT_PERSONAL] * len(pieces)
    for span in text.spans:
        first = True
        for index in range(len(pieces)):
            if pieces.starts[index] < span.end and pieces.ends[index] > span.start:
                out[index] = _BROAD.get(span.type) or 1 << LABELS.index(f"{'B' if first else 'I'}-{span.type}")
                first = False
    return out


def lowered(text: Text) -> Text:
    """Return the text as people chat: in small letters (characters whose small letter is longer stay)."""
    small = "".join(low if len(low := character.lower()) == 1 else character for character in text.text)
    return Text(small, text.spans, text.source, text.plain)


def merged(text: str, spans: Iterable[Span], joints: str) -> list[Span]:
    """Join neighbouring spans of one type between which only characters of `joints` stand, at most four."""
    out: list[Span] = []
    for span in sorted(spans, key=lambda each: each.start):
        last = out[-1] if out else None
        between = text[last.end : span.start] if last else ""
        if last and last.type == span.type and len(between) <= 4 and all(character in joints for character in between):
            out[-1] = Span(last.start, span.end, span.type)
        elif not last or span.start >= last.end:
            out.append(span)
    return out


def cut(text: str, parts: Sequence[tuple[str, str]], source: str) -> Text:
    """Make a text of (characters, type or nothing) parts; `text` must be their sum."""
    spans, at = [], 0
    for characters, kind in parts:
        if kind and characters:
            spans.append(Span(at, at + len(characters), kind))
        at += len(characters)
    if at != len(text):
        raise ValueError("the parts are not the text")
    return Text(text, tuple(spans), source)
