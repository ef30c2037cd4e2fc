"""The alphabet that attack rules are written in: a-z without l (1, i and l are one letter), `:` and space.

One byte per code point, so offsets in the canonical text are offsets in the reading it was made from.
"""

from __future__ import annotations

_DIGITS = {"0": "o", "1": "i", "2": "z", "3": "e", "4": "a", "5": "s", "6": "g", "7": "t", "8": "b", "9": "g"}


def _letter(byte: int) -> str:
    char = chr(byte).lower()
    if char in _DIGITS:
        return _DIGITS[char]
    if char == "l":
        return "i"
    return char if "a" <= char <= "z" or char == ":" else " "


_TABLE = bytes(ord(_letter(byte)) for byte in range(256))
_NO_LETTERS = bytes(byte for byte in range(256) if _TABLE[byte] == ord(" "))
_SYMBOLS = {"@": "a", "$": "s", "!": "i", "|": "i", "(": "c", "+": "t"}
_SYMBOL_TABLE = bytes(ord(_SYMBOLS.get(chr(byte), _letter(byte))) for byte in range(128)) + _TABLE[128:]
_SYMBOL_BYTES = b"@$!|(+"


def canonical(text: str) -> bytes:
    """Fold a reading to the rules' alphabet; what is no ASCII letter, digit or colon becomes a space."""
    return text.encode("ascii", "replace").translate(_TABLE)


def canonical_symbols(text: str) -> bytes | None:
    """Fold with `@ $ ! | ( +` read as letters, or return None where a text has no such symbol next to a letter's place."""
    raw = text.encode("ascii", "replace")
    if not any(symbol in raw for symbol in _SYMBOL_BYTES):
        return None
    folded = raw.translate(_SYMBOL_TABLE)
    return None if folded == raw.translate(_TABLE) else folded


def squashed(text: str) -> bytes:
    """Fold a reading to the rules' alphabet and drop the spaces."""
    return text.encode("ascii", "replace").translate(_TABLE, _NO_LETTERS)


def squashed_positions(data: bytes) -> list[int]:
    """Return, for each byte of a squashed text, its position in the canonical one."""
    return [position for position, byte in enumerate(data) if byte != 32]


def fold_word(word: str) -> str:
    """Write a rule's word in the canonical alphabet."""
    return canonical(word).decode("ascii")
