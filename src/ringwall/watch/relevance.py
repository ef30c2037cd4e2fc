"""Relevance by what query and answer mean: how close their closest sentences are, and the words they share."""

from __future__ import annotations

import math
from importlib.resources.abc import Traversable

import msgspec

from ringwall.errors import LimitExceeded
from ringwall.watch import grounding, lexical, shipped
from ringwall.watch.sentences import SentenceEncoder, load_sentence_encoder
from ringwall.watch.weights_file import WeightsRefused

FILE = "relevance-v1.json"
MOST_UNITS = 2_000  # of a query and its answer together


class RelevanceSum(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The fitted file: weights of the shared words and of the likeness of the closest sentences, and the AUROC on unseen sources."""

    format: int
    name: str
    version: str
    sentences_sha256: str
    shared: float
    likeness: float
    bias: float
    auroc: float

    def check(self, digest: str) -> None:
        """Refuse what was fitted over another encoder, or would reward an answer for being further away.

        Raises:
            WeightsRefused: either holds.
        """
        if self.format != 1 or self.sentences_sha256 != digest:
            raise WeightsRefused(f"`{FILE}` was not fitted over this sentence encoder", digest=digest, expected=self.sentences_sha256)
        if not (self.shared >= 0.0 and self.likeness >= 0.0 and math.isfinite(self.shared + self.likeness + self.bias)):
            raise WeightsRefused(f"`{FILE}` holds weights below zero, or none at all")

    def score(self, shared: float, likeness: float) -> float:
        """Return the fitted probability, as a share of that of an answer that repeats its query."""
        return min(1.0, self._probability(shared, likeness) / self._probability(1.0, 1.0))

    def _probability(self, shared: float, likeness: float) -> float:
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, self.shared * shared + self.likeness * likeness + self.bias))))


class Relevance:
    """How far an answer answers its query, by meaning and by words.

    A query without a word asks for nothing in particular, and every answer is relevant; an answer without a word answers nothing.
    """

    def __init__(self, sentences: SentenceEncoder, fitted: RelevanceSum, digest: str) -> None:
        """Take what makes vectors, what was fitted over it, and the digest of its file."""
        self._sentences, self.fitted, self.digest = sentences, fitted, digest

    def relevance(self, *, query: str, answer: str) -> float:
        """Return a score in [0, 1]; 1 is fully relevant.

        Raises:
            LimitExceeded: the texts are more than it reads.
        """
        if not lexical.words(query):
            return 1.0
        return self.fitted.score(*evidence(self._sentences, query, answer)) if lexical.words(answer) else 0.0


def evidence(sentences: SentenceEncoder, query: str, answer: str) -> tuple[float, float]:
    """Return what an answer shares with its query, and the likeness of their closest sentences; both texts hold a word.

    Raises:
        LimitExceeded: they have more than `MOST_UNITS` sentences, or are longer than a lexical scorer reads.
    """
    asked, told = sentences.units(query), sentences.units(answer)
    if len(asked) + len(told) > MOST_UNITS:
        raise LimitExceeded(
            f"{len(asked) + len(told)} sentences of a query and its answer are more than {MOST_UNITS}", remedy="judge the answer in parts"
        )
    vectors = sentences.vectors([*asked, *told])
    return grounding.overlap(query, answer).shared, float((vectors[: len(asked)] @ vectors[len(asked) :].T).max())


def load_relevance(*, where: Traversable | None = None) -> Relevance:
    """Load what ships with ringwall; `where` is another folder of the fitted file, with its list of pinned digests.

    Raises:
        WeightsRefused: a file is missing, is not the pinned one, cannot be read, or does not belong to the other.
    """
    (fitted, digest), sentences = shipped.decoded(FILE, RelevanceSum, where=where), load_sentence_encoder()
    fitted.check(sentences.digest)
    return Relevance(sentences, fitted, digest)
