"""Lists of character codes: decimal and octal numbers between separators."""

from __future__ import annotations

import string
from collections.abc import Iterator

from ringwall.reasoning.text.encoder import Encoder, Move, State, all_but
from ringwall.reasoning.text.encoders.payloads import PRINTABLE, STABLE
from ringwall.text.tables.machine import OTHER

_SEPARATORS = tuple(chr(c) for c in (*STABLE, OTHER) if chr(c) not in string.digits)
_NO_DIGIT = all_but(map(ord, string.digits))
_APART = ("no digit stands next to the span in the folded text (invisible characters between them vanish)",)


def _numbers(name: str, says: str, machine: str, form: str) -> Encoder:
    def moves(state: State) -> Iterator[Move]:
        if state == "number":
            for separator in _SEPARATORS:
                yield (), separator, "gap"
            return
        for code in PRINTABLE:
            text = format(code, form)
            yield (code,), text, "number"
            yield (code,), "0" + text, "number"
            yield (code,), "00" + text, "number"
        if state == "gap":
            for separator in _SEPARATORS:
                yield (), separator, "gap"

    return Encoder(
        id=name,
        says=says,
        machine=machine,
        payload="ascii",
        start="start",
        moves=moves,
        finishes=lambda state: [] if state == "start" else [""],
        before=_NO_DIGIT,
        after=_NO_DIGIT,
        premises=_APART,
    )


def decimal() -> Encoder:
    """Decimal codes, at most two leading zeros, any separators."""
    return _numbers("decimal", "decimal character codes between any separators", "decimal", "d")


def octal() -> Encoder:
    """Octal codes, at most two leading zeros, any separators (backslashes too)."""
    return _numbers("octal", "octal character codes between any separators, backslashes too", "octal", "o")


NUMBERS = (decimal, octal)
