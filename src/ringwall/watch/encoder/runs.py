"""A text's pieces cut into runs at fixed offsets: what a body reads at a time."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ringwall.watch.encoder.wordpiece import WordPiece


class Run(msgspec.Struct, frozen=True, gc=False):
    """The pieces from `first` up to `last`, with a begin piece before and an end piece after them."""

    first: int
    last: int
    ids: Sequence[int]


def runs(pieces: WordPiece, ids: Sequence[int], *, longest: int, stride: int) -> list[Run]:
    """Cut pieces into runs of at most `longest`, one every `stride`; the last ends where the text does. No pieces make one run."""
    out: list[Run] = []
    first = 0
    while True:
        last = min(first + longest, len(ids))
        out.append(Run(first, last, (pieces.begin, *ids[first:last], pieces.end)))
        if last == len(ids):
            return out
        first += stride
