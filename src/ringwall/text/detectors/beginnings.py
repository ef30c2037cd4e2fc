"""Where the end of a text may be the beginning of something that a pattern finds, while more of the text is to come.

From a pattern P one is made that matches every beginning of what P matches, and it is searched for at the end of a text: the leftmost match
is the first place at which a hit may begin that is not over. For the text that reads backwards P is turned round first: its hit then begins
with its last character. RE2 reads such patterns from the end of the text, and only as far as something may still be a match.

What is taken off a pattern can only make it match more: bounds of wide repetitions, checks of what was found, what stands behind the end.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from re import _constants as code  # type: ignore[attr-defined] # the standard library's own pattern parser
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import re2

from ringwall.errors import InvalidRequest
from ringwall.text.detectors.engine import options

_BYTES = 24 << 20  # of one searcher: an upper bound; RE2 allocates states as texts need them
_WIDE = 8  # repetitions whose bounds are further apart are taken to have no upper one: far fewer states
_WIDE_OF_WORDS = 64  # those of what words in a row may be part of: without a bound all of a text would be
_HEX = re.compile(r"\\x\{([0-9A-Fa-f]{1,6})\}")
_UNLIKE = (
    "[:",
    "{,",
    r"\Q",
    r"\z",
    r"\C",
    r"\p",
    r"\P",
    r"\\x{",  # a backslash and a repetition, which `_HEX` would take for a character
)  # what RE2 and the standard library's parser read differently, or one of them not at all
_REPEATS = (code.MAX_REPEAT, code.MIN_REPEAT)
_CLASSES = {
    code.CATEGORY_DIGIT: r"\d",
    code.CATEGORY_NOT_DIGIT: r"\D",
    code.CATEGORY_SPACE: r"\s",
    code.CATEGORY_NOT_SPACE: r"\S",
    code.CATEGORY_WORD: r"\w",
    code.CATEGORY_NOT_WORD: r"\W",
}
_PLACES = {
    code.AT_BEGINNING: "^",
    code.AT_BEGINNING_STRING: r"\A",
    code.AT_END: "$",
    code.AT_END_STRING: r"\z",
    code.AT_BOUNDARY: r"\b",
    code.AT_NON_BOUNDARY: r"\B",
}
_TURNED = {
    code.AT_BEGINNING: code.AT_END,
    code.AT_END: code.AT_BEGINNING,
    code.AT_BEGINNING_STRING: code.AT_END_STRING,
    code.AT_END_STRING: code.AT_BEGINNING_STRING,
}


class _Unreadable(Exception):
    """A pattern is written in a way of which nothing is known here."""


class Beginnings:
    """Searches for what may be the beginning of a hit of some patterns at the end of a text."""

    def __init__(self, patterns: Sequence[str], turned: Sequence[str] = ()) -> None:
        r"""Compile.

        Args:
            patterns: RE2 syntax.
            turned: those that are sought in the text backwards too.

        Raises:
            InvalidRequest: of some pattern the beginnings are not known, or all of them together need too much memory.
        """
        try:
            made = [beginnings_of(pattern) for pattern in patterns] + [beginnings_of(pattern, turned=True) for pattern in turned]
        except _Unreadable as error:
            raise InvalidRequest("the beginnings of a pattern are not known") from error
        self._searched: Any = None
        if made:
            try:
                self._searched = re2.compile(f"(?:{'|'.join(dict.fromkeys(made))})\\z", options(_BYTES))
            except re2.error as error:
                raise InvalidRequest("the beginnings of the patterns do not compile together") from error

    def begin(self, text: str) -> int:
        """Return from where on the end of a text may be the beginning of a hit; its length if nowhere."""
        if self._searched is None or not text:
            return len(text)
        data = text.encode("utf-8", "replace")
        match = self._searched.search(data)
        if match is None:
            return 0  # every text ends with the empty beginning: the engine did not do its work, so nothing is known
        start: int = match.start()
        return start if len(data) == len(text) else len(data[:start].decode("utf-8", "ignore"))


def beginnings_of(pattern: str, *, turned: bool = False) -> str:
    """Return the RE2 pattern of every beginning of what a pattern matches, the empty one too; of what it matches backwards, if `turned`."""
    if any(unlike in pattern for unlike in _UNLIKE):
        raise _Unreadable
    try:
        parsed = parser.parse(_HEX.sub(lambda found: f"\\U{int(found[1], 16):08x}", pattern))
    except (re.error, OverflowError, RecursionError, FutureWarning, ValueError) as error:
        raise _Unreadable from error
    flags = _letters(parsed.state.flags)
    made = _begun(_items(parsed, turned=turned), turned=turned)
    return f"(?{flags}:{made})" if flags else f"(?:{made})"


def _items(sequence: Any, *, turned: bool) -> list[tuple[Any, Any]]:
    items = list(sequence)
    return items[::-1] if turned else items


def _begun(items: Sequence[tuple[Any, Any]], *, turned: bool) -> str:
    """Return the pattern of the beginnings of a sequence: from its end, as each item's stand before those of what follows."""
    made = ""
    for item in reversed(items):
        whole = _whole(item, turned=turned)
        single = item[0] is code.AT or _is_character(item)
        made = f"(?:{whole}{made})?" if single else f"(?:{_of_item(item, turned=turned)}|{whole}{made})"
    return made


def _of_item(item: tuple[Any, Any], *, turned: bool) -> str:
    """Return the pattern of the beginnings of an item of several characters."""
    operation, argument = item
    if operation is code.BRANCH:
        return "(?:" + "|".join(_begun(_items(branch, turned=turned), turned=turned) for branch in argument[1]) + ")"
    if operation is code.SUBPATTERN:
        _, added, removed, body = argument
        return _scoped(added, removed, _begun(_items(body, turned=turned), turned=turned))
    _, most, body = argument
    items = _items(body, turned=turned)
    whole = _sequence(items, turned=turned)
    again = f"(?:{whole})" + ("*" if most is code.MAXREPEAT or most > _wide(whole) else f"{{0,{most}}}")
    if len(items) == 1 and _is_character(items[0]):
        return again
    return f"{again}{_begun(items, turned=turned)}"


def _wide(whole: str) -> int:
    """Return how far the bounds of a repetition may be apart for the upper one to count."""
    return _WIDE_OF_WORDS if re2.search(f"(?i)\\A(?:{whole})*\\z", "to be a") is not None else _WIDE


def _is_character(item: tuple[Any, Any]) -> bool:
    return item[0] in (code.LITERAL, code.NOT_LITERAL, code.ANY, code.IN)


def _sequence(items: Sequence[tuple[Any, Any]], *, turned: bool) -> str:
    return "".join(_whole(item, turned=turned) for item in items)


def _whole(item: tuple[Any, Any], *, turned: bool) -> str:
    """Write an item down for RE2, bounds of wide repetitions left out."""
    operation, argument = item
    if _is_character(item):
        return _character(operation, argument)
    if operation is code.AT:
        place = _TURNED.get(argument, argument) if turned else argument
        return _PLACES[place]
    if operation is code.BRANCH:
        return "(?:" + "|".join(_sequence(_items(branch, turned=turned), turned=turned) for branch in argument[1]) + ")"
    if operation is code.SUBPATTERN:
        _, added, removed, body = argument
        return _scoped(added, removed, _sequence(_items(body, turned=turned), turned=turned))
    if operation in _REPEATS:
        least, most, body = argument
        items = _items(body, turned=turned)
        whole = _sequence(items, turned=turned)
        upper = "" if most is code.MAXREPEAT or most - least >= _wide(whole) else most
        return f"(?:{whole}){{{least},{upper}}}"
    raise _Unreadable


def _scoped(added: int, removed: int, body: str) -> str:
    on, off = _letters(added), _letters(removed)
    return f"(?{on}{'-' + off if off else ''}:{body})"


def _letters(flags: int) -> str:
    return "".join([letter for letter, flag in (("i", re.IGNORECASE), ("m", re.MULTILINE), ("s", re.DOTALL)) if flags & flag])


def _character(operation: Any, argument: Any) -> str:
    if operation is code.LITERAL:
        return _literal(argument)
    if operation is code.NOT_LITERAL:
        return f"[^{_literal(argument)}]"
    if operation is code.ANY:
        return "."
    out = []
    for kind, value in argument:
        if kind is code.NEGATE:
            out.append("^")
        elif kind is code.LITERAL:
            out.append(_literal(value))
        elif kind is code.RANGE:
            out.append(f"{_literal(value[0])}-{_literal(value[1])}")
        elif kind is code.CATEGORY and value in _CLASSES:
            out.append(_CLASSES[value])
        else:
            raise _Unreadable
    return f"[{''.join(out)}]"


def _literal(code_point: int) -> str:
    character = chr(code_point)
    return character if character.isascii() and character.isalnum() else f"\\x{{{code_point:x}}}"
