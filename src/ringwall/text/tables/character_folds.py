"""Definitions of the character folds: what the generator evaluates once for each of the 1,114,112 code points.

Three maps from one code point to a short string, so each is a letter homomorphism (an attacker who only substitutes characters with the
same image gains nothing). Order matters: look-alikes are folded before case, because `lower()` first turns GREEK CAPITAL MU into a letter
that looks like nothing.

    characters  what a reader sees, case kept: compatibility forms, look-alikes, width, tags, circled letters; invisible and combining
    characters go. letters     case, letters and digits only; every other character is one space. letters(characters(x)) == letters(x).
    specks      emoji and other pictures go, the rest stays.

Source: Unicode 14 as shipped in CPython 3.11's unicodedata (UAX #15 NFKD, UAX #44 categories); `lookalikes.py`.
"""

from __future__ import annotations

import unicodedata
from functools import cache

from ringwall.text.tables.lookalikes import EXPANSIONS, lookalike_map, named_letter

LEET_SYMBOLS = "@$!|+"

_LOOKALIKES = lookalike_map()
_EXPANSIONS = {ord(c): text for c, text in EXPANSIONS.items()}
_KEPT_CONTROLS = "\t\n\r"
_LINE_ENDS = {0x0B, 0x0C, 0x85, 0x2028, 0x2029}
# Blank though their category says letter or symbol: Hangul fillers, Braille blank; and unassigned code points that Unicode reserves as
# ignorable.
_FILLERS = {0x115F, 0x1160, 0x3164, 0xFFA0, 0x2065} | set(range(0xFFF0, 0xFFF9)) | set(range(0xE0000, 0xE1000))
_BLANKS = {0x2800}
_TAGS = range(0xE0020, 0xE007F)
_DELETED_CATEGORIES = {"Mn", "Me", "Cf", "Cc", "Cs"}


def _one_step(code_point: int) -> str:
    """Fold one non-ASCII code point without looking at what comes out."""
    character = chr(code_point)
    category = unicodedata.category(character)
    listed = _LOOKALIKES.get(code_point) or _EXPANSIONS.get(code_point)
    if code_point in _TAGS:
        return chr(code_point - 0xE0000)
    if code_point in _LINE_ENDS:
        return "\n"
    if code_point in _BLANKS or category == "Zs":
        return " "
    if listed:
        return listed
    if code_point in _FILLERS or category in _DELETED_CATEGORIES:
        return ""
    return named_letter(code_point) or unicodedata.normalize("NFKD", character)


@cache
def characters(code_point: int) -> str:
    """Return what a reader sees in place of one code point, case kept."""
    if code_point < 0x80:
        character = chr(code_point)
        if character.isprintable() or character in _KEPT_CONTROLS:
            return character
        return "\n" if code_point in _LINE_ENDS else ""
    step = _one_step(code_point)
    if step == chr(code_point):
        return step
    return "".join(characters(ord(piece)) for piece in step)


@cache
def letters(code_point: int) -> str:
    """Return the case-folded letters and digits of one code point; a leet symbol stays, anything else is a space."""
    text = characters(code_point)
    for _ in range(4):  # case folding may bring up a look-alike (final sigma), whose fold may have case again
        folded = "".join(characters(ord(piece)) for piece in text.casefold())
        if folded == text:
            break
        text = folded
    return "".join(piece if _is_letter(piece) else " " for piece in text)


def specks(code_point: int) -> str:
    """Delete pictures (emoji, dingbats, modifiers), keep the rest."""
    character = chr(code_point)
    pictorial = unicodedata.category(character) in {"So", "Sk"} or 0x1F000 <= code_point < 0x1FB00
    return "" if pictorial and code_point >= 0x80 else character


def _is_letter(character: str) -> bool:
    return character in LEET_SYMBOLS or unicodedata.category(character)[0] in "LN"
