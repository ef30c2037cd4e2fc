"""Regular expressions of customers: what is refused when a rule is created, and how long a match can be."""

from __future__ import annotations

import re
from re import _parser  # type: ignore[attr-defined]  # the standard library's own pattern parser; its widths are what is wanted here
from typing import Any

from ringwall.errors import InvalidRequest
from ringwall.text.detectors.boundaries import is_escaped
from ringwall.text.detectors.engine import compile_pattern

PATTERN_LENGTH = 500
"""AWS: `pattern` of a guardrail's regex is at most 500 characters."""

_REFUSED = (
    ("(?=", "look-ahead"),
    ("(?!", "negative look-ahead"),
    ("(?<=", "look-behind"),
    ("(?<!", "negative look-behind"),
    ("(?>", "an atomic group"),
    ("(?(", "a conditional group"),
    ("(?P=", "a back-reference"),
    ("(?#", "a comment group"),
)
_QUANTIFIER = re.compile(r"(?:[*+?]|\{[0-9]+(?:,[0-9]*)?\})\Z")
_PROBES = (b"", b" ", b"a", b"a b", b"\n")


class RegexRefused(InvalidRequest, code="regex-refused"):
    """The regular expression is not one that ringwall can run safely."""

    remedy = "write it without that construct: patterns run on RE2, in time linear in the text, so that no text can stall a check"


def check_pattern(name: str, pattern: str) -> None:
    """Refuse what RE2 can't run in linear time, what is too long, and what matches nothing at all everywhere.

    Args:
        name: the rule's name, for messages.
        pattern: at most 500 characters, RE2 syntax.

    Raises:
        RegexRefused: names the construct and why.
    """
    if not pattern:
        raise RegexRefused(f"regex `{name}` is empty")
    if len(pattern) > PATTERN_LENGTH:
        raise RegexRefused(f"regex `{name}` has {len(pattern)} characters; at most {PATTERN_LENGTH} are taken")
    if any("\ud800" <= char <= "\udfff" for char in pattern):
        raise RegexRefused(f"regex `{name}` has a lone surrogate, which is no character", remedy="write it in characters")
    construct = _construct_refused(pattern)
    if construct:
        raise RegexRefused(f"regex `{name}` uses {construct}, which needs backtracking and can take exponential time")
    try:
        compiled = compile_pattern(pattern)
    except InvalidRequest as error:
        raise RegexRefused(f"regex `{name}` is refused: {error.message}") from error
    if max_match(pattern) == 0 or any(match.end() == match.start() for probe in _PROBES for match in compiled.finditer(probe)):
        raise RegexRefused(
            f"regex `{name}` matches the empty string, so it would match every text",
            remedy="make some part of it mandatory, for example `+` in place of `*`",
        )


def max_match(pattern: str) -> int | None:
    """Return the most characters a match can have, or None where there is no bound or none can be read off the pattern."""
    try:
        width: Any = _parser.parse(pattern).getwidth()[1]
    except (re.error, OverflowError, RecursionError, FutureWarning):
        return None  # RE2 syntax that Python's parser lacks: no bound is claimed
    return None if width >= _parser.MAXREPEAT else int(width)


def _construct_refused(pattern: str) -> str:
    """Name the first refused construct outside of classes and escapes, or return the empty string."""
    position, in_class = 0, False
    while position < len(pattern):
        char = pattern[position]
        if char == "\\":
            following = pattern[position + 1 : position + 2]
            if following == "Q":
                end = pattern.find("\\E", position)
                position = len(pattern) if end < 0 else end + 2
                continue
            if not in_class and ((following.isdigit() and following != "0") or following in ("k", "g")):
                return f"a back-reference (`\\{following}`)"
            position += 2
            continue
        if in_class:
            in_class = char != "]"
        elif char == "[":
            in_class = True
            position += 2 if pattern[position + 1 : position + 2] == "]" else 3 if pattern[position + 1 : position + 3] == "^]" else 1
            continue
        else:
            found = _group_refused(pattern, position)
            if found:
                return found
        position += 1
    return ""


def _group_refused(pattern: str, position: int) -> str:
    for opening, construct in _REFUSED:
        if pattern.startswith(opening, position):
            return f"{construct} (`{opening}`)"
    if pattern[position] == "+" and _QUANTIFIER.search(pattern, 0, position) and not is_escaped(pattern, position - 1):
        return f"a possessive quantifier (`{pattern[position - 1 : position + 1]}`)"
    return ""
