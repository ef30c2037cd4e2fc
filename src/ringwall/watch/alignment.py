"""How far a claim follows from a source, by laying its word pieces beside the source's: what a small trained network reads and says.

Each piece of a claim looks for its like in the source: by its state half way up the sentence encoder, which knows its neighbours, and
letter by letter. What was found, where, and what was not (a number, a name, a "not") are its features. A network of two layers reads the
pieces one by one and gathers them; it has a few thousand weights and was trained by `training/grounding`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

FEATURES = (
    "best",  # likeness of the closest piece of the source
    "same_best",  # likeness of the closest piece with the same letters (-1: none)
    "same",  # there is one
    "near",  # likeness of the closest piece in the sentence that fits the claim best
    "same_near",  # that sentence holds the same letters
    "follows",  # its place follows the place of the piece before
    "follows_near",  # by at most three pieces
    "paired",  # the source holds it after the same piece
    "rare",  # how rare a piece is, by its place in the vocabulary
    "digit",
    "capital",
    "negation",
    "inside",  # the piece stands inside a word
    "digit_missing",  # a digit that the sentence does not hold
    "capital_missing",  # a name that the source does not hold
    "negated",  # a negation near it in one of both texts only
    "asked",  # the query holds it
    "asked_there",  # how much of the query is around its place, less what is around the best place
    "asked_best",  # how much of the query is around the best place
    "has_query",
    "short",  # how short the claim is
)
AROUND = 15  # pieces to each side of a place in which a query is looked for
NEGATED = 3  # pieces to each side in which a negation counts
NEGATIONS = frozenset(("no", "not", "never", "none", "nobody", "nothing", "neither", "nor", "without", "cannot", "hardly", "t"))
SHORT = 8  # pieces; a shorter claim is short


class Text(NamedTuple):
    """Pieces as they were read: ids, states of length one (pieces, width), and what they look like."""

    ids: NDArray[np.int64]
    states: Array
    digit: NDArray[np.bool_]
    capital: NDArray[np.bool_]
    negation: NDArray[np.bool_]
    inside: NDArray[np.bool_]


class Held(NamedTuple):
    """The part of a source that a claim is compared with, and the sentence of each piece, from 0."""

    text: Text
    sentence: NDArray[np.int64]


def features(claim: Text, query: Text | None, held: Held, words: int) -> Array:
    """Return one row of `FEATURES` for each piece of a claim.

    Args:
        claim: the claim, read after its query where there is one.
        query: what it answers.
        held: at least one piece of a source.
        words: size of the vocabulary.
    """
    source, size, rows = held.text, len(held.text.ids), len(claim.ids)
    likeness = claim.states @ source.states.T
    same = claim.ids[:, None] == source.ids[None, :]
    rare = np.log1p(claim.ids) / np.log(words)
    sentences = int(held.sentence.max()) + 1
    starts = np.searchsorted(held.sentence, np.arange(sentences))
    per_sentence = np.maximum.reduceat(likeness + same, starts, axis=1)  # (pieces, sentences): letters count as much as meaning
    fits = (per_sentence * rare[:, None]).sum(0)
    asked = asked_best = np.zeros(size, np.float32)
    if query is not None and len(query.ids):
        asked = _around(query.states @ source.states.T, np.log1p(query.ids) / np.log(words))
        fits = fits + len(claim.ids) * 0.5 * np.maximum.reduceat(asked, starts)
        asked_best = np.full(size, asked.max(), np.float32)
    first = int(starts[fits.argmax()])
    last = int(starts[fits.argmax() + 1]) if fits.argmax() + 1 < sentences else size
    near, near_same = likeness[:, first:last], same[:, first:last]
    place = first + (near + near_same).argmax(1)
    step = np.diff(place, prepend=place[0] - 1)
    before = np.zeros_like(same)
    before[1:, 1:] = same[:-1, :-1]
    out = np.zeros((rows, len(FEATURES)), np.float32)
    columns = (
        likeness.max(1),
        np.where(same, likeness, -1.0).max(1),
        same.any(1),
        near.max(1),
        near_same.any(1),
        step == 1,
        (step > 0) & (step <= NEGATED),
        (same & before).any(1),
        rare,
        claim.digit,
        claim.capital,
        claim.negation,
        claim.inside,
        claim.digit & ~near_same.any(1),
        claim.capital & ~same.any(1),
        _spread(claim.negation) != _spread(source.negation)[place],
        np.isin(claim.ids, query.ids) if query is not None else np.zeros(rows),
        (asked - asked_best)[place],
        asked_best[place],
        np.full(rows, query is not None),
        np.full(rows, max(0.0, 1 - rows / SHORT)),
    )
    for index, column in enumerate(columns):
        out[:, index] = column
    return out


def _spread(marks: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Mark what is within `NEGATED` pieces of a mark."""
    padded = np.pad(marks, NEGATED)
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, 2 * NEGATED + 1).any(1))


def _around(likeness: Array, weight: NDArray[np.float64]) -> Array:
    """Return for each place of a source how much of a query is around it: the mean of the best likeness of each piece, rare ones more."""
    width = 2 * AROUND + 1
    padded = np.pad(likeness, ((0, 0), (AROUND, AROUND)), constant_values=-1.0)
    best = np.lib.stride_tricks.sliding_window_view(padded, width, axis=1).max(2)
    weighed: Array = ((best * weight[:, None]).sum(0) / weight.sum()).astype(np.float32)
    return weighed


class Network(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The weights: a layer a piece, what gathers pieces, a layer over what was gathered; rows are inputs."""

    centre: list[float]
    scale: list[float]
    piece: list[list[float]]
    piece_bias: list[float]
    attend: list[float]
    gathered: list[list[float]]
    gathered_bias: list[float]
    out: list[float]
    out_bias: float

    def compiled(self) -> CompiledNetwork:
        """Return the network ready to run.

        Raises:
            ValueError: the shapes do not fit each other, or a weight is not a number.
        """
        parts = (self.piece, self.piece_bias, self.attend, self.gathered, self.gathered_bias, self.out)
        piece, piece_bias, attend, gathered, gathered_bias, out = (np.array(part, np.float32) for part in parts)
        hidden, wide = len(piece_bias), len(gathered_bias)
        shapes = (piece.shape, attend.shape, gathered.shape, out.shape, (len(self.centre), len(self.scale)))
        if shapes != ((len(FEATURES), hidden), (hidden,), (3 * hidden, wide), (wide,), (len(FEATURES), len(FEATURES))):
            raise ValueError("the network's shapes do not fit")
        centre, scale = np.array(self.centre, np.float32), np.array(self.scale, np.float32)
        made = CompiledNetwork(centre, scale, piece, piece_bias, attend, gathered, gathered_bias, out, self.out_bias)
        if not all(np.isfinite(part).all() for part in made):
            raise ValueError("a weight is not a number")
        return made


class CompiledNetwork(NamedTuple):
    """A network's weights as arrays."""

    centre: Array
    scale: Array
    piece: Array
    piece_bias: Array
    attend: Array
    gathered: Array
    gathered_bias: Array
    out: Array
    out_bias: float

    def logit(self, rows: Array) -> float:
        """Return how far a claim follows, from the features of its pieces (at least one)."""
        hidden = np.maximum(((rows - self.centre) * self.scale) @ self.piece + self.piece_bias, 0.0)
        attention = hidden @ self.attend
        attention = np.exp(attention - attention.max())
        pooled = np.concatenate(((hidden * (attention / attention.sum())[:, None]).sum(0), hidden.mean(0), hidden.max(0)))
        return float(np.maximum(pooled @ self.gathered + self.gathered_bias, 0.0) @ self.out + self.out_bias)


def joined(parts: Sequence[Text]) -> Text:
    """Return texts one after the other."""
    return Text(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
