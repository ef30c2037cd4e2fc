"""Definitions of decoders that read symbols of an alphabet wherever they stand and skip everything else: base64, base32, base85, hex,
binary, ...

Each is read from every offset (an attacker chooses what stands before the payload, so only all phases together cover it), and in lanes
that start afresh at padding or at any foreign character (blocks encoded one by one). A byte is emitted as soon as its bits are complete,
so a truncated last block is read as far as it goes. Source: RFC 4648 (base64, base32, base16), RFC 1924 alphabet as in Python's
base64.b85encode, Adobe ASCII85.
"""

from __future__ import annotations

import string
from typing import cast

from ringwall.text.tables.machine import BREAK, BYTES, CODE, END, MARK, NONE, REFEED, RUN_MINIMUM, SYMBOL, TEXT, Definition, Op, State

_HEX = {ord(c): int(c, 16) for c in string.hexdigits}
# Codes whose alphabet is nearly all of a text make readable runs of eight by chance in every page; of twelve, hardly ever.
_LONG_RUN = 12
_DIGITS = {ord(c): int(c) for c in string.digits}


def _radix(
    name: str, values: dict[int, int], bits: int, period: int, resets: tuple[str, ...], run_minimum: int = RUN_MINIMUM
) -> Definition:
    """Define a code of `bits` per symbol whose phase repeats every `period` symbols.

    States are (mode, phase); modes: "plain" keeps its phase over foreign characters, "padding" restarts at `=`, "token" at any foreign
    character.
    """

    def step(state: State, symbol: int) -> Op:
        mode, phase = cast("tuple[str, int]", state)
        value = values.get(symbol)
        if value is None:
            restart = symbol != END and (mode == "token" or (mode == "padding" and symbol == ord("=")))
            return Op((mode, 0), keep=0) if restart else Op(state)
        have = phase * bits % 8 + bits  # bits that are not emitted yet, with this symbol's
        following = (mode, (phase + 1) % period)
        if have < 8:
            return Op(following, flags=SYMBOL, mul=1 << bits, add=value)
        left = have - 8
        return Op(following, BYTES, SYMBOL, 1 << bits, value, (1 << left) - 1, left, 1, -(-have // bits) - 1)

    starts = tuple(("plain", phase) for phase in range(period)) + tuple((mode, 0) for mode in resets)
    minimum = -(-run_minimum * 8 // bits)
    return Definition(name, "runs", step, starts, frozenset(values), minimum, run_minimum=run_minimum)


def base64() -> Definition:
    """Read both alphabets of RFC 4648 mixed (`+/` and `-_`)."""
    alphabet = string.ascii_uppercase + string.ascii_lowercase + string.digits
    values = {ord(c): i for i, c in enumerate(alphabet)} | {ord("+"): 62, ord("-"): 62, ord("/"): 63, ord("_"): 63}
    return _radix("base64", values, 6, 4, ("padding", "token"))


def base32() -> Definition:
    """Read the standard alphabet in either case."""
    values = {ord(c): i for i, c in enumerate(string.ascii_uppercase + "234567")}
    return _radix("base32", values | {ord(chr(c).lower()): i for c, i in values.items()}, 5, 8, ("padding",), _LONG_RUN)


def hexadecimal() -> Definition:
    """Read pairs of hex digits, separators skipped."""
    return _radix("hex", _HEX, 4, 2, ())


def binary() -> Definition:
    """Read octets of 0 and 1."""
    return _radix("binary", {ord("0"): 0, ord("1"): 1}, 1, 8, ())


def hexadecimal_prefixed() -> Definition:
    """Read pairs of hex digits in which `0x` before a pair is a prefix (ambiguous with plain pairs, so a reading of its own)."""

    def step(state: State, symbol: int) -> Op:
        value = _HEX.get(symbol)
        if state == "zero" and symbol in (ord("x"), ord("X")):
            return Op("pair", keep=0)
        if value is None:
            return Op("digit" if state == "zero" else state)
        if state == "pair":
            return Op("zero" if value == 0 else "digit", flags=SYMBOL, mul=16, add=value)
        return Op("pair", BYTES, SYMBOL, 16, value, 0, 0, 1, 1)

    return Definition("hex_prefixed", "runs", step, ("pair", "digit"), frozenset(_HEX), 2 * RUN_MINIMUM)


def _base85(name: str, values: dict[int, int]) -> Definition:
    """Define a code of five symbols per four bytes.

    A group that a lane's end cuts short is read as if filled with the highest symbol, n symbols giving n - 1 bytes. States: (mode,
    symbols so far).
    """

    def flush(mode: str, have: int) -> Op:
        missing = 5 - have
        fill = sum(84 * 85**place for place in range(missing))
        return Op((mode, 0), BYTES, 0, 85**missing, fill, 0, 24, have - 1, have - 1)

    def step(state: State, symbol: int) -> Op:
        mode, have = cast("tuple[str, int]", state)
        value = values.get(symbol)
        if value is None:
            if have >= 2 and (symbol == END or mode == "token"):
                return flush(mode, have)
            return Op((mode, 0), keep=0) if mode == "token" and symbol != END else Op(state)
        if have == 4:
            return Op((mode, 0), BYTES, SYMBOL, 85, value, 0, 24, 4, 4)
        return Op((mode, have + 1), flags=SYMBOL, mul=85, add=value)

    starts = (*((("plain", have)) for have in range(5)), ("token", 0))
    return Definition(name, "runs", step, starts, frozenset(values), _LONG_RUN * 5 // 4, run_minimum=_LONG_RUN, mapped=False)


def base85() -> Definition:
    """Read the alphabet of RFC 1924 (Python's b85encode, git)."""
    alphabet = string.digits + string.ascii_uppercase + string.ascii_lowercase + "!#$%&()*+-;<=>?@^_`{|}~"
    return _base85("base85", {ord(c): i for i, c in enumerate(alphabet)})


def ascii85() -> Definition:
    """Read Adobe's alphabet, `!` to `u`; the shorthand `z` for four zero bytes carries nothing visible and is skipped."""
    return _base85("ascii85", {33 + i: i for i in range(85)})


def _numbers(name: str, values: dict[int, int], radix: int) -> Definition:
    """Define a list of numbers, each one character, between any separators; a number with a digit too high for the radix is none."""

    def step(state: State, symbol: int) -> Op:
        value = values.get(symbol)
        if state == "gap":
            if value is not None:
                return Op("number", NONE, MARK, 0, value)
            return Op("wrong") if symbol in _DIGITS else Op("gap")
        if symbol in _DIGITS:
            return Op("number", mul=radix, add=value) if state == "number" and value is not None else Op("wrong", keep=0)
        return Op("gap", CODE, REFEED, keep=0) if state == "number" else Op("gap")

    return Definition(name, "runs", step, ("gap",), frozenset(values), 2 * _LONG_RUN, run_minimum=_LONG_RUN)


def decimal() -> Definition:
    """Read decimal character codes."""
    return _numbers("decimal", _DIGITS, 10)


def octal() -> Definition:
    """Read octal character codes, with or without backslashes."""
    return _numbers("octal", {c: v for c, v in _DIGITS.items() if v < 8}, 8)


_MORSE = {
    "a": ".-", "b": "-...", "c": "-.-.", "d": "-..", "e": ".", "f": "..-.", "g": "--.", "h": "....", "i": "..", "j": ".---", "k": "-.-",
    "l": ".-..", "m": "--", "n": "-.", "o": "---", "p": ".--.", "q": "--.-", "r": ".-.", "s": "...", "t": "-", "u": "..-", "v": "...-",
    "w": ".--", "x": "-..-", "y": "-.--", "z": "--..", "0": "-----", "1": ".----", "2": "..---", "3": "...--", "4": "....-", "5": ".....",
    "6": "-....", "7": "--...", "8": "---..", "9": "----.", ".": ".-.-.-", ",": "--..--", "?": "..--..", "'": ".----.", "!": "-.-.--",
    "/": "-..-.", "(": "-.--.", ")": "-.--.-", "&": ".-...", ":": "---...", ";": "-.-.-.", "=": "-...-", "+": ".-.-.", "-": "-....-",
    "_": "..--.-", '"': ".-..-.", "$": "...-..-", "@": ".--.-.",
}  # fmt: skip  # ITU-R M.1677-1 s.1.1; `!`, `&`, `;`, `_` and `$` by common use


def morse() -> Definition:
    """Read Morse signals: dots and dashes, letters apart by one or two blanks, words by more, by a line end, `/` or `|`."""
    letters = {code: letter for letter, code in _MORSE.items()}
    marks = {ord("."): ".", ord("*"): ".", ord("-"): "-", ord("_"): "-"}
    prefixes = {code[:end] for code in letters for end in range(1, len(code) + 1)}

    def gap(state: str, symbol: int) -> Op:
        ends_word = symbol in (ord("/"), ord("|"), ord("\n"))
        if ends_word or symbol in (ord(" "), ord("\t"), ord("\r")):
            following = "word" if ends_word else {"letter": "blank", "blank": "blanks", "blanks": "word"}.get(state, state)
            return Op(following, NONE, MARK if following == "word" != state else 0)
        return Op("start") if symbol == END else Op("start", BREAK)

    def step(state: State, symbol: int) -> Op:
        assert isinstance(state, str)
        mark = marks.get(symbol)
        if state[:1] in {".", "-"}:
            if mark is not None:
                return Op(state + mark) if state + mark in prefixes else Op("start", BREAK)
            letter = letters.get(state)
            return Op("letter", TEXT, REFEED, text=letter) if letter else Op("letter", NONE, REFEED)
        if mark is None:
            return gap(state, symbol)
        if state == "word":
            return Op("start", TEXT, REFEED, text=" ")
        return Op(mark, NONE, MARK)

    return Definition("morse", "runs", step, ("start",), frozenset(marks), RUN_MINIMUM // 2)


BLOCK_CODES = (base64, base32, base85, ascii85, hexadecimal, hexadecimal_prefixed, binary, decimal, octal, morse)
