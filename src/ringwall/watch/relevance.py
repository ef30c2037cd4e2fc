"""Grounding by words; relevance by what query and answer mean: how close their closest sentences are, and the words they share."""

from __future__ import annotations

import math
from importlib.resources.abc import Traversable

import msgspec

from ringwall.errors import LimitExceeded
from ringwall.watch import grounding, lexical, shipped
from ringwall.watch.grounding import ClaimSpan, LexicalGroundingScorer
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


class RelevanceScorer:
    """A `ringwall.guardrails.ports.ClaimScorer`: grounding is the lexical scorer's, relevance is by meaning and by words.

    A query without a word asks for nothing in particular, and every answer is relevant; an answer without a word answers nothing.
    """

    def __init__(self, sentences: SentenceEncoder, fitted: RelevanceSum) -> None:
        """Take what makes vectors, and what was fitted over it."""
        self._sentences, self._fitted = sentences, fitted
        self._lexical = LexicalGroundingScorer()

    @property
    def model_id(self) -> str:
        """Both models, with their measured AUROCs."""
        fitted = self._fitted
        relevance = f"{fitted.name}/{fitted.version}@sha256:{fitted.sentences_sha256},auroc:{fitted.auroc:.3f}"
        return f"{grounding.MODEL}@auroc:{self._lexical.measured_auroc:.3f} {relevance}"

    def grounding(self, *, source: str, answer: str) -> float:
        """Return a score in [0, 1]; 1 is fully grounded.

        Raises:
            LimitExceeded: the texts are more than it reads.
        """
        return self._lexical.grounding(source=source, answer=answer)

    def grounded(self, *, source: str, query: str, answer: str) -> tuple[float, tuple[ClaimSpan, ...]]:
        """Return the score, and the claims that do not follow.

        Raises:
            LimitExceeded: the texts are more than it reads.
        """
        return self._lexical.grounded(source=source, query=query, answer=answer)

    def relevance(self, *, query: str, answer: str) -> float:
        """Return a score in [0, 1]; 1 is fully relevant.

        Raises:
            LimitExceeded: the texts are more than it reads.
        """
        if not lexical.words(query):
            return 1.0
        return self._fitted.score(*evidence(self._sentences, query, answer)) if lexical.words(answer) else 0.0


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


def load_relevance_scorer(*, where: Traversable | None = None) -> RelevanceScorer:
    """Load what ships with ringwall; `where` is another folder of the fitted file, with its list of pinned digests.

    Raises:
        WeightsRefused: a file is missing, is not the pinned one, cannot be read, or does not belong to the other.
    """
    data, _ = shipped.checked(FILE, where=where)
    try:
        fitted = msgspec.json.decode(data, type=RelevanceSum)
    except msgspec.DecodeError as error:
        raise WeightsRefused(f"`{FILE}` cannot be read: {error}") from error
    sentences = load_sentence_encoder()
    fitted.check(sentences.digest)
    return RelevanceScorer(sentences, fitted)
