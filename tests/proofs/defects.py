"""Defects planted in the tables, each with the class (or "theorems") that must refute it."""

from __future__ import annotations

import string
from collections.abc import Callable

from tests.proofs.table_file import ADD, BYTES, CODE, COUNT, FAIL, FLAGS, KEEP, KIND, MUL, NONE, SHIFT, TEXT, TableFile

Plant = Callable[[TableFile], None]
MARK, REFEED, CHANGE = 1, 2, 16


def dropped(name: str) -> Plant:
    return lambda t: t.drop(name)


def dropped_too(*names: str) -> Plant:
    """Drop decoders that read each other's simpler texts."""

    def plant(t: TableFile) -> None:
        for name in names:
            t.drop(name)

    return plant


def and_no_prefixed(plant: Plant) -> Plant:
    """The decoder of 0xHH lists reads plain pairs as well: without it, a defect of the hex decoder shows."""

    def both(t: TableFile) -> None:
        t.drop("hex_prefixed")
        plant(t)

    return both


def and_no_hex(plant: Plant) -> Plant:
    """The decoder of hex pairs reads simple escapes as well."""

    def both(t: TableFile) -> None:
        t.drop("hex")
        t.drop("hex_prefixed")
        plant(t)

    return both


def without_lane(name: str, lane: int) -> Plant:
    def plant(t: TableFile) -> None:
        starts = t.machine(name)["starts"]
        t.machine(name)["starts"] = starts[:lane] + starts[lane + 1 :]

    return plant


def same_class(name: str, symbols: str, other: str) -> Plant:
    def plant(t: TableFile) -> None:
        for symbol in symbols:
            t.same_class(name, ord(symbol), ord(other))

    return plant


def swapped(name: str, symbol: str, other: str) -> Plant:
    return lambda t: t.swap_classes(name, ord(symbol), ord(other))


def changed(name: str, field: int, change: Callable[[int], int], kind: int | None = None) -> Plant:
    def edit(row: list[int]) -> None:
        if kind is None or row[KIND] == kind:
            row[field] = change(row[field])

    return lambda t: t.change(name, edit)


def field(name: str, key: str, value: object) -> Plant:
    def plant(t: TableFile) -> None:
        t.machine(name)[key] = value

    return plant


def restarting(name: str, symbols: str) -> Plant:
    """Every lane starts afresh at some symbols."""

    def plant(t: TableFile) -> None:
        for symbol in symbols:
            for state in range(t.machine(name)["state_count"]):
                op = t.op(name, state, ord(symbol))
                t.put(name, state, ord(symbol), [t.machine(name)["starts"][0], NONE, 0, 1, 0, 0, *op[6:]])

    return plant


def failing(name: str, before: str, symbols: str) -> Plant:
    """Behind `before` some symbols make the decoder fail."""

    def plant(t: TableFile) -> None:
        start, state = t.machine(name)["starts"][0], t.walk(name, before)
        for symbol in symbols:
            t.put(name, state, ord(symbol), [start, FAIL, 0, 1, 0, -1, 0, 0, 0, 0, 0])

    return plant


def deaf(name: str, before: str, symbol: str) -> Plant:
    """Behind `before` a symbol is swallowed."""

    def plant(t: TableFile) -> None:
        state = t.walk(name, before)
        t.put(name, state, ord(symbol), [state, NONE, 0, 1, 0, -1, 0, 0, 0, 0, 0])

    return plant


def columns_of(alphabet: int, symbol: int, change: int) -> Plant:
    def plant(t: TableFile) -> None:
        count = t.header["scan"]["symbol_count"]
        t.sections["scan.columns"][alphabet * count + symbol] += change

    return plant


def folding(name: str, images: dict[int, str]) -> Plant:
    def plant(t: TableFile) -> None:
        for code_point, image in images.items():
            t.fold(name, code_point, image)

    return plant


def without_reading(reading: int) -> Plant:
    def plant(t: TableFile) -> None:
        for machine in t.header["machines"]:
            machine["readings"] = [r for r in machine["readings"] if r != reading]

    return plant


def swallowing_utf8(t: TableFile) -> None:
    """After a truncated character the offending byte is eaten."""
    table = t.sections["utf8.transitions"]
    for state in range(1, 8):
        for byte in range(0x80):
            table[state * 256 + byte] = 0


def no_wide_utf8(t: TableFile) -> None:
    table = t.sections["utf8.transitions"]
    for lead in range(0xE0, 0xF0):
        table[lead] = 8


def wrong_leads(t: TableFile) -> None:
    for lead in range(0xE0, 0xF0):
        t.sections["utf8.leads"][lead] = 0x07 if lead & 8 else 0


def without_change(t: TableFile) -> None:
    """What percent escapes make does not count as a change."""

    def edit(row: list[int]) -> None:
        if row[KIND] == BYTES:
            row[FLAGS] &= ~CHANGE

    t.change("quoted_printable", edit)
    t.machine("quoted_printable")["lattice"] = False


def no_lattice(name: str) -> Plant:
    return field(name, "lattice", value=False)


def constant_length(t: TableFile) -> None:
    """Numeric references end after one digit."""
    state = t.walk("escapes", "&#1")
    for digit in string.digits:
        op = t.op("escapes", state, ord(digit))
        t.put("escapes", state, ord(digit), [t.machine("escapes")["starts"][0], CODE, CHANGE, 10, op[ADD], 0, 0, 0, 0, 0, 0])


_FULL_WIDTH = {0xFEE0 + c: chr(0xFEE0 + c) for c in range(0x21, 0x7F)}
_LOWER = "abcdefghijklmnopqrstuvwxyz"

DEFECTS: dict[str, tuple[str, Plant]] = {
    "base64 is not decoded": ("base64", dropped("base64")),
    "base32 is not decoded": ("base32", dropped("base32")),
    "hex is not decoded": ("hex", dropped_too("hex", "hex_prefixed")),
    "lists of 0xHH are not decoded": ("hex-prefixed", dropped("hex_prefixed")),
    "binary is not decoded": ("binary", dropped("binary")),
    "decimal codes are not decoded": ("decimal", dropped("decimal")),
    "octal codes are not decoded": ("octal", dropped("octal")),
    "Morse is not decoded": ("morse", dropped("morse")),
    "escapes are not decoded": ("escapes", dropped("escapes")),
    "quoted-printable is not decoded": ("quoted-printable-mixed", dropped("quoted_printable")),
    "base85 is not decoded": ("theorems", dropped("base85")),
    "ascii85 is not decoded": ("theorems", dropped("ascii85")),
    "base64 is read from its second offset on": ("base64", without_lane("base64", 0)),
    "base64 misses its last offset": ("base64", without_lane("base64", 3)),
    "base32 misses an offset": ("base32", without_lane("base32", 4)),
    "hex is read at even places only": ("hex", and_no_prefixed(without_lane("hex", 1))),
    "binary misses an offset": ("binary", without_lane("binary", 5)),
    "base64 does not know the URL alphabet": ("base64", same_class("base64", "-_", "=")),
    "base64 does not know the standard alphabet": ("base64", same_class("base64", "+/", "=")),
    "base32 in small letters is not read": ("base32", same_class("base32", _LOWER, "=")),
    "hex in capitals is not read": ("hex", and_no_prefixed(same_class("hex", "ABCDEF", "."))),
    "two symbols of base64 are mixed up": ("base64", swapped("base64", "W", "X")),
    "two symbols of base32 are mixed up": ("base32", swapped("base32", "M", "N")),
    "hex digits are off by one": ("hex", and_no_prefixed(swapped("hex", "6", "7"))),
    "base64 shifts by one bit too many": ("base64", changed("base64", SHIFT, lambda s: s + 1, BYTES)),
    "base64 forgets the bits left over": ("base64", changed("base64", KEEP, lambda _: 0, BYTES)),
    "base32 forgets the bits left over": ("base32", changed("base32", KEEP, lambda _: 0, BYTES)),
    "base64 starts afresh at padding in every lane": ("base64", restarting("base64", "=")),
    "base64 starts afresh at every blank": ("base64", restarting("base64", " \n")),
    "binary starts afresh at every line": ("binary", restarting("binary", "\n ")),
    "base64 waits for too many symbols": ("base64", field("base64", "minimum", 60)),
    "hex waits for too many symbols": ("hex", and_no_prefixed(field("hex", "minimum", 80))),
    "escapes do not know capitals in percent escapes": ("percent-mixed", failing("escapes", "%6", "ABCDEF")),
    "percent escapes of 6x are not known": ("percent-mixed", failing("escapes", "%", "6")),
    "&#X is not known": ("html-references", failing("escapes", "&#", "X")),
    "&#x is not known": ("html-references", failing("escapes", "&#", "x")),
    "decimal references may not start with zero": ("escapes-mixed", failing("escapes", "&#", "0")),
    "numeric references end after two digits": ("escapes-mixed", constant_length),
    "backslash x is not known": ("escapes-mixed", failing("escapes", "\\", "x")),
    "backslash U is not known": ("escapes-mixed", failing("escapes", "\\", "U")),
    "braces are not known": ("escapes-mixed", failing("escapes", "\\u", "{")),
    "octal escapes are not known": ("backslash-escapes", failing("escapes", "\\", "01234567")),
    "U+ is not known": ("u-plus", and_no_hex(failing("escapes", "U", "+"))),
    "quoted-printable knows no capitals": ("quoted-printable-mixed", failing("quoted_printable", "=", "ABCDEF67")),
    "quoted-printable changes do not count": ("quoted-printable-mixed", without_change),
    "decimal codes with leading zeros are dropped": ("decimal", deaf("decimal", "0", "1")),
    "octal codes are read to the base ten": ("octal", changed("octal", MUL, lambda m: 10 if m == 8 else m)),
    "a Morse letter is wrong": ("morse", changed("morse", KIND, lambda _: NONE, TEXT)),
    "Morse does not know slashes": ("morse", same_class("morse", "/", "x")),
    "base85 is off by one": ("theorems", changed("base85", ADD, lambda a: a + 1)),
    "base85 emits three bytes": ("theorems", changed("base85", COUNT, lambda c: min(c, 3), BYTES)),
    "ascii85 knows no capitals": ("theorems", same_class("ascii85", string.ascii_uppercase, "~")),
    "UTF-8 swallows the byte behind a truncated character": ("theorems", swallowing_utf8),
    "UTF-8 knows no characters of three bytes": ("theorems", no_wide_utf8),
    "zero-width spaces stay": ("theorems", folding("characters", {0x200B: "x"})),
    "soft hyphens stand for letters": ("theorems", folding("characters", {0xAD: "o"})),
    "full width is not folded": ("theorems", folding("characters", _FULL_WIDTH)),
    "tag characters vanish": ("theorems", folding("characters", {0xE0000 + c: "" for c in range(0x61, 0x7B)})),
    "a mathematical letter folds to its neighbour": ("theorems", folding("characters", {0x1D400: "B"})),
    "rot13 has one letter wrong": ("theorems", columns_of(13, 1, 1)),
    "rot7 has one letter wrong": ("theorems", columns_of(7, 5, 1)),
    "atbash has one letter wrong": ("theorems", columns_of(26, 5, 1)),
    "a leet digit has a column of its own": ("theorems", columns_of(0, 27 + 3, 1)),
    "decoders do not read backwards": ("theorems", without_reading(1)),
    "decoders do not read rot13": ("theorems", without_reading(2)),
    "decoders do not read atbash": ("theorems", without_reading(3)),
}  # fmt: skip
