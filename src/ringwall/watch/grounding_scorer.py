"""The scorer of grounding and relevance that this installation has: relevance by meaning with the extra `watch`, by words without it."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING

from ringwall.watch.grounding import LexicalGroundingScorer
from ringwall.watch.topic_scorer import NEEDED

if TYPE_CHECKING:
    from ringwall.watch.relevance import RelevanceScorer


def load_grounding_scorer(needed: Sequence[str] = NEEDED) -> RelevanceScorer | LexicalGroundingScorer:
    """Load it; its model id, which every receipt has, says which of the two it is.

    Args:
        needed: packages without which words alone judge.

    Raises:
        WeightsRefused: a file is missing, is not the pinned one, or does not belong to the others. Where the extra is there and the files
            are not, words alone do not stand in for them.
    """
    if not all(find_spec(name) for name in needed):
        return LexicalGroundingScorer()
    from ringwall.watch.relevance import load_relevance_scorer

    return load_relevance_scorer()
