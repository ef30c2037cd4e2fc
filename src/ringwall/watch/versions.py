"""Which versions of the content model are here to be chosen from: an account may pin one, and go back to one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ringwall.errors import NotFound
from ringwall.guardrails.ports import ContentScorer
from ringwall.watch import shipped
from ringwall.watch.cascade_file import CONTENT_CASCADE
from ringwall.watch.levels import load_cascade
from ringwall.watch.linear import CONTENT_WEIGHTS, load_content_scorer


class UnknownModelVersion(NotFound, code="unknown-model-version"):
    """This installation has no such version of the content model."""

    remedy = "pin one of those that `ringwall watch show` lists, or go back to the installation's own with `ringwall watch unpin`"


class ContentVersion(NamedTuple):
    """One version of the content model.

    name: of the files, without their ends. model: what its model id begins with, as the release log names it. file: it stands on this one.
    """

    name: str
    model: str
    file: str
    load: Callable[[], ContentScorer]


SHIPPED: tuple[ContentVersion, ...] = (
    ContentVersion("content-v1", "ringwall-content-linear/1", CONTENT_WEIGHTS, load_content_scorer),
    ContentVersion("content-cascade-v1", "ringwall-content-cascade/1", CONTENT_CASCADE, load_cascade),
)
"""Every version that this release can run, the oldest first."""


class ContentVersions:
    """Finds and loads versions, each once.

    Rules it upholds: a version whose file is not pinned among the shipped ones is not there; what does not load is asked for again.
    """

    def __init__(self, standing: ContentScorer | None, rows: Sequence[ContentVersion] = SHIPPED) -> None:
        """Take what accounts have that pin nothing, and the rows to choose from."""
        self._rows = tuple(rows)
        self._loaded: dict[str, ContentScorer] = {} if standing is None else {self.name_of(standing): standing}
        self._loading = threading.Lock()

    def names(self) -> tuple[str, ...]:
        """Return the versions that can be pinned."""
        pinned = shipped.pins()
        return tuple(row.name for row in self._rows if row.file in pinned or row.name in self._loaded)

    def name_of(self, scorer: ContentScorer) -> str:
        """Return the version that a scorer is; its model id, where it is none of the rows'."""
        model = scorer.model_id.partition("@")[0]
        return next((row.name for row in self._rows if row.model == model), model)

    def resolve(self, name: str) -> str:
        """Return a version's name, given that or the model's (`ringwall-content-linear/1`).

        Raises:
            UnknownModelVersion: there is none.
        """
        return self._row(name).name

    def at_hand(self, name: str) -> ContentScorer | None:
        """Return a version's scorer if it was loaded before."""
        return self._loaded.get(name)

    def scorer(self, name: str) -> ContentScorer:
        """Return a version's scorer, loaded now if it was not before.

        Raises:
            UnknownModelVersion: there is none. WeightsRefused: its file is missing, or is not the pinned one.
        """
        row = self._row(name)
        with self._loading:
            if row.name not in self._loaded:
                self._loaded[row.name] = row.load()
            return self._loaded[row.name]

    def _row(self, name: str) -> ContentVersion:
        there = self.names()
        for row in self._rows:
            if name in {row.name, row.model} and row.name in there:
                return row
        raise UnknownModelVersion(f"there is no version `{name[:100]}` of the content model here, but {', '.join(there) or 'none'}")
