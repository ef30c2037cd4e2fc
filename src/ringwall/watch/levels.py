"""Which levels judge content in this installation, and loading them."""

from __future__ import annotations

from importlib.resources.abc import Traversable
from typing import Literal

from ringwall.errors import DependencyError
from ringwall.guardrails.ports import ContentScorer
from ringwall.watch.linear import load_content_scorer

Levels = Literal["cascade", "linear"]


class WatchLibraryMissing(DependencyError, code="watch-library-missing"):
    """A package that models run on is not installed."""

    remedy = 'install it with `pip install ringwall[watch]`, or judge by the linear model alone: `watch = "linear"` in the settings'


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
    try:
        from ringwall.watch.cascade import load_cascade_scorer
    except ImportError as error:
        raise WatchLibraryMissing(f"`{error.name or 'onnxruntime'}` is not installed, or does not load here") from error
    return load_cascade_scorer(where=where)
