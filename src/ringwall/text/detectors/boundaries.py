"""Word boundaries in decoded readings, where the words around an encoded passage come out as characters glued to what it holds."""

from __future__ import annotations

from ringwall.text.view import View
from ringwall.vocabulary import Span

_BOUNDARY = r"\b"
_FOLDED = "(?i)"


def unbound(regex: str) -> tuple[str, bool, bool]:
    """Take the word boundaries off both ends of a pattern.

    Returns:
        (pattern, whether it had one at its start, and at its end). A pattern with alternatives outside of groups, or with quoted text,
        stays as it is: its ends are not the ends of all it matches.
    """
    flags = _FOLDED if regex.startswith(_FOLDED) else ""
    body = regex.removeprefix(flags)
    if r"\Q" in body or _has_outer_alternatives(body):
        return regex, False, False
    asks_start = body.startswith(_BOUNDARY)
    body = body.removeprefix(_BOUNDARY)
    asks_end = body.endswith(_BOUNDARY) and not is_escaped(body, len(body) - len(_BOUNDARY))
    return flags + (body.removesuffix(_BOUNDARY) if asks_end else body), asks_start, asks_end


def stands_alone(raw: str, view: View, start: int, end: int, *, asks_start: bool, asks_end: bool) -> bool:
    """Say whether a hit has the word boundaries its pattern asks for, in the reading or, where decoding lost them, in the raw text.

    A base64 decoder reads on over spaces, so the word behind an encoded passage comes out as letters glued to it.
    """
    text = view.text
    before = asks_start and start > 0 and _is_glued(text[start - 1], text[start])
    after = asks_end and end < len(text) and _is_glued(text[end], text[end - 1])
    if not before and not after:
        return True
    span = view.origin(start, end)
    return (not before or _was_apart(raw, view, start - 1, span)) and (not after or _was_apart(raw, view, end, span))


def _is_glued(neighbour: str, edge: str) -> bool:
    """Say whether a neighbour belongs to the same word or number; a letter beside a number's digits does not, where decoders made it."""
    return is_word(neighbour) and is_word(edge) and (neighbour.isdigit() or not edge.isdigit())


def is_word(char: str) -> bool:
    """Say whether a character is part of a word in RE2's (ASCII) sense."""
    return char == "_" or (char.isascii() and char.isalnum())


def _was_apart(raw: str, view: View, neighbour: int, span: Span) -> bool:
    """Say whether a raw separator stood between a hit and its neighbour; beside a digit the hit must be one unbroken raw word besides."""
    beside = view.origin(neighbour, neighbour + 1)
    between = raw[beside.start : span.start] if beside.start < span.start else raw[span.end : beside.end]
    if not any(not c.isalnum() for c in between):
        return False
    return not view.text[neighbour].isdigit() or not any(c.isspace() for c in raw[span.start : span.end])


def _has_outer_alternatives(pattern: str) -> bool:
    depth, position, in_class = 0, 0, False
    while position < len(pattern):
        char = pattern[position]
        if char == "\\":
            position += 1
        elif in_class:
            in_class = char != "]"
        elif char == "[":
            in_class = True
            position += len(pattern[position + 1 : position + 3]) - len(pattern[position + 1 : position + 3].lstrip("^]"))
        elif char in "()":
            depth += 1 if char == "(" else -1
        elif char == "|" and depth == 0:
            return True
        position += 1
    return False


def is_escaped(pattern: str, position: int) -> bool:
    """Say whether an odd number of backslashes stands before a position."""
    before = pattern[:position]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1
