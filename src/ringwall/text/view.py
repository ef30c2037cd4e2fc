"""A view: one reading of a text, with an exact map back to the raw characters it was made from."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ringwall.vocabulary import Span

Chain = tuple[str, ...]


class Mapped(msgspec.Struct, frozen=True):
    """A text made from another, and for each character the half-open range of the other's characters it was made from."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]


class View(msgspec.Struct, frozen=True):
    """What a filter reads.

    chain: the folds and decodings that made it, outermost first; `()` is the raw text itself, e.g. `("fold", "base64", "fold")`.
    text: the characters of this reading.
    starts, ends: for each character of `text` the half-open range of raw code points it was made from; both are empty for the raw view
        (identity). `ends[i] > starts[i]`; several characters may share a range (a ligature), ranges may skip characters (deleted ones).
        The line end between two runs of a decoder counts as made from the character behind it.
    parts: where one view joins the runs of several decoders, (offset in `text`, chain) of each run, in order; otherwise empty.
    """

    chain: Chain
    text: str
    starts: Sequence[int] = ()
    ends: Sequence[int] = ()
    parts: tuple[tuple[int, Chain], ...] = ()

    def origin(self, start: int, end: int) -> Span:
        """Return the raw span behind `self.text[start:end]` (start < end)."""
        if not self.chain:
            return Span(start, end)
        return Span(min(self.starts[start:end]), max(self.ends[start:end]))

    def chain_at(self, start: int) -> Chain:
        """Return the chain of the run that `self.text[start]` is in: exact where `chain` names several decoders."""
        chain = self.chain
        for offset, part in self.parts:
            if offset > start:
                break
            chain = part
        return chain


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
    chain: Chain
