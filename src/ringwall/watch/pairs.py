"""What the grounding model reads: a passage with a claim, or a query with a piece of its answer."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ringwall.watch.encoder import WordPiece

QUERY_PIECES = 48  # of a query beside a claim: its end, where the question is
CLAIM_PIECES = 96
WINDOW_PIECES = 160  # of an answer beside its query
MAX_WINDOWS = 64
"""Windows of one answer; no answer that a guardrail takes has as many."""
ASKED_PIECES = 256  # of a query alone with its answer: both ends of a longer one


class PairInput(msgspec.Struct, frozen=True, gc=False):
    """Ids with special pieces, and 0 or 1 per piece."""

    ids: tuple[int, ...]
    segments: tuple[int, ...]


def claim_input(pieces: WordPiece, passage: Sequence[int], query: Sequence[int], claim: Sequence[int]) -> PairInput:
    """Join a passage with a claim, and with the end of the query that the claim answers, where there is one."""
    first = (pieces.begin, *passage, pieces.end)
    asked = (*query[-QUERY_PIECES:], pieces.end) if query else ()
    second = (*asked, *claim[:CLAIM_PIECES], pieces.end)
    return PairInput((*first, *second), (0,) * len(first) + (1,) * len(second))


def relevance_input(pieces: WordPiece, query: Sequence[int], window: Sequence[int]) -> PairInput:
    """Join a query with a window of its answer."""
    if len(query) > ASKED_PIECES:
        query = (*query[: ASKED_PIECES // 2], *query[-ASKED_PIECES // 2 :])
    first, second = (pieces.begin, *query, pieces.end), (*window, pieces.end)
    return PairInput((*first, *second), (0,) * len(first) + (1,) * len(second))


def answer_windows(pieces: WordPiece, answer: str) -> list[tuple[int, ...]]:
    """Cut an answer's pieces into windows; an empty answer is one empty window."""
    ids = tuple(pieces.pieces(answer).ids)
    return [ids[at : at + WINDOW_PIECES] for at in range(0, max(1, len(ids)), WINDOW_PIECES)]
