"""Loads the finder of names, and says what to do where that cannot be."""

from __future__ import annotations

from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING

from ringwall.watch.levels import WatchLibraryMissing

if TYPE_CHECKING:
    from ringwall.watch.names import LearnedNameFinder


def load_name_finder(*, where: Traversable | None = None) -> LearnedNameFinder:
    """Load the finder that ships with ringwall, or the one in a folder beside its list of pinned digests.

    Raises:
        WatchLibraryMissing: onnxruntime or NumPy is not installed.
        WeightsRefused: a file is missing, is not the pinned one, or does not belong to the others.
    """
    try:
        from ringwall.watch import names
    except ImportError as error:
        raise WatchLibraryMissing(f"`{error.name or 'onnxruntime'}` is not installed, or does not load here") from error
    return names.load(where=where)
