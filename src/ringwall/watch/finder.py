"""Loads the finder of names, and says what to do where that cannot be."""

from __future__ import annotations

from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING

from ringwall.watch.weights_file import WeightsRefused

if TYPE_CHECKING:
    from ringwall.watch.names import LearnedNameFinder


def load_name_finder(*, where: Traversable | None = None) -> LearnedNameFinder:
    """Load the finder that ships with ringwall, or the one in a folder beside its list of pinned digests.

    Raises:
        WeightsRefused: the extra `watch` is not installed, or a file is missing, is not the pinned one, or does not belong to the others.
    """
    try:
        from ringwall.watch import names
    except ImportError as error:
        raise WeightsRefused(
            "the finder of names needs the extra `watch`, which is not installed", remedy="install it: pip install 'ringwall[watch]'"
        ) from error
    return names.load(where=where)
