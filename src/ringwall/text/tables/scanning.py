"""Definitions of what the phrase automaton reads: symbols of a text, columns of the automaton, and the readings under which one text is
scanned.

A text becomes symbols (letters and digits of the `letters` fold, leet symbols, one SEPARATOR for anything else; a letter outside ASCII is
MARKER and five nibbles of its code point). A reading permutes symbols into columns: rotate or mirror the alphabet, then collapse what
leet writing confuses (i, l, 1, !, |).
"""

from __future__ import annotations

import string

from ringwall.text.tables.character_folds import LEET_SYMBOLS, letters

SEPARATOR = 0
FIRST_LETTER = 1
FIRST_DIGIT = FIRST_LETTER + 26
FIRST_LEET = FIRST_DIGIT + 10
MARKER = FIRST_LEET + len(LEET_SYMBOLS)
FIRST_NIBBLE = MARKER + 1
SYMBOL_COUNT = FIRST_NIBBLE + 16

# What people write in place of a letter; the first letter of each is the one it collapses to.
LEET: dict[str, str] = {
    "0": "o",
    "1": "il",
    "3": "e",
    "4": "a",
    "5": "s",
    "7": "t",
    "8": "b",
    "@": "a",
    "$": "s",
    "!": "il",
    "|": "il",
    "+": "t",
}
_MERGED = {"l": "i"}
_KEPT_DIGITS = [d for d in string.digits if d not in LEET]

_COLUMN_CHARACTERS = [c for c in string.ascii_lowercase if c not in _MERGED] + _KEPT_DIGITS
COLUMN_SEPARATOR = 0
_FIRST_SPECIAL_COLUMN = 1 + len(_COLUMN_CHARACTERS)
COLUMN_COUNT = _FIRST_SPECIAL_COLUMN + 17


def symbol_table() -> bytes:
    """Return uint8[128]: ASCII character -> symbol."""
    table = bytearray(128)
    for code_point in range(128):
        folded = letters(code_point) or " "
        table[code_point] = _symbol(folded)
    return bytes(table)


def _symbol(character: str) -> int:
    if character in string.ascii_lowercase:
        return FIRST_LETTER + ord(character) - ord("a")
    if character in string.digits:
        return FIRST_DIGIT + int(character)
    if character in LEET_SYMBOLS:
        return FIRST_LEET + LEET_SYMBOLS.index(character)
    return SEPARATOR


def _column(character: str) -> int:
    character = LEET.get(character, character)[0]
    return 1 + _COLUMN_CHARACTERS.index(_MERGED.get(character, character))


def columns_of(alphabet: str) -> bytes:
    """Return uint8[SYMBOL_COUNT]: symbol -> column, when the letter i of the text stands for `alphabet[i]`."""
    table = bytearray(SYMBOL_COUNT)
    for i in range(26):
        table[FIRST_LETTER + i] = _column(alphabet[i])
    for i, digit in enumerate(string.digits):
        table[FIRST_DIGIT + i] = _column(digit)
    for i, symbol in enumerate(LEET_SYMBOLS):
        table[FIRST_LEET + i] = _column(symbol)
    for i in range(17):
        table[MARKER + i] = _FIRST_SPECIAL_COLUMN + i
    return bytes(table)


def alphabets() -> dict[str, str]:
    """Return name -> what a..z stand for; "" is the plain alphabet, first."""
    a_to_z = string.ascii_lowercase
    rotations = {f"rot{k}": a_to_z[k:] + a_to_z[:k] for k in range(1, 26)}
    return {"": a_to_z, **rotations, "atbash": a_to_z[::-1]}


def character_map(alphabet: str) -> bytes:
    """Return uint8[128]: ASCII character -> ASCII character, case kept."""
    table = bytearray(range(128))
    for i, letter in enumerate(alphabet):
        table[ord("a") + i] = ord(letter)
        table[ord("A") + i] = ord(letter.upper())
    return bytes(table)


def leet_map() -> bytes:
    """Return uint8[128]: the reading of leet digits as letters (and `$`, `|`); `@`, `!` and `+` stay, being punctuation more often."""
    table = bytearray(range(128))
    for character, meaning in LEET.items():
        if character not in "@!+":
            table[ord(character)] = ord(meaning[0])
    return bytes(table)
