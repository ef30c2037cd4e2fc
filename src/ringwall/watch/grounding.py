"""How far an answer follows from its source, and answers its query, by the words they share.

Lexical, and measured as such: the AUROC is part of the model id.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from ringwall.errors import LimitExceeded
from ringwall.watch import lexical

MODEL = "ringwall-grounding-lexical/1"

MAX_CELLS = 200_000
"""Claims times sentences of the source; more is refused."""
UNGROUNDED = 0.5
"""A claim whose own score is below this is named."""

_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_NAME = re.compile(r"(?<![.!?…]\s)(?<!^)\b[^\W\d_a-z]\w+", re.MULTILINE)


class Evidence(msgspec.Struct, frozen=True):
    """What speaks for and against an answer, each in 0..1; `covered_*` and `paired` speak for it, the rest against.

    covered_mean, covered_least: share of the weight of a sentence's stems that the source holds, over all sentences and in the worst one.
    near_mean, near_least: the same within the best single sentence of the source.
    paired: share of neighbouring stems that are neighbours in the source.
    numbers, names: share of the answer's numbers and names that the source does not hold.
    negated: share of sentences whose closest source sentence is negated and they are not, or the reverse.
    """

    covered_mean: float
    covered_least: float
    near_mean: float
    near_least: float
    paired: float
    numbers: float
    names: float
    negated: float


class ClaimSpan(NamedTuple):
    """A claim of an answer: its first and last-plus-one character, and its score."""

    start: int
    end: int
    score: float


class LexicalGroundingScorer:
    """Weighs lexical evidence; a `ringwall.guardrails.ports.ClaimScorer`.

    It cannot see a wrong relation between right words: such answers score as grounded. A sentence of the source, word for word, scores 1.
    An answer without a content word asserts nothing, and is grounded; against a source without a word every other answer scores 0.
    """

    def __init__(self) -> None:
        """Read the fitted weights.

        Raises:
            WeightsRefused: they are missing or not the pinned ones.
        """
        self._parameters = lexical.parameters()

    @property
    def model_id(self) -> str:
        """Name and version, with the measured AUROC."""
        return f"{MODEL}@auroc:{self._parameters.grounding_auroc:.3f},relevance:{self._parameters.relevance_auroc:.3f}"

    @property
    def measured_auroc(self) -> float:
        """Of grounding, on sources that nothing was fitted on."""
        return self._parameters.grounding_auroc

    def grounding(self, *, source: str, answer: str) -> float:
        """Return a score in [0, 1]; 1 is fully grounded.

        Raises:
            LimitExceeded: a text is longer than a lexical scorer reads, or there is too much to compare.
        """
        return self._score(Source(source), answer)

    def grounded(self, *, source: str, query: str, answer: str) -> tuple[float, tuple[ClaimSpan, ...]]:
        """Return the score, and the sentences of the answer whose own score is below `UNGROUNDED`, with their places.

        Args:
            source: what the answer is to follow from.
            query: not read: words alone do not say what a short answer asserts.
            answer: the text.

        Raises:
            LimitExceeded: a text is longer than a lexical scorer reads, or there is too much to compare.
        """
        del query
        held = Source(source)
        score = self._score(held, answer)
        claims = (ClaimSpan(start, end, self._score(held, answer[start:end])) for start, end in lexical.sentence_places(answer))
        return score, tuple(claim for claim in claims if claim.score < UNGROUNDED)

    def _score(self, held: Source, answer: str) -> float:
        found = held.evidence(answer)
        if found is None:
            return 1.0
        return _score(self._parameters.grounding, found, PERFECT) if held.has_words else 0.0

    def relevance(self, *, query: str, answer: str) -> float:
        """Return a score in [0, 1]; 1 is fully relevant.

        Raises:
            LimitExceeded: a text is longer than a lexical scorer reads.
        """
        return _score(self._parameters.relevance, overlap(query, answer), ALL_SHARED)


class Overlap(msgspec.Struct, frozen=True):
    """What an answer has in common with its query: the root of the share of the weight of the query's content stems that it holds."""

    shared: float


def overlap(query: str, answer: str) -> Overlap:
    """Compare an answer with its query (a query without a content word asks for nothing in particular)."""
    asked = set(lexical.stems(query))
    return Overlap(shared=math.sqrt(_share(asked, set(lexical.stems(answer)))) if asked else 1.0)


PERFECT = Evidence(covered_mean=1, covered_least=1, near_mean=1, near_least=1, paired=1, numbers=0, names=0, negated=0)
ALL_SHARED = Overlap(shared=1)


def _score(weights: dict[str, float], found: Evidence | Overlap, perfect: Evidence | Overlap) -> float:
    """Return the fitted probability, as a share of that of perfect evidence."""
    return min(1.0, _probability(weights, found) / _probability(weights, perfect))


def margin(weights: dict[str, float], found: Evidence | Overlap) -> float:
    """Return the weighted sum of some evidence."""
    return weights["bias"] + math.fsum(weights[name] * getattr(found, name) for name in found.__struct_fields__)


def _probability(weights: dict[str, float], found: Evidence | Overlap) -> float:
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, margin(weights, found)))))


def evidence(source: str, answer: str) -> Evidence | None:
    """Weigh an answer against its source; None for an answer without a content word."""
    return Source(source).evidence(answer)


class Source:
    """What a source holds, read once for any number of answers."""

    def __init__(self, source: str) -> None:
        """Read a source.

        Raises:
            LimitExceeded: it is longer than a lexical scorer reads.
        """
        self._passages = [(sentence, set(lexical.stems(sentence))) for sentence in lexical.sentences(source)]
        self._held = set[str]().union(*(stems for _, stems in self._passages))
        self._pairs = set(_pairs(lexical.stems(source)))
        self._numbers = set(_NUMBER.findall(source))
        self.has_words = bool(self._passages)

    def evidence(self, answer: str) -> Evidence | None:
        """Weigh an answer; None for one without a content word.

        Raises:
            LimitExceeded: the answer is longer than a lexical scorer reads, or there are too many pairs of a claim and a sentence.
        """
        claims = [(sentence, stems) for sentence in lexical.sentences(answer) if (stems := lexical.stems(sentence))]
        if not claims:
            return None
        if len(claims) * len(self._passages) > MAX_CELLS:
            raise LimitExceeded(
                f"{len(claims)} claims against {len(self._passages)} sentences of a source are more than {MAX_CELLS} pairs",
                remedy="send a shorter source, or judge the answer in parts",
            )
        near = [_closest(stems, self._passages) for _, stems in claims]
        covered = [_share(set(stems), self._held) for _, stems in claims]
        told = [pair for _, stems in claims for pair in _pairs(stems)]
        negated = sum(
            _is_negated(sentence) != _is_negated(self._passages[at][0])
            for (sentence, _), (_, at) in zip(claims, near, strict=True)
            if at >= 0
        )
        return Evidence(
            covered_mean=sum(covered) / len(covered),
            covered_least=min(covered),
            near_mean=sum(share for share, _ in near) / len(near),
            near_least=min(share for share, _ in near),
            paired=sum(pair in self._pairs for pair in told) / len(told) if told else 0.0,
            numbers=_missing(_NUMBER.findall(answer), self._numbers),
            names=_missing([lexical.stem(name) for name in _NAME.findall(answer)], self._held),
            negated=negated / len(claims),
        )


def _share(wanted: set[str], held: set[str]) -> float:
    total = sum(lexical.weight(part) for part in sorted(wanted))
    return sum(lexical.weight(part) for part in sorted(wanted & held)) / total if total else 1.0


def _closest(stems: Sequence[str], passages: Sequence[tuple[str, set[str]]]) -> tuple[float, int]:
    """Return the best share that one passage covers, and that passage's index (-1: there is none)."""
    wanted = set(stems)
    best, best_at = 0.0, -1
    for at, (_, held) in enumerate(passages):
        share = _share(wanted, held)
        if best_at < 0 or share > best:
            best, best_at = share, at
    return best, best_at


def _pairs(stems: Sequence[str]) -> list[tuple[str, str]]:
    return list(itertools.pairwise(stems))


def _missing(wanted: Sequence[str], held: set[str]) -> float:
    return sum(item not in held for item in wanted) / len(wanted) if wanted else 0.0


def _is_negated(sentence: str) -> bool:
    lowered = [word.casefold() for word in lexical.words(sentence)]
    return any(word in lexical.NEGATIONS or word.endswith(("n't", "n’t")) for word in lowered)
