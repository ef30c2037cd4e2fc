"""Many RE2 patterns over one text in one pass, and the spans of those that matched.

A `re2.Set` says which patterns match; only they are searched for spans. The set holds one pattern that matches at the end of every text:
an answer without it is an engine that did not read to the end (RE2 gives up when its memory budget is too small), and that is an error,
never "no match". (A pattern that matched everywhere would say less and cost more: RE2 takes note of it at every byte.)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import re2

from ringwall.errors import DependencyError, InvalidRequest

_SET_BYTES = 48 << 20  # an upper bound; RE2 allocates states as texts need them
_PATTERN_BYTES = 8 << 20
_BOUNDED = re.compile(r"\{([0-9]+),([0-9]+)\}")
_WIDE = 8


class EngineFailed(DependencyError, code="pattern-engine-failed", status=500):
    """The pattern engine did not answer."""

    remedy = "the text was not checked: treat it as blocked; shorten the text or the custom patterns if this repeats"


def options(max_mem: int = _PATTERN_BYTES) -> Any:
    """Return RE2 options: UTF-8, bounded memory, nothing written to stderr."""
    made = re2.Options()
    made.max_mem = max_mem
    made.log_errors = False
    return made


def compile_pattern(regex: str) -> Any:
    """Compile one pattern.

    Raises:
        InvalidRequest: RE2 does not take it; the message is RE2's reason.
    """
    try:
        return re2.compile(regex, options())
    except re2.error as error:
        reason = error.args[0] if error.args else "unknown"
        text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise InvalidRequest(f"the pattern does not compile: {text}") from error


def loosened(regex: str) -> str:
    """Drop the upper bounds of wide repetitions of a pattern of our own.

    What comes out matches wherever the pattern does, and more. A set only has to say which patterns to search for, and without bounds to
    count it needs far fewer states.
    """
    return _BOUNDED.sub(lambda found: f"{{{found[1]},}}" if int(found[2]) - int(found[1]) >= _WIDE else found[0], regex)


class PatternSet:
    """Which of many patterns match a text.

    Invariant: `matching` either returns the indices of all patterns that match, or raises.
    """

    def __init__(self, regexes: Sequence[str]) -> None:
        self._size = len(regexes)
        self._set = re2.Set.SearchSet(options(_SET_BYTES))
        try:
            for regex in regexes:
                self._set.Add(regex)
            self._sentinel = self._set.Add(r"\z")
            self._set.Compile()
        except re2.error as error:
            raise InvalidRequest("the patterns do not compile together: they need more memory than a guardrail may use") from error

    def matching(self, data: bytes) -> list[int]:
        """Return the indices of the patterns that match somewhere in `data`.

        Raises:
            EngineFailed: the set did not report its sentinel, so it did not read the text to its end.
        """
        found: list[int] | None = self._set.Match(data)
        if not found or self._sentinel not in found:
            raise EngineFailed("the pattern engine did not read the text to its end", patterns=self._size, bytes=len(data))
        found.remove(self._sentinel)
        return found


def byte_spans(pattern: Any, data: bytes) -> list[tuple[int, int]]:
    """Return the byte spans of a pattern's matches: of its first group where it has one, else of all of the match."""
    group = 1 if pattern.groups else 0
    return [match.span(group) for match in pattern.finditer(data)]
