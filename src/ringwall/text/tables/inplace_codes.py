"""Definitions of decoders that replace escapes where they stand and leave the rest of the text alone.

Sources: RFC 3986 s.2.1 (percent), RFC 2045 s.6.7 (quoted-printable), HTML living standard s.13.2.5.72-80 (character references, with
CPython's html.entities for the names), ECMAScript s.12.9.4 and C11 s.6.4.4.4 (backslash escapes). Leading zeros are unlimited and the
semicolon of a numeric reference may be missing, because browsers and models read on.
"""

from __future__ import annotations

import html.entities
import string
from typing import cast

from ringwall.text.tables.character_folds import characters
from ringwall.text.tables.machine import (
    BYTES,
    CHANGE,
    CODE,
    COPY,
    END,
    FAIL,
    MARK,
    MARKED,
    NONE,
    OTHER,
    REFEED,
    REWIND,
    TEXT,
    Definition,
    Op,
    State,
)

_HEX = {ord(c): int(c, 16) for c in string.hexdigits}
_ALNUM = frozenset(map(ord, string.ascii_letters + string.digits))
_BLANK = {ord("n"): "\n", ord("r"): "\n", ord("t"): "\t"}
_TEXT_STATE = "text"


def _copy(state: State = _TEXT_STATE) -> Op:
    return Op(state, COPY)


def _fail(state: State = _TEXT_STATE) -> Op:
    return Op(state, FAIL)


def _names() -> dict[str, str]:
    """HTML names whose character folds to ASCII or to nothing: the ones a payload can be written with."""
    kept = {}
    for name, text in html.entities.html5.items():
        folded = "".join(characters(ord(c)) for c in text)
        if folded.isascii():
            kept[name] = text
    return kept


_NAMES = _names()
_PREFIXES = {name[:end] for name in _NAMES for end in range(1, len(name) + 1)}


def _digits(state: tuple[str, int], symbol: int) -> Op:
    """Read exactly n hex digits: state = (what, digits still to come); a byte for `%`, `=` and `x`, a code unit for `u` and `U`."""
    what, missing = state
    if symbol not in _HEX:
        return _fail()
    if missing > 1:
        return Op((what, missing - 1), mul=16, add=_HEX[symbol])
    if what == "byte":
        return Op(_TEXT_STATE, BYTES, MARKED | CHANGE, 16, _HEX[symbol], 0, 0, 1)
    return Op(_TEXT_STATE, CODE, CHANGE, 16, _HEX[symbol], 0)


def _number(state: tuple[str, str], symbol: int) -> Op:
    """Read a number of any length: state = ("number", form) where form says the radix and what may end it."""
    form = state[1]
    digits = {c: v for c, v in _HEX.items() if form != "dec" or (v < 10 and chr(c).isdigit())}
    if symbol in digits:
        return Op(state, mul=10 if form == "dec" else 16, add=digits[symbol])
    closing = {"dec": ";", "hex": ";", "brace": "}", "plus": ""}[form]
    if closing and symbol == ord(closing):
        return Op(_TEXT_STATE, CODE, CHANGE, keep=0)
    return Op(_TEXT_STATE, CODE, CHANGE | REFEED, keep=0)


def _octal(state: tuple[str, int, int], symbol: int) -> Op:
    """Read at most three octal digits, at most 0377: state = ("octal", digits so far, whether a third may follow)."""
    _, have, third = state
    if symbol in range(ord("0"), ord("8")) and (have == 1 or third):
        if have == 2 or not third:
            return Op(_TEXT_STATE, BYTES, MARKED | CHANGE, 8, symbol - ord("0"), 0, 0, 1)
        return Op(("octal", 2, third), mul=8, add=symbol - ord("0"))
    return Op(_TEXT_STATE, BYTES, MARKED | CHANGE | REFEED, 1, 0, 0, 0, 1)


def _reference(state: str, symbol: int) -> Op:  # noqa: PLR0911 - one return a transition
    """Read `&`: a numeric reference, or a name that the trie of names knows."""
    rest = state[1:]
    character = chr(symbol) if symbol < OTHER else ""
    if rest == "" and character == "#":
        return Op("&#")
    if rest == "#":
        if character in ("x", "X"):
            return Op("&#x")
        return Op(("number", "dec"), mul=0, add=symbol - ord("0")) if character.isdigit() else _fail()
    if rest == "#x":
        return Op(("number", "hex"), mul=0, add=_HEX[symbol]) if symbol in _HEX else _fail()
    name = rest + character
    if character == ";" and name in _NAMES:
        return Op(_TEXT_STATE, TEXT, CHANGE, text=_NAMES[name])
    if character and name in _PREFIXES:
        return Op("&" + name)
    if rest in _NAMES and symbol not in _ALNUM:
        return Op(_TEXT_STATE, TEXT, CHANGE | REFEED, text=_NAMES[rest])
    return _fail()


def _backslash(state: str, symbol: int) -> Op:  # noqa: PLR0911 - one return a transition
    """Read what follows a backslash."""
    character = chr(symbol) if symbol < OTHER else ""
    if state == "\\":
        if character in ("x", "u"):
            return Op("\\" + character)
        if character == "U":
            return Op(("unit", 8), keep=0)
        if character and character in "01234567":
            return Op(("octal", 1, int(character) < 4), mul=0, add=int(character))
        return Op(_TEXT_STATE, TEXT, CHANGE, text=_BLANK[symbol]) if symbol in _BLANK else _fail()
    if state.endswith("{"):
        return Op(("number", "brace"), mul=0, add=_HEX[symbol]) if symbol in _HEX else _fail()
    if character == "{":
        return Op(state + "{")
    if symbol not in _HEX:
        return _fail()
    return Op(("byte", 1) if state == "\\x" else ("unit", 3), mul=0, add=_HEX[symbol])


def _percent(symbol: int) -> Op:
    if symbol in _HEX:
        return Op(("byte", 1), mul=0, add=_HEX[symbol])
    return Op(("unit", 4), keep=0) if symbol in (ord("u"), ord("U")) else _fail()


def _plus(state: str, symbol: int) -> Op:
    """Read `U+` and at least four hex digits (two stand in every page of base64)."""
    if state == "U":
        return Op("U+") if symbol == ord("+") else _fail()
    if symbol not in _HEX:
        return _fail()
    if len(state) < 5:  # "U+", then a zero for each digit read
        return Op(state + "0", mul=0 if state == "U+" else 16, add=_HEX[symbol])
    return Op(("number", "plus"), mul=16, add=_HEX[symbol])


def _escape_step(state: State, symbol: int) -> Op:  # noqa: PLR0911 - one return a transition
    if isinstance(state, tuple):
        if state[0] == "number":
            return _number(state, symbol)
        return _octal(state, symbol) if state[0] == "octal" else _digits(state, symbol)
    assert isinstance(state, str)
    if state == _TEXT_STATE:
        if symbol == END:
            return Op(_TEXT_STATE)
        character = chr(symbol) if symbol < OTHER else ""
        starts = {"%": "%", "&": "&", "\\": "\\", "U": "U", "u": "U"}
        return Op(starts[character], NONE, MARK, keep=0) if character in starts else _copy()
    if state == "%":
        return _percent(symbol)
    if state[0] == "&":
        return _reference(state, symbol)
    return _backslash(state, symbol) if state[0] == "\\" else _plus(state, symbol)


def escapes() -> Definition:
    """Read percent escapes, HTML references, backslash escapes and U+ notation, any mixture, in place."""
    return Definition("escapes", "inplace", _escape_step, (_TEXT_STATE,), frozenset(map(ord, "%&\\+")), 1, lattice=True)


def quoted_printable() -> Definition:
    """Read `=XX` and soft line ends in place (apart from the other escapes: `?q=ad%6din` would be captured)."""

    def step(state: State, symbol: int) -> Op:  # noqa: PLR0911 - one return a transition
        if state == _TEXT_STATE:
            if symbol == END:
                return Op(_TEXT_STATE)
            return Op("=", NONE, MARK, keep=0) if symbol == ord("=") else _copy()
        if state == "=":
            if symbol in _HEX:
                return Op(("byte", 1), mul=0, add=_HEX[symbol])
            if symbol == ord("\r"):
                return Op("=\r")
            return Op(_TEXT_STATE, NONE, CHANGE) if symbol == ord("\n") else _fail()
        if state == "=\r":
            return Op(_TEXT_STATE, NONE, CHANGE) if symbol == ord("\n") else _fail()
        return _digits(cast("tuple[str, int]", state), symbol)

    return Definition("quoted_printable", "inplace", step, (_TEXT_STATE,), frozenset({ord("=")}), 1, lattice=True)


_LOOK_AHEAD = 3  # separators that must follow before characters count as spelled out: not "e.g.", "U.S.A." or "x = y"
_BLANKS = frozenset(map(ord, " \t\r\n"))


def _looking(state: tuple[str, int, int, str], symbol: int, found: State) -> Op:
    """Look ahead from a mark: state = ("look", separator, separators seen, what is expected: "character", "separator" or "gap")."""
    _, separator, seen, expected = state
    blank, end = symbol in _BLANKS, symbol == END
    give_up = _fail("edge")
    if expected == "separator":
        if seen == _LOOK_AHEAD and (symbol == separator or blank or end):
            return Op(found, REWIND)
        if symbol == separator:
            return Op(("look", separator, seen + 1, "character"))
        return Op(("look", separator, seen, "gap")) if blank else give_up
    if end or (blank and expected == "character" and separator != ord(" ")):
        return give_up
    return Op(state) if blank else Op(("look", separator, seen, "separator"))


def _joining(state: tuple[str, int], symbol: int) -> Op:
    """Drop separators after the look ahead: state = (where, separator)."""
    where, separator = state
    blank, end = symbol in _BLANKS, symbol == END
    if where == "held":  # a separator is held back
        return _fail(("gap", separator)) if blank or end else Op(("held+1", separator))
    if where == "held+1":  # and the character behind it
        return Op(("single", separator), COPY, CHANGE | REFEED, back=1) if symbol == separator or blank or end else _fail("edge")
    if end:
        return Op(state)
    if where == "single" and symbol == separator:
        return Op(("held", separator), NONE, MARK)
    if blank:
        collapsed = where == "gap" and separator == ord(" ")  # of two or more blanks between words one is kept
        return Op(state) if collapsed else _copy(("gap", separator))
    return _copy("word") if where == "single" else _copy(("single", separator))


def _separated(name: str, separators: frozenset[int]) -> Definition:
    """Define the joining of single characters that stand apart by one and the same separator."""

    def step(state: State, symbol: int) -> Op:
        if isinstance(state, tuple):
            return _looking(state, symbol, ("single", state[1])) if state[0] == "look" else _joining(state, symbol)
        if symbol == END:
            return Op(state)
        character = symbol in _ALNUM or symbol == OTHER or (ord(" ") in separators and symbol not in _BLANKS)
        if state == "single" and symbol in separators:
            return Op(("look", symbol, 1, "character"), NONE, MARK)
        if not character:
            return _copy("edge")
        return _copy("single" if state == "edge" else "word")

    return Definition(name, "inplace", step, ("edge",), separators, _LOOK_AHEAD, _LOOK_AHEAD)


def spaced() -> Definition:
    """Join single characters that stand apart by one blank; two or more blanks are one gap between words."""
    return _separated("spaced", frozenset({ord(" ")}))


def dotted() -> Definition:
    """Join single characters that stand apart by a punctuation mark (`i.g.n.o.r.e`, `i-g-n-o-r-e`, ...)."""
    return _separated("dotted", frozenset(map(ord, ".-_*,/|+~:;#")))


INPLACE_CODES = (escapes, quoted_printable, spaced, dotted)
