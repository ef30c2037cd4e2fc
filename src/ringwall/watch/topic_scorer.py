"""The scorer of denied topics that this installation has: by meaning with the extra `watch`, by words alone without it."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING

from ringwall.watch.topics import LexicalTopicScorer

if TYPE_CHECKING:
    from ringwall.watch.topic_matcher import TopicMatcher

NEEDED = ("numpy", "onnxruntime")


def installed(needed: Sequence[str]) -> bool:
    """Say whether all packages are here."""
    return all(find_spec(name) for name in needed)


def load_topic_scorer(needed: Sequence[str] = NEEDED) -> TopicMatcher | LexicalTopicScorer:
    """Load it; its model id, which every receipt has, says which of the two it is.

    Args:
        needed: packages without which words alone judge.

    Raises:
        WeightsRefused: a file is missing, is not the pinned one, or does not belong to the others. Where the extra is there and the files
            are not, words alone do not stand in for them.
    """
    if not installed(needed):
        return LexicalTopicScorer()
    from ringwall.watch.topic_matcher import load_topic_matcher

    return load_topic_matcher()
