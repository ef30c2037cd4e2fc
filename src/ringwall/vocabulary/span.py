"""Half-open ranges of code points in a raw text."""

from __future__ import annotations

import msgspec


class Span(msgspec.Struct, frozen=True, order=True):
    """The characters `text[start:end]`; `start <= end`."""

    start: int
    end: int

    def covers(self, other: Span) -> bool:
        """Say whether every character of `other` is in this span."""
        return self.start <= other.start and other.end <= self.end

    def overlaps(self, other: Span) -> bool:
        """Say whether the two share a character."""
        return self.start < other.end and other.start < self.end
