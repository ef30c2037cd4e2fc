"""Contextual grounding and relevance by meaning: a small transformer compares each claim of an answer with passages of its source.

1. The answer is cut into claims, the source into sentences; for each claim, one or two passages of the source that speak about it are put
   together. 2. The model says for each pair how far the claim follows from the passage; the better passage counts. A claim that is a
   sentence of the source, word for word, follows. 3. The least and the mean of the claims are summed with the lexical evidence, by
   weights that were fitted on answers kept out of the training. 4. A claim whose own sum is below a half is ungrounded, and has a span.

What is too much is refused (`LimitExceeded`), never judged by words alone.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from importlib.resources.abc import Traversable
from typing import NamedTuple

import msgspec

from ringwall.errors import LimitExceeded
from ringwall.vocabulary.patience import take_time
from ringwall.watch import grounding, lexical, pairs, shipped
from ringwall.watch.claims import Passages, Sentence, claims_of
from ringwall.watch.encoder import Body, Encoder, load_encoder
from ringwall.watch.weights_file import WeightsRefused

BODY = "grounding-v1.onnx"
SUM = "grounding-v1.json"
CLEAR = 5.0
"""Logits are read up to this size: a pair can be no clearer than a copy."""
UNGROUNDED = 0.5
_ENTAILED, _RELEVANT = 0, 1


class UngroundedClaim(NamedTuple):
    """A claim that does not follow: its first and last-plus-one character in the answer, and its score."""

    start: int
    end: int
    score: float


class Grounded(NamedTuple):
    """A grounding score, and the claims that hold it down."""

    score: float
    ungrounded: tuple[UngroundedClaim, ...] = ()


class GroundingSum(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How an answer's evidence is summed: weights of the lexical margin and of the least and the mean logit of its claims."""

    lexical: float
    least: float
    mean: float
    bias: float


class RelevanceSum(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The same for relevance: weights of what the answer shares with its query, and of the best logit of its windows."""

    shared: float
    logit: float
    bias: float


class Fitted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was fitted over one body; the AUROCs are the means over the sources that nothing was trained on."""

    format: int
    name: str
    version: str
    body_sha256: str
    grounding: GroundingSum
    relevance: RelevanceSum
    grounding_auroc: float
    relevance_auroc: float

    def check(self, digest: str) -> None:
        """Refuse a file that belongs to another body, or weights that would reward evidence against an answer.

        Raises:
            WeightsRefused: either holds.
        """
        weights = (self.grounding.lexical, self.grounding.least, self.grounding.mean, self.relevance.shared, self.relevance.logit)
        if self.format != 1 or self.body_sha256 != digest:
            raise WeightsRefused(f"`{SUM}` was not fitted over this `{BODY}`", digest=digest, expected=self.body_sha256)
        if not all(0.0 <= weight < math.inf for weight in weights) or not math.isfinite(self.grounding.bias + self.relevance.bias):
            raise WeightsRefused(f"`{SUM}` holds weights below zero, or none at all")


class Evidence(msgspec.Struct, frozen=True):
    """What an answer's claims come to: the lexical margin, and how far each claim follows."""

    lexical: float
    claims: tuple[tuple[Sentence, float], ...]

    @property
    def least(self) -> float:
        """The logit of the claim that follows least."""
        return min(logit for _, logit in self.claims)

    @property
    def mean(self) -> float:
        """The mean logit."""
        return sum(logit for _, logit in self.claims) / len(self.claims)


class Reader:
    """Runs the model over claims and passages; what training fits its sums on."""

    def __init__(self, encoder: Encoder, body: Body) -> None:
        """Keep the parts."""
        self._pieces, self._body = encoder.pieces, body

    def evidence(self, source: str, answer: str, query: str = "") -> Evidence | None:
        """Read an answer against its source; None for an answer that asserts nothing.

        Raises:
            LimitExceeded: there are more claims, or more pairs of claims and sentences, than are affordable; or a text is too long.
        """
        claims = claims_of(answer, self._pieces, asked=bool(query))
        if not claims:
            return None
        take_time()
        passages = Passages(source, self._pieces)
        passages.check_size(len(claims))
        held = grounding.Source(source)
        logits = self._entailed(claims, passages, self._pieces.pieces(query).ids)
        return Evidence(lexical=margin_of(held, answer), claims=tuple(zip(claims, logits, strict=True)))

    def _entailed(self, claims: Sequence[Sentence], passages: Passages, query: Sequence[int]) -> list[float]:
        logits = [CLEAR if passages.holds(claim) else -CLEAR for claim in claims]
        owners: list[int] = []
        inputs: list[pairs.PairInput] = []
        for index, claim in enumerate(claims):
            if logits[index] < CLEAR:
                for passage in passages.about(claim.stems):
                    owners.append(index)
                    inputs.append(pairs.claim_input(self._pieces, passage, query, claim.ids))
        found = self._body.run([one.ids for one in inputs], [one.segments for one in inputs]) if inputs else []
        for index, made in zip(owners, found, strict=True):
            logits[index] = max(logits[index], min(CLEAR, float(made[_ENTAILED])))
        return logits

    def relevance(self, query: str, answer: str) -> float:
        """Return the logit of the window of the answer that answers the query best.

        Raises:
            LimitExceeded: the answer has more windows than are affordable.
        """
        windows = pairs.answer_windows(self._pieces, answer)
        if len(windows) > pairs.MAX_WINDOWS:
            raise LimitExceeded(f"an answer of {len(windows)} windows is more than {pairs.MAX_WINDOWS}", remedy="judge the answer in parts")
        asked = self._pieces.pieces(query).ids
        inputs = [pairs.relevance_input(self._pieces, asked, window) for window in windows]
        found = self._body.run([one.ids for one in inputs], [one.segments for one in inputs])
        return max(-CLEAR, min(CLEAR, max(float(made[_RELEVANT]) for made in found)))


def margin_of(held: grounding.Source, answer: str) -> float:
    """Return the lexical margin of an answer, or of a claim."""
    found = held.evidence(answer)
    return grounding.margin(lexical.parameters().grounding, grounding.PERFECT if found is None else found)


@functools.cache
def highest_margin() -> float:
    """Return the lexical margin of a copy."""
    return grounding.margin(lexical.parameters().grounding, grounding.PERFECT)


class EntailmentScorer:
    """Sums entailment and lexical evidence; a `ringwall.guardrails.ports.ClaimScorer`.

    A sentence of the source, word for word, scores 1. Against a source without a word nothing is grounded: 0. An answer that asserts
    nothing is grounded.
    """

    def __init__(self, reader: Reader, fitted: Fitted) -> None:
        """Take what reads and what was fitted."""
        self._reader, self._fitted = reader, fitted

    @property
    def model_id(self) -> str:
        """Name, version and digest, with the measured AUROCs."""
        fitted = self._fitted
        figures = f"auroc:{fitted.grounding_auroc:.3f},relevance:{fitted.relevance_auroc:.3f}"
        return f"{fitted.name}/{fitted.version}@sha256:{fitted.body_sha256},{figures}"

    def grounding(self, *, source: str, answer: str) -> float:
        """Return a score in [0, 1]; 1 is fully grounded.

        Raises:
            LimitExceeded: the texts are more than the model reads.
        """
        return self.grounded(source=source, query="", answer=answer).score

    def grounded(self, *, source: str, query: str, answer: str) -> Grounded:
        """Return the score and the claims that do not follow; short answers are read together with their query.

        Raises:
            LimitExceeded: the texts are more than the model reads.
        """
        found = self._reader.evidence(source, answer, query)
        if found is None:
            return Grounded(1.0)
        if not lexical.words(source):
            return Grounded(0.0, tuple(UngroundedClaim(claim.start, claim.end, 0.0) for claim, _ in found.claims))
        held = grounding.Source(source)
        scored = [
            UngroundedClaim(claim.start, claim.end, self._score(margin_of(held, answer[claim.start : claim.end]), logit, logit))
            for claim, logit in found.claims
        ]
        score = self._score(found.lexical, found.least, found.mean)
        return Grounded(score, tuple(claim for claim in scored if claim.score < UNGROUNDED))

    def _score(self, margin: float, least: float, mean: float) -> float:
        """Return the fitted probability, as a share of that of a copy."""
        weights = self._fitted.grounding

        def probability(margin: float, least: float, mean: float) -> float:
            return _logistic(weights.lexical * margin + weights.least * least + weights.mean * mean + weights.bias)

        return min(1.0, probability(margin, least, mean) / probability(highest_margin(), CLEAR, CLEAR))

    def relevance(self, *, query: str, answer: str) -> float:
        """Return a score in [0, 1]; 1 is fully relevant. An answer without a word answers nothing.

        Raises:
            LimitExceeded: the texts are more than the model reads.
        """
        if not lexical.words(answer):
            return 0.0
        shared = grounding.overlap(query, answer).shared
        if shared == 1.0:
            return 1.0
        weights = self._fitted.relevance

        def probability(shared: float, logit: float) -> float:
            return _logistic(weights.shared * shared + weights.logit * logit + weights.bias)

        return min(1.0, probability(shared, self._reader.relevance(query, answer)) / probability(1.0, CLEAR))


def _logistic(value: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, value))))


def load_entailment_scorer(*, where: Traversable | None = None) -> EntailmentScorer:
    """Load what ships with ringwall, or what stands in another folder with its list of pinned digests.

    Raises:
        WeightsRefused: a file is missing, is not the pinned one, cannot be read, or does not belong to the other.
    """
    encoder = load_encoder()
    body, digest = encoder.body(BODY, where=where)
    data, _ = shipped.checked(SUM, where=where)
    try:
        fitted = msgspec.json.decode(data, type=Fitted)
    except msgspec.DecodeError as error:
        raise WeightsRefused(f"`{SUM}` cannot be read: {error}") from error
    fitted.check(digest)
    return EntailmentScorer(Reader(encoder, body), fitted)
