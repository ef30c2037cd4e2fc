"""What guardrails takes as arguments from the floors above."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class ContentScorer(Protocol):
    """A learned detector of content categories and prompt attacks."""

    @property
    def model_id(self) -> str:
        """Name, version and digest of the weights, as receipts show it."""
        ...

    def score(self, text: str) -> Mapping[str, float]:
        """Return a calibrated score in [0, 1] per category for one window of text.

        Categories: HATE, INSULTS, SEXUAL, VIOLENCE, MISCONDUCT, PROMPT_ATTACK. Raises on failure, which blocks.
        """
        ...


class TopicScorer(Protocol):
    """Says how much a text is about a denied topic."""

    @property
    def model_id(self) -> str:
        """Name and version, with the measured AUROC."""
        ...

    def score(self, text: str, *, name: str, definition: str, examples: tuple[str, ...]) -> float:
        """Return a score in [0, 1]."""
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
