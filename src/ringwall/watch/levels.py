"""Which learned detectors run in this installation, and loading them: by meaning with the extra `watch`, by words and by lines without it.

A package that is not there leaves topics and grounding to words alone, as the model id in every receipt says; content and names, for which
nothing may stand in, are refused. A package that is there and does not load, and a file that is missing or changed, are refused for all.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal

from ringwall.errors import DependencyError
from ringwall.guardrails.ports import ContentScorer
from ringwall.watch.grounding import LexicalGroundingScorer
from ringwall.watch.linear import load_content_scorer
from ringwall.watch.topics import LexicalTopicScorer

if TYPE_CHECKING:
    from ringwall.watch.grounding_scorer import MeaningScorer
    from ringwall.watch.names import LearnedNameFinder
    from ringwall.watch.topic_matcher import TopicMatcher

Levels = Literal["cascade", "linear"]
NEEDED = ("numpy", "onnxruntime")


class WatchLibraryMissing(DependencyError, code="watch-library-missing"):
    """A package that models run on is not installed."""

    remedy = 'install it with `pip install ringwall[watch]`, or judge by the linear model alone: `watch = "linear"` in the settings'


@contextmanager
def _extra() -> Generator[None]:
    """Import what needs the extra within this.

    Raises:
        WatchLibraryMissing: a package is not here, or does not load.
    """
    try:
        yield
    except ImportError as error:
        raise WatchLibraryMissing(f"`{error.name or 'onnxruntime'}` is not installed, or does not load here") from error


def _installed(needed: Sequence[str]) -> bool:
    return all(find_spec(name) for name in needed)


def load_watch(levels: Levels = "cascade", *, where: Traversable | None = None) -> ContentScorer:
    """Load what judges content.

    Args:
        levels: `cascade` asks the encoder where the linear model is unsure; `linear` never does.
        where: the folder of the cascade and its pins; by default the one that ships with ringwall.

    Raises:
        WatchLibraryMissing: onnxruntime or NumPy is not installed, and the encoder needs it.
        WeightsRefused: a file is missing, or is not the one whose digest is pinned.
    """
    return load_content_scorer() if levels == "linear" else load_cascade(where=where)


def load_cascade(*, where: Traversable | None = None) -> ContentScorer:
    """Load the cascade.

    Raises:
        WatchLibraryMissing, WeightsRefused: as `load_watch`.
    """
    with _extra():
        from ringwall.watch.cascade import load_cascade_scorer
    return load_cascade_scorer(where=where)


def load_name_finder(*, where: Traversable | None = None) -> LearnedNameFinder:
    """Load the finder of names that ships with ringwall, or the one in a folder beside its list of pinned digests.

    Raises:
        WatchLibraryMissing: onnxruntime or NumPy is not installed.
        WeightsRefused: a file is missing, is not the pinned one, or does not belong to the others.
    """
    with _extra():
        from ringwall.watch import names
    return names.load(where=where)


def load_topic_scorer(needed: Sequence[str] = NEEDED) -> TopicMatcher | LexicalTopicScorer:
    """Load what judges denied topics; its model id, which every receipt has, says which of the two it is.

    Args:
        needed: packages without which words alone judge.

    Raises:
        WatchLibraryMissing: a package is installed and does not load.
        WeightsRefused: a file is missing, is not the pinned one, or does not belong to the others. Where the extra is there and the files
            are not, words alone do not stand in for them.
    """
    if not _installed(needed):
        return LexicalTopicScorer()
    with _extra():
        from ringwall.watch.topic_matcher import load_topic_matcher
    return load_topic_matcher()


def load_grounding_scorer(needed: Sequence[str] = NEEDED) -> MeaningScorer | LexicalGroundingScorer:
    """Load what judges grounding and relevance; as `load_topic_scorer`.

    Raises:
        WatchLibraryMissing, WeightsRefused: as `load_topic_scorer`.
    """
    if not _installed(needed):
        return LexicalGroundingScorer()
    with _extra():
        from ringwall.watch.grounding_scorer import load_meaning_scorer
    return load_meaning_scorer()
