"""The views that a reading hands out: those that filters always see, and those in which something was found."""

from __future__ import annotations

from array import array

from ringwall.text.budget import Budget
from ringwall.text.nodes import Node, ranges
from ringwall.text.tables import Tables
from ringwall.text.view import Chain, Mapped, View

_ALWAYS_AT_ROOT = ("rot13", "atbash")
_NOT_ASCII = bytes(range(128, 256))


class Kept:
    """The views of one text, in the order they were read.

    hits_only: no view but the raw one is handed out.
    """

    def __init__(self, tables: Tables, budget: Budget, *, hits_only: bool) -> None:
        self._tables = tables
        self._budget = budget
        self._hits_only = hits_only
        self._views: dict[tuple[Chain, int], View | None] = {}  # None: read, but not asked for

    def views(self) -> tuple[View, ...]:
        """Return what was kept, raw first."""
        return tuple(view for view in self._views.values() if view is not None)

    def keep(self, chain: Chain, text: str, made_from: Mapped | None, parts: tuple[tuple[int, Chain], ...]) -> None:
        """Keep a text that was read."""
        starts, ends = ranges(made_from, len(text)) if chain else ((), ())
        self._budget.hold(len(text) if isinstance(starts, array) else 0)
        view = None if self._hits_only and chain else View(chain, text, starts, ends, parts)
        self._views[chain, len(self._views) if parts else -1] = view

    def keep_root(self, base: Node) -> None:
        """Keep the readings of the raw text that filters always see."""
        if self._hits_only:
            return
        for name in _ALWAYS_AT_ROOT:
            self.keep_mapped(base, self._tables.alphabets.index(name), backwards=False)
        self.keep_mapped(base, 0, backwards=True)
        self._keep_changed(base, "leet", _translated(base.text, self._tables.leet_map))
        if "_" in base.text:
            self._keep_changed(base, "underscores", base.text.replace("_", " "))

    def _keep_changed(self, base: Node, name: str, text: str) -> None:
        if text != base.text:
            self.keep((*base.chain, name), text, base.made_from, ())

    def mapped_chain(self, base: Node, alphabet: int, *, backwards: bool) -> Chain:
        """Return what a text under another alphabet or direction is called."""
        return base.chain + (("reversed",) if backwards else ()) + ((self._tables.alphabets[alphabet],) if alphabet else ())

    def keep_mapped(self, base: Node, alphabet: int, *, backwards: bool) -> None:
        """Keep a text under another alphabet or direction, unless it is the same text."""
        chain = self.mapped_chain(base, alphabet, backwards=backwards)
        if self._hits_only or (chain, -1) in self._views:
            return
        text = _translated(base.text, self._tables.maps[alphabet]) if alphabet else base.text
        made_from = base.made_from
        if backwards:
            text = text[::-1]
            starts, ends = ranges(made_from, len(text))
            made_from = Mapped(text, starts[::-1], ends[::-1])
        if text != base.text:
            self.keep(chain, text, made_from, ())


def _translated(text: str, ascii_map: bytes) -> str:
    """Map the ASCII characters of a text (in UTF-8 their bytes stand for nothing else)."""
    return text.encode("utf-8", "surrogatepass").translate(ascii_map + _NOT_ASCII).decode("utf-8", "surrogatepass")
