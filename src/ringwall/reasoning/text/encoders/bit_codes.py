"""Codes that cut a payload's bits into symbols: base64, base32, hex, binary. Source: RFC 4648; binary as octets.

Anything that is no symbol of the code may stand between symbols, as often as one likes.
"""

from __future__ import annotations

import string
from collections.abc import Iterator

from ringwall.reasoning.text.encoder import Encoder, Move, State, all_but
from ringwall.reasoning.text.encoders.payloads import BYTES, STABLE
from ringwall.text.tables.machine import OTHER

_ALNUM = string.ascii_uppercase + string.ascii_lowercase + string.digits
_BASE32 = string.ascii_uppercase + "234567"


def _code(  # noqa: PLR0913 - a code is its six facts
    name: str, says: str, *, machine: str, alphabets: tuple[str, ...], bits: int, foreign: str, padding: tuple[str, ...] = ("",)
) -> Encoder:
    """Define a code: states are (bits held back, their number); each symbol may come from any of the alphabets, case by case."""

    def writings(values: list[int]) -> list[str]:
        return list(dict.fromkeys("".join(alphabet[value] for value in values) for alphabet in alphabets))

    def moves(state: State) -> Iterator[Move]:
        assert isinstance(state, tuple)
        held, count = state
        for byte in BYTES:
            value, have, symbols = held << 8 | byte, count + 8, []
            while have >= bits:
                have -= bits
                symbols.append(value >> have)
                value &= (1 << have) - 1
            for text in writings(symbols):
                yield (byte,), text, (value, have)
        for character in foreign:
            yield (), character, state

    def finishes(state: State) -> Iterator[str]:
        assert isinstance(state, tuple)
        held, count = state
        last = writings([held << (bits - count)]) if count else [""]
        for text in last:
            for pad in padding:
                yield text + pad

    return Encoder(id=name, says=says, machine=machine, start=(0, 0), moves=moves, finishes=finishes)


def _foreign(symbols: str) -> str:
    """Return every character that is no symbol of a code, U+0080 for all that are not ASCII."""
    return "".join(chr(c) for c in (*STABLE, OTHER) if chr(c) not in symbols)


def base64() -> Encoder:
    """Both alphabets of RFC 4648, symbol by symbol, padded or not, separators anywhere."""
    return _code(
        "base64",
        "base64 and base64url, mixed, padded or not, with separators anywhere",
        machine="base64",
        alphabets=(_ALNUM + "+/", _ALNUM + "-_"),
        bits=6,
        foreign=_foreign(_ALNUM + "+/-_"),
        padding=("", "=", "=="),
    )


def base32() -> Encoder:
    """The standard alphabet; the symbols of one byte share their case."""
    return _code(
        "base32",
        "base32 in either case, padded or not, with separators anywhere",
        machine="base32",
        alphabets=(_BASE32, _BASE32.lower()),
        bits=5,
        foreign=_foreign(_BASE32 + _BASE32.lower()),
        padding=("", "=", "==="),
    )


def hexadecimal() -> Encoder:
    """Pairs of hex digits in either case."""
    digits = string.digits + "abcdef"
    return _code(
        "hex",
        "hex pairs in either case, with separators anywhere",
        machine="hex",
        alphabets=(digits, digits.upper()),
        bits=4,
        foreign=_foreign(string.hexdigits),
    )


def binary() -> Encoder:
    """Octets of 0 and 1."""
    return _code(
        "binary", "octets of 0 and 1, with separators anywhere", machine="binary", alphabets=("01",), bits=1, foreign=_foreign("01")
    )


def hexadecimal_prefixed() -> Encoder:
    """`0x41, 0x42` and the like: every pair has its prefix."""

    def moves(state: State) -> Iterator[Move]:
        if state == "foreign":
            for character in _foreign(string.hexdigits + "xX"):
                yield (), character, "foreign"
        for byte in BYTES:
            for prefix in ("0x", "0X"):
                for text in dict.fromkeys((f"{byte:02x}", f"{byte:02X}")):
                    yield (byte,), prefix + text, "foreign"

    return Encoder(
        id="hex-prefixed",
        says="a list of bytes, each `0x` and two hex digits, any separators",
        machine="hex_prefixed",
        start="start",
        moves=moves,
        finishes=lambda state: [""] if state == "foreign" else [],
    )


def base64_words() -> Encoder:
    """Pieces of a payload, each base64 of its own without padding, apart by anything that is no symbol."""
    symbols = _ALNUM + "+/-_"
    whole = base64()

    def moves(state: State) -> Iterator[Move]:
        for units, text, following in whole.moves(state):
            if units:
                yield units, text, following
        for ending in whole.finishes(state):
            for character in " \n.,;=":
                yield (), ending + character, (0, 0)

    return Encoder(
        id="base64-words",
        says="the words of a payload, each in base64 of its own, apart by separators",
        machine="base64",
        start=(0, 0),
        moves=moves,
        finishes=whole.finishes,
        before=all_but(map(ord, symbols)),
        premises=("the span stands behind the text's edge or a character that is no symbol of base64 in the folded text",),
    )


BIT_CODES = (base64, base64_words, base32, hexadecimal, hexadecimal_prefixed, binary)
