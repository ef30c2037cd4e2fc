"""The scorer of grounding and relevance that this installation has: by meaning with the extra `watch`, by words without it."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING

from ringwall.watch.grounding import ClaimSpan, LexicalGroundingScorer
from ringwall.watch.topic_scorer import NEEDED, installed

if TYPE_CHECKING:
    from ringwall.watch.entailment import Entailment
    from ringwall.watch.relevance import Relevance


class MeaningScorer:
    """Grounding and relevance by meaning; a `ringwall.guardrails.ports.ClaimScorer`."""

    def __init__(self, entailment: Entailment, relevance: Relevance) -> None:
        """Take both models."""
        self._entailment, self._relevance = entailment, relevance

    @property
    def model_id(self) -> str:
        """Both models and the encoder below them, with their measured AUROCs."""
        models = self._entailment.fitted, self._relevance.fitted
        return " ".join(f"{one.name}/{one.version}@sha256:{one.sentences_sha256},auroc:{one.auroc:.3f}" for one in models)

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


def load_grounding_scorer(needed: Sequence[str] = NEEDED) -> MeaningScorer | LexicalGroundingScorer:
    """Load it; its model id, which every receipt has, says which of the two it is.

    Args:
        needed: packages without which words alone judge.

    Raises:
        WeightsRefused: a file is missing, is not the pinned one, or does not belong to the others. Where the extra is there and the files
            are not, words alone do not stand in for them.
    """
    return load_meaning_scorer() if installed(needed) else LexicalGroundingScorer()


def load_meaning_scorer(*, where: Traversable | None = None) -> MeaningScorer:
    """Load what ships with ringwall; `where` is another folder of the fitted files, with its list of pinned digests.

    Raises:
        WeightsRefused: as `load_grounding_scorer`.
    """
    from ringwall.watch.entailment import load_entailment
    from ringwall.watch.relevance import load_relevance

    return MeaningScorer(load_entailment(where=where), load_relevance(where=where))
