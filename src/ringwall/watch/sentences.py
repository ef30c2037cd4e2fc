"""Texts as vectors: what a text says, sentence by sentence, as the small transformer all-MiniLM-L6-v2 places it."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from importlib.resources.abc import Traversable

import msgspec
import numpy as np
from numpy.typing import NDArray

from ringwall.watch import lexical
from ringwall.watch.encoder import Body, Encoder, WordPiece, load_encoder

BODY = "sentences-v1.onnx"
PIECES = "pieces"  # the output with a state for each piece, half way up
LONGEST = 94  # pieces of one unit; with begin and end 96
SHORT = 8  # a sentence of fewer pieces says too little by itself, and is read with the next one

Vectors = NDArray[np.float32]


class Unit(msgspec.Struct, frozen=True, gc=False):
    """What is compared at a time: a sentence, short ones joined, long ones cut; as text and as pieces."""

    text: str
    ids: tuple[int, ...]


def units(pieces: WordPiece, text: str) -> list[Unit]:
    """Cut a text into units, in order; a text without a word has none.

    Raises:
        LimitExceeded: the text is longer than a lexical scorer reads.
    """
    lexical.refuse_over_limit(text)
    out: list[Unit] = []
    for sentence in lexical.sentences(text):
        for unit in _cut(pieces, sentence):
            last = out[-1] if out else None
            if last is not None and len(last.ids) < SHORT and len(last.ids) + len(unit.ids) <= LONGEST:
                out[-1] = Unit(f"{last.text} {unit.text}", (*last.ids, *unit.ids))
            else:
                out.append(unit)
    if len(out) > 1 and len(out[-1].ids) < SHORT and len(out[-2].ids) + len(out[-1].ids) <= LONGEST:
        last = out.pop()
        out[-1] = Unit(f"{out[-1].text} {last.text}", (*out[-1].ids, *last.ids))
    return out


def _cut(pieces: WordPiece, sentence: str) -> list[Unit]:
    found = pieces.pieces(sentence)
    starts = range(0, max(1, len(found)), LONGEST)
    cut = [(start, min(start + LONGEST, len(found))) for start in starts]
    if len(cut) == 1:
        return [Unit(sentence, tuple(found.ids))]
    return [Unit(sentence[found.starts[first] : found.ends[last - 1]], tuple(found.ids[first:last])) for first, last in cut]


class SentenceEncoder:
    """Makes a vector of length one of each unit; safe to call from several threads."""

    def __init__(self, encoder: Encoder, body: Body, digest: str) -> None:
        """Keep the parts."""
        self._encoder, self._body = encoder, body
        self.digest = digest

    def units(self, text: str) -> list[Unit]:
        """Cut a text into units."""
        return units(self._encoder.pieces, text)

    def vectors(self, asked: Sequence[Unit]) -> Vectors:
        """Return one row per unit, (units, width); the same unit is read once."""
        places = {unit.ids: place for place, unit in enumerate({unit.ids: unit for unit in asked}.values())}
        pieces = self._encoder.pieces
        states = self._body.run([(pieces.begin, *ids, pieces.end) for ids in places])
        rows = np.stack(states) if states else np.zeros((0, self._encoder.table.width), np.float32)
        rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
        made: Vectors = rows[[places[unit.ids] for unit in asked]].astype(np.float32)
        return made

    def states(self, texts: Sequence[Sequence[int]]) -> list[Vectors]:
        """Return the state of each piece half way up, of length one, (pieces, width) a text; texts have at most `LONGEST` pieces."""
        pieces = self._encoder.pieces
        found = self._body.run([(pieces.begin, *ids, pieces.end) for ids in texts], output=PIECES)
        return [made[1:-1] / np.maximum(np.linalg.norm(made[1:-1], axis=1, keepdims=True), 1e-9) for made in found]

    def of(self, statement: str) -> Vectors:
        """Return the vector of one short statement as a whole: its first `LONGEST` pieces."""
        ids = tuple(self._encoder.pieces.pieces(statement).ids[:LONGEST])
        made: Vectors = self.vectors([Unit(statement, ids)])[0]
        return made


def load_sentence_encoder(*, where: Traversable | None = None) -> SentenceEncoder:
    """Load what ships with ringwall, once for all who compare sentences.

    Args:
        where: a folder with another body and its pinned digest.

    Raises:
        WeightsRefused: a file is missing or is not the pinned one.
    """
    return _shipped() if where is None else _loaded(where)


@functools.cache
def _shipped() -> SentenceEncoder:
    return _loaded(None)


def _loaded(where: Traversable | None) -> SentenceEncoder:
    encoder = load_encoder()
    body, digest = encoder.body(BODY, where=where)
    return SentenceEncoder(encoder, body, digest)
