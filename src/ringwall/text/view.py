"""A view: one reading of a text, with an exact map back to the raw characters it was made from."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ringwall.vocabulary import Span


class View(msgspec.Struct, frozen=True):
    """What a filter reads.

    chain: the folds and decodings that made it, outermost first; `()` is the raw text itself, e.g. `("fold", "base64", "fold")`.
    text: the characters of this reading.
    starts, ends: for each character of `text` the half-open range of raw code points it was made from; both are empty for the raw view
        (identity). `ends[i] >= starts[i]`; several characters may share a range (a ligature), ranges may skip characters (deleted ones).
    """

    chain: tuple[str, ...]
    text: str
    starts: Sequence[int] = ()
    ends: Sequence[int] = ()

    def origin(self, start: int, end: int) -> Span:
        """Return the raw span behind `self.text[start:end]` (start < end)."""
        if not self.chain:
            return Span(start, end)
        return Span(min(self.starts[start:end]), max(self.ends[start:end]))


class Views(msgspec.Struct, frozen=True):
    """Every reading of one text, raw view first.

    exhausted: the budget ran out, so something was not read: a blocking verdict, never a pass.
    phrase_hits: what the phrase automaton found while reading (empty when none was given).
    interpreter: "c" or "python"; both read the same tables and give the same result.
    """

    views: tuple[View, ...]
    phrase_hits: tuple[PhraseHit, ...]
    exhausted: bool
    interpreter: str
    characters_read: int


class PhraseHit(msgspec.Struct, frozen=True):
    """One listed phrase found in one reading."""

    phrase: int  # index into the list the automaton was compiled from
    span: Span  # raw characters
    chain: tuple[str, ...]
