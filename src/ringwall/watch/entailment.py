"""Contextual grounding by meaning: each claim of an answer is laid beside its source, piece by piece.

1. The answer is cut into claims, the source into sentences, and both are read once by the sentence encoder; a claim that answers a query is
   read after it. 2. A small network says from what was found, and what was not, how far the claim follows (`alignment`). A claim that is a
   sentence of the source, word for word, follows. 3. The least and the mean of the claims are summed with the lexical evidence, by
   weights that were fitted on answers kept out of the training. 4. A claim whose own sum is below a half is ungrounded, and has a span.

What is too much is refused (`LimitExceeded`), never judged by words alone.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from importlib.resources.abc import Traversable

import msgspec
import numpy as np

from ringwall.vocabulary.patience import take_time
from ringwall.watch import grounding, lexical, shipped
from ringwall.watch.alignment import NEGATIONS, CompiledNetwork, Held, Network, Text, features, joined
from ringwall.watch.claims import Passages, Sentence, claims_of, cut
from ringwall.watch.encoder import Encoder, load_encoder
from ringwall.watch.grounding import UNGROUNDED, ClaimSpan
from ringwall.watch.sentences import LONGEST, SentenceEncoder, Vectors, load_sentence_encoder
from ringwall.watch.weights_file import WeightsRefused

FILE = "grounding-v1.json"
CLEAR = 5.0
"""Logits are read up to this size: a claim can be no clearer than a copy."""
QUERY_PIECES = 40  # of a query before a claim: its end, where the question is


class GroundingSum(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How an answer's evidence is summed: weights of the lexical margin and of the least and the mean logit of its claims."""

    lexical: float
    least: float
    mean: float
    bias: float


class Fitted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was trained over one sentence encoder; the AUROC is the mean over the sources that nothing was trained on."""

    format: int
    name: str
    version: str
    sentences_sha256: str
    network: Network
    sum: GroundingSum
    auroc: float

    def check(self, digest: str) -> None:
        """Refuse a file that belongs to another encoder, or weights that would reward evidence against an answer.

        Raises:
            WeightsRefused: either holds.
        """
        weights = (self.sum.lexical, self.sum.least, self.sum.mean)
        if self.format != 1 or self.sentences_sha256 != digest:
            raise WeightsRefused(f"`{FILE}` was not trained over this sentence encoder", digest=digest, expected=self.sentences_sha256)
        if not all(0.0 <= weight < math.inf for weight in weights) or not math.isfinite(self.sum.bias):
            raise WeightsRefused(f"`{FILE}` holds weights below zero, or none at all")


class Laid(msgspec.Struct, frozen=True):
    """A claim beside its source: the features of its pieces; None for a copy, or beside an empty source (`copied` says which)."""

    claim: Sentence
    copied: bool
    rows: Vectors | None

    def logit(self, network: CompiledNetwork) -> float:
        """Return how far the claim follows, within `CLEAR`."""
        if self.rows is None:
            return CLEAR if self.copied else -CLEAR
        return min(CLEAR, max(-CLEAR, network.logit(self.rows)))  # what is no number does not follow


class Reader:
    """Lays claims beside their source; what training learns from."""

    def __init__(self, encoder: Encoder, sentences: SentenceEncoder) -> None:
        """Keep the parts."""
        self._pieces, self._sentences, self._words = encoder.pieces, sentences, encoder.table.rows
        self._negations = frozenset(id_ for word in NEGATIONS for id_ in encoder.pieces.pieces(word).ids)

    def laid(self, source: str, answer: str, query: str = "") -> list[Laid]:
        """Lay every claim of an answer beside the part of the source that speaks about it; none for an answer that asserts nothing.

        Raises:
            LimitExceeded: there are more claims, or more pairs of claims and sentences, than are affordable; or a text is too long.
        """
        claims = claims_of(answer, self._pieces, asked=bool(query))
        if not claims:
            return []
        take_time()
        passages = Passages(source, self._pieces)
        passages.check_size(len(claims))
        copied = [passages.holds(claim) for claim in claims]
        chosen = [[] if copy else passages.chosen(claim.stems) for claim, copy in zip(claims, copied, strict=True)]
        read = self._source(passages, sorted({index for indices in chosen for index in indices}))
        asked = cut(query, self._pieces)
        asked_ids = tuple(id_ for sentence in asked for id_ in sentence.ids)[-QUERY_PIECES:]
        wanted = [claim for claim, indices in zip(claims, chosen, strict=True) if indices]
        states = iter(self._sentences.states([(*asked_ids, *claim.ids)[-LONGEST:] for claim in wanted]))
        out = []
        for claim, copy, indices in zip(claims, copied, chosen, strict=True):
            rows = None
            if indices:
                made = next(states)
                after = len(made) - len(claim.ids)
                told = self._text(claim, answer, made[after:])
                before = self._asked(asked_ids[len(asked_ids) - after :], made[:after]) if after > 0 else None
                rows = features(told, before, _held([read[index] for index in indices]), self._words)
            out.append(Laid(claim, copy, rows))
        return out

    def _source(self, passages: Passages, indices: Sequence[int]) -> dict[int, Text]:
        """Read sentences, neighbours together as far as they fit, so that they know each other."""
        runs: list[list[int]] = []
        size = 0
        for index in indices:
            length = len(passages.sentences[index].ids)
            if not runs or runs[-1][-1] != index - 1 or size + length > LONGEST:
                runs.append([])
                size = 0
            runs[-1].append(index)
            size += length
        found = self._sentences.states([[id_ for index in run for id_ in passages.sentences[index].ids] for run in runs])
        out: dict[int, Text] = {}
        for run, states in zip(runs, found, strict=True):
            at = 0
            for index in run:
                sentence = passages.sentences[index]
                out[index] = self._text(sentence, passages.source, states[at : at + len(sentence.ids)])
                at += len(sentence.ids)
        return out

    def _text(self, sentence: Sentence, text: str, states: Vectors) -> Text:
        ids = np.array(sentence.ids, np.int64)
        begins = [text[start] for start, _ in sentence.places]
        inside = [at > 0 and sentence.places[at - 1][1] == start and begins[at].isalnum() for at, (start, _) in enumerate(sentence.places)]
        return Text(
            ids,
            states,
            np.array([one.isdigit() for one in begins]),
            np.array([at > 0 and one.isupper() for at, one in enumerate(begins)]),
            np.array([id_ in self._negations for id_ in sentence.ids]),
            np.array(inside),
        )

    @staticmethod
    def _asked(ids: Sequence[int], states: Vectors) -> Text:
        nothing = np.zeros(len(ids), np.bool_)
        return Text(np.array(ids, np.int64), states, nothing, nothing, nothing, nothing)


def _held(read: Sequence[Text]) -> Held:
    return Held(joined(read), np.repeat(np.arange(len(read)), [len(text.ids) for text in read]))


def margin_of(held: grounding.Source, answer: str) -> float:
    """Return the lexical margin of an answer, or of a claim."""
    found = held.evidence(answer)
    return grounding.margin(lexical.parameters().grounding, grounding.PERFECT if found is None else found)


@functools.cache
def highest_margin() -> float:
    """Return the lexical margin of a copy."""
    return grounding.margin(lexical.parameters().grounding, grounding.PERFECT)


class Entailment:
    """Sums entailment and lexical evidence.

    A sentence of the source, word for word, scores 1. Against a source without a word nothing is grounded: 0. An answer that asserts
    nothing is grounded.
    """

    def __init__(self, reader: Reader, fitted: Fitted, digest: str) -> None:
        """Take what reads, what was trained, and the digest of its file.

        Raises:
            WeightsRefused: the network cannot run.
        """
        self._reader, self.fitted, self.digest = reader, fitted, digest
        try:
            self._network = fitted.network.compiled()
        except ValueError as error:
            raise WeightsRefused(f"`{FILE}` cannot be read: {error}") from error

    def grounded(self, *, source: str, query: str, answer: str) -> tuple[float, tuple[ClaimSpan, ...]]:
        """Return the score and the claims that do not follow; short answers are read together with their query.

        Raises:
            LimitExceeded: the texts are more than the model reads.
        """
        laid = self._reader.laid(source, answer, query)
        if not laid:
            return 1.0, ()
        if not lexical.words(source):
            return 0.0, tuple(ClaimSpan(one.claim.start, one.claim.end, 0.0) for one in laid)
        held = grounding.Source(source)
        logits = [one.logit(self._network) for one in laid]
        scored = [
            ClaimSpan(claim.start, claim.end, self._score(margin_of(held, answer[claim.start : claim.end]), logit, logit))
            for claim, logit in zip((one.claim for one in laid), logits, strict=True)
        ]
        score = self._score(margin_of(held, answer), min(logits), sum(logits) / len(logits))
        return score, tuple(claim for claim in scored if claim.score < UNGROUNDED)

    def _score(self, margin: float, least: float, mean: float) -> float:
        """Return the fitted probability, as a share of that of a copy."""
        weights = self.fitted.sum

        def probability(margin: float, least: float, mean: float) -> float:
            return _logistic(weights.lexical * margin + weights.least * least + weights.mean * mean + weights.bias)

        return min(1.0, probability(margin, least, mean) / probability(highest_margin(), CLEAR, CLEAR))


def _logistic(value: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, value))))


def load_entailment(*, where: Traversable | None = None) -> Entailment:
    """Load what ships with ringwall; `where` is another folder of the trained file, with its list of pinned digests.

    Raises:
        WeightsRefused: a file is missing, is not the pinned one, cannot be read, or does not belong to the other.
    """
    (fitted, digest), sentences = shipped.decoded(FILE, Fitted, where=where), load_sentence_encoder()
    fitted.check(sentences.digest)
    return Entailment(Reader(load_encoder(), sentences), fitted, digest)
