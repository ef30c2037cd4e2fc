"""Letters written as digits, undone where a detector must decide on one of them."""

from __future__ import annotations

from itertools import islice, product

LETTERS = {"0": "O", "1": "IL", "2": "Z", "3": "E", "4": "A", "5": "S", "6": "G", "7": "T", "8": "B", "9": "G"}
"""The letters that a digit may stand for."""

_LOWER = {digit: letters.lower() for digit, letters in LETTERS.items()}
_DIGITS = {
    letter: letter + "".join(digit for digit, letters in _LOWER.items() if letter in letters) for letter in set("".join(_LOWER.values()))
}


def unleet(text: str, limit: int = 16) -> list[str]:
    """Return the words that `text` may mean with its digits read as letters, at most `limit` of them."""
    return ["".join(letters) for letters in islice(product(*(_LOWER.get(c, c) for c in text)), limit)]


def spellings(word: str) -> list[str]:
    """Return every way to write a word in lower case with digits for some of its letters."""
    return ["".join(characters) for characters in product(*(_DIGITS.get(c, c) for c in word))]
