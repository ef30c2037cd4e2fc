"""What a detector is: patterns for google-re2, a check on each hit, and the readings it may be trusted in."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from ringwall.text.detectors.readings import Reach
from ringwall.text.finding import Kind

Check = Callable[[str, int, int], int]
"""`check(text, start, end)` returns the end of what it accepts of `text[start:end]` (at most `end`), or 0 to refuse the hit."""


class Pattern(msgspec.Struct, frozen=True, kw_only=True):
    """One RE2 pattern of a detector.

    regex: RE2 syntax, case as written. With a capturing group, the group is the finding and the rest is its context.
    check: accepts, shortens or refuses a hit; None accepts all.
    reach: the farthest readings it is trusted in: "faithful" (the text itself, its fold, long decodings: for patterns that noise may
        match), "decoded" (also short decodings and separators taken out), "guessed" (also letters turned, moved or un-leeted).
    faithful: also run where a looser pattern of the same detector runs, on the text itself.
    overlapping: a refused hit may hide another that starts inside it; search again one character on.
    confidence: 0..1; 1.0 is kept for checksums and for prefixes that nothing else has.
    """

    regex: str
    check: Check | None = None
    confidence: float = 0.85
    reach: Reach = "guessed"
    faithful: bool = True
    overlapping: bool = False


class Detector(msgspec.Struct, frozen=True, kw_only=True):
    """One type of thing that is found.

    basis: how it knows: "checksum" (a check digit or a closed register), "format" (a shape that little else has), "context" (a word beside
        it), "rule-based" (titles, introductions and lists where only a learned model would be complete; answers should say so).
    """

    type: str
    kind: Kind
    basis: str
    patterns: tuple[Pattern, ...]

    @property
    def rule_id(self) -> str:
        """The id that findings and receipts carry: `pii/EMAIL`."""
        return f"{self.kind}/{self.type}"


def whole(predicate: Callable[[str], bool]) -> Check:
    """Turn a predicate over the matched characters into a check that takes all or nothing."""

    def check(text: str, start: int, end: int) -> int:
        return end if predicate(text[start:end]) else 0

    return check


def alone(text: str, start: int, end: int) -> bool:
    """Say whether no digit goes on across a `-`, `.` or `/` on either side: a number that is part of a longer one is not that number."""
    if start > 1 and text[start - 1] in "-./" and text[start - 2].isdigit():
        return False
    return not (end + 1 < len(text) and text[end] in "-./" and text[end + 1].isdigit())


def alone_and(predicate: Callable[[str], bool]) -> Check:
    """Like `whole`, and refuse what is part of a longer number."""

    def check(text: str, start: int, end: int) -> int:
        return end if predicate(text[start:end]) and alone(text, start, end) else 0

    return check
