"""Invariants of the character folds, over every code point there is."""

from __future__ import annotations

import string
import unicodedata

import pytest

from ringwall.text.python_interpreter import _FOLDABLE_ASCII
from ringwall.text.symbols import Folds
from ringwall.text.tables import load_tables

EVERY_CODE_POINT = range(0x110000)


@pytest.fixture(scope="module")
def folds() -> Folds:
    return Folds(load_tables())


@pytest.mark.parametrize("name", ["characters", "letters", "specks"])
def test_a_fold_is_idempotent(folds: Folds, name: str) -> None:
    for code_point in EVERY_CODE_POINT:
        image = folds.fold_character(name, code_point)
        assert image == chr(code_point) or folds.fold(name, image) == image


def test_letters_are_the_same_before_and_after_the_character_fold(folds: Folds) -> None:
    """So whatever the character fold hides from a reader cannot hide a letter from the phrase automaton."""
    for code_point in EVERY_CODE_POINT:
        image = folds.fold_character("characters", code_point)
        assert image == chr(code_point) or folds.fold("letters", image) == folds.fold_character("letters", code_point)


def test_ascii_stays_itself_but_for_controls(folds: Folds) -> None:
    for code_point in range(128):
        changed = folds.fold_character("characters", code_point) != chr(code_point)
        assert changed == bool(_FOLDABLE_ASCII.search(chr(code_point)))
        assert folds.fold_character("specks", code_point) == chr(code_point)


def test_every_compatibility_form_of_a_letter_is_that_letter(folds: Folds) -> None:
    """Independent of our look-alikes: whatever NFKC makes a single ASCII letter or digit folds to the same letter class."""
    compared = 0
    for code_point in range(0x80, 0x110000):
        if 0xD800 <= code_point < 0xE000:
            continue
        compatible = unicodedata.normalize("NFKC", chr(code_point))
        if len(compatible) == 1 and compatible in string.ascii_letters + string.digits:
            compared += 1
            assert folds.fold_character("letters", code_point) == compatible.lower()
    assert compared > 900


def test_look_alikes_are_folded_before_case(folds: Folds) -> None:
    """The order bug of lower() first: GREEK CAPITAL MU, CYRILLIC CAPITAL EN and their like must read as the capitals they look like."""
    for character, letter in {"Μ": "m", "Η": "h", "Ν": "n", "В": "b", "Р": "p", "Ꮖ": "", "Ᏼ": "b", "ꓑ": "p"}.items():
        if letter:
            assert folds.fold_character("letters", ord(character)) == letter


def test_nothing_invisible_survives(folds: Folds) -> None:
    for code_point in (
        0x200B,
        0x200C,
        0x200D,
        0x2060,
        0xFEFF,
        0xAD,
        0x34F,
        0x202E,
        0x2066,
        0x61C,
        0x180E,
        0xFE0F,
        0xE0100,
        0x3164,
        0x301,
        0xD800,
        0,
    ):
        assert folds.fold_character("characters", code_point) == ""
    assert folds.fold("characters", "".join(chr(0xE0000 + ord(c)) for c in "hidden tags")) == "hidden tags"
