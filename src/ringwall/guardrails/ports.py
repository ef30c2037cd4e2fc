"""What guardrails takes as arguments from the floors above."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple, Protocol, runtime_checkable

ContentThresholds = Mapping[str, tuple[float, float, float]]
"""Per category the scores at which confidence becomes LOW, MEDIUM and HIGH, rising."""


class WindowScore(NamedTuple):
    """What a learned detector says of one window.

    scores: per category, calibrated, in [0, 1].
    level: 0 the quick model alone, 1 the encoder too, 2 a judge was asked.
    kinds: where level 1 was asked, how likely an attack is of each kind (JAILBREAK, PROMPT_INJECTION, PROMPT_LEAKAGE), on the scale of
        PROMPT_ATTACK's scores; they block nothing by themselves.
    spans: per category the characters of the window that decided, where they are known; else the whole window did.
    """

    scores: Mapping[str, float]
    level: int = 0
    kinds: Mapping[str, float] = MappingProxyType({})
    spans: Mapping[str, tuple[int, int]] = MappingProxyType({})


class ContentScorer(Protocol):
    """A learned detector of content categories and prompt attacks."""

    @property
    def model_id(self) -> str:
        """Name, version and digest of the weights, as receipts show it."""
        ...

    @property
    def thresholds(self) -> Mapping[str, tuple[float, float, float]]:
        """Per category the scores at which confidence becomes LOW, MEDIUM and HIGH, rising; from the model card."""
        ...

    def score(self, text: str) -> Mapping[str, float]:
        """Return a calibrated score in [0, 1] per category for one window of text.

        Categories: HATE, INSULTS, SEXUAL, VIOLENCE, MISCONDUCT, PROMPT_ATTACK. Raises on failure, which blocks.
        """
        ...

    def score_windows(self, windows: Sequence[str]) -> Sequence[WindowScore]:
        """Return what is said of each window: everything that one evaluation asks, in one call. Raises on failure, which blocks.

        Raises:
            TakesLong: the caller is in a hurry (`vocabulary.patience`).
        """
        ...


class AskedTopic(NamedTuple):
    """A denied topic as its administrator wrote it."""

    name: str
    definition: str
    examples: tuple[str, ...]


class TopicScorer(Protocol):
    """Says how much a text is about a denied topic."""

    @property
    def model_id(self) -> str:
        """Name and version, with the measured AUROC."""
        ...

    @property
    def threshold(self) -> float:
        """The score at or above which a text counts as being about the topic."""
        ...

    def score_topics(self, windows: Sequence[str], asked: Sequence[AskedTopic]) -> Sequence[Sequence[float]]:
        """Return a score in [0, 1] per window, per topic, for all that one evaluation asks. Raises on failure, which blocks."""
        ...


class GroundingScorer(Protocol):
    """Says how far an answer follows from its source (grounding) and answers the query (relevance)."""

    @property
    def model_id(self) -> str:
        """Name and version, with the measured AUROC."""
        ...

    def grounding(self, *, source: str, answer: str) -> float:
        """Return a score in [0, 1]; 1 is fully grounded."""
        ...

    def relevance(self, *, query: str, answer: str) -> float:
        """Return a score in [0, 1]; 1 is fully relevant."""
        ...


ClaimSpan = tuple[int, int, float]
"""A claim of an answer: its first and last-plus-one code point in the answer, and its score."""


@runtime_checkable
class ClaimScorer(GroundingScorer, Protocol):
    """A grounding scorer that reads the query as well (a short answer says nothing without it), and says which claims do not follow."""

    def grounded(self, *, source: str, query: str, answer: str) -> tuple[float, Sequence[ClaimSpan]]:
        """Return the score in [0, 1], and the ungrounded claims in the order of the answer."""
        ...


class FoundSpan(Protocol):
    """A part of a text, in code points, that is personal data of one type."""

    @property
    def type(self) -> str:
        """The AWS word: NAME, ADDRESS, AGE, USERNAME or PASSWORD."""
        ...

    @property
    def start(self) -> int:
        """The first code point."""
        ...

    @property
    def end(self) -> int:
        """The code point after the last."""
        ...

    @property
    def confidence(self) -> float:
        """How sure the finder is, in [0, 1]."""
        ...


class NameFinder(Protocol):
    """A learned finder of personal data that no rule describes; what the rule detectors find counts beside it."""

    @property
    def model_id(self) -> str:
        """Name, version and digest of the weights, as receipts show it."""
        ...

    @property
    def types(self) -> tuple[str, ...]:
        """The types that it finds."""
        ...

    def find(self, texts: Sequence[str]) -> Sequence[Sequence[FoundSpan]]:
        """Return the spans of each text: everything that one evaluation asks, in one call. Raises on failure, which blocks."""
        ...


@dataclass(frozen=True, slots=True)
class Scorers:
    """The learned detectors this installation has; a policy that needs an absent one is refused when it is compiled.

    names: finds what the rules for names and the like miss. Where it is absent, rules alone look for them, and receipts say so.
    """

    content: ContentScorer | None = None
    topics: TopicScorer | None = None
    grounding: GroundingScorer | None = None
    names: NameFinder | None = None
