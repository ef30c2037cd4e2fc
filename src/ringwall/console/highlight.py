"""A judged text cut into pieces, so that a page can show what each rule saw; text stays text, the template escapes it."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import pairwise

import msgspec

KINDS = ("attack", "secret", "pii", "regex", "profanity", "word", "passage")
"""Which kind colours a piece that several rules saw: the first of these."""

_SHOWN_CONTROLS = {"\n": "\n", "\t": "\t"}


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One finding, as a page shows it. `start` and `end` count code points of the raw text."""

    start: int
    end: int
    kind: str
    label: str


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of text that the same findings cover; `findings` are their positions in the list."""

    text: str
    findings: tuple[int, ...]
    kind: str = ""
    label: str = ""


class Glyph(msgspec.Struct, frozen=True):
    """A run of visible text, or one character that a reader cannot see (`hidden`), written by its number."""

    text: str
    hidden: bool = False
    name: str = ""


def pieces(text: str, findings: Sequence[Seen]) -> list[Piece]:
    """Cut a text at every finding's ends.

    Returns:
        pieces whose texts together are the text; overlapping findings share pieces.
    Cost: O(n log n) in the number of findings, plus their overlaps.
    """
    cuts = sorted({0, len(text)} | {edge for seen in findings for edge in (seen.start, seen.end) if 0 <= edge <= len(text)})
    by_start = sorted(range(len(findings)), key=lambda index: findings[index].start)
    active: list[int] = []
    out: list[Piece] = []
    upcoming = 0
    for start, end in pairwise(cuts):
        while upcoming < len(by_start) and findings[by_start[upcoming]].start <= start:
            active.append(by_start[upcoming])
            upcoming += 1
        active = [index for index in active if findings[index].end > start]
        covering = tuple(sorted(active))
        kinds = {findings[index].kind for index in covering}
        out.append(
            Piece(
                text=text[start:end],
                findings=covering,
                kind=next((kind for kind in KINDS if kind in kinds), ""),
                label=", ".join(dict.fromkeys(findings[index].label for index in covering)),
            )
        )
    return out


def reveal(text: str) -> list[Glyph]:
    """Separate what a reader sees from what is there but invisible: controls, format characters, tags, lone surrogates."""
    out: list[Glyph] = []
    start = 0
    for index, char in enumerate(text):
        if char.isprintable() or char in _SHOWN_CONTROLS:
            continue
        if start < index:
            out.append(Glyph(text[start:index]))
        out.append(Glyph(f"U+{ord(char):04X}", hidden=True, name=unicodedata.name(char, "a character without a name")))
        start = index + 1
    if start < len(text):
        out.append(Glyph(text[start:]))
    return out
