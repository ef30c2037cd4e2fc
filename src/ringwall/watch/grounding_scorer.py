"""Grounding and relevance by meaning, as one scorer."""

from __future__ import annotations

from importlib.resources.abc import Traversable

from ringwall.watch.entailment import Entailment, load_entailment
from ringwall.watch.grounding import ClaimSpan
from ringwall.watch.relevance import Relevance, load_relevance


class MeaningScorer:
    """Grounding and relevance by meaning; a `ringwall.guardrails.ports.ClaimScorer`."""

    def __init__(self, entailment: Entailment, relevance: Relevance) -> None:
        """Take both models."""
        self._entailment, self._relevance = entailment, relevance

    @property
    def model_id(self) -> str:
        """Both models with the digests of their files (which name the encoder's), and their measured AUROCs."""
        models = self._entailment, self._relevance
        return " ".join(f"{one.fitted.name}/{one.fitted.version}@sha256:{one.digest},auroc:{one.fitted.auroc:.3f}" for one in models)

    def grounding(self, *, source: str, answer: str) -> float:
        """Return a score in [0, 1]; 1 is fully grounded.

        Raises:
            LimitExceeded: the texts are more than it reads.
        """
        return self.grounded(source=source, query="", answer=answer)[0]

    def grounded(self, *, source: str, query: str, answer: str) -> tuple[float, tuple[ClaimSpan, ...]]:
        """Return the score, and the claims that do not follow; a short answer is read with its query.

        Raises:
            LimitExceeded: the texts are more than it reads.
        """
        return self._entailment.grounded(source=source, query=query, answer=answer)

    def relevance(self, *, query: str, answer: str) -> float:
        """Return a score in [0, 1]; 1 is fully relevant.

        Raises:
            LimitExceeded: the texts are more than it reads.
        """
        return self._relevance.relevance(query=query, answer=answer)


def load_meaning_scorer(*, where: Traversable | None = None) -> MeaningScorer:
    """Load what ships with ringwall; `where` is another folder of the fitted files, with its list of pinned digests.

    Raises:
        WeightsRefused: a file is missing, is not the pinned one, cannot be read, or does not belong to the others.
    """
    return MeaningScorer(load_entailment(where=where), load_relevance(where=where))
