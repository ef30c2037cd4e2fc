"""Texts as symbols: what a phrase and a text are turned into before the phrase automaton reads them (in Python; the C interpreter does
the same).
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence

from ringwall.text.tables import Tables

SEPARATOR = 0
_NIBBLES = 5
_SEPARATORS = re.compile(rb"\x00+")


class Folds:
    """Character folds over strings, without offsets."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._images: dict[str, _Images] = {name: _Images(tables, name) for name in tables.folds}
        self._leet = bytes(range(tables.first_leet, tables.marker))
        self._leet_characters = {code: " " for code in range(128) if tables.symbols[code] in self._leet}
        self._bare = bytes([SEPARATOR])
        self._symbol_cache: dict[str, bytes] = {}

    def fold(self, name: str, text: str) -> str:
        """Apply one character fold to a string."""
        return text.translate(self._images[name])

    def fold_character(self, name: str, code_point: int) -> str:
        """Return the image of one code point."""
        return self._images[name][code_point]

    def symbols(self, letters: str) -> bytes:
        """Turn a text of the `letters` fold into symbols."""
        if letters.isascii():
            return letters.encode().translate(self._tables.symbols + bytes(128))
        return b"".join(map(self.symbol, letters))

    def symbol(self, character: str) -> bytes:
        """Turn one character of the `letters` fold into its symbols: one, or a marker and five nibbles."""
        code_point = ord(character)
        if code_point < 128:
            return self._tables.symbols[code_point : code_point + 1]
        marker = self._tables.marker
        return bytes([marker, *(marker + 1 + (code_point >> shift & 15) for shift in range(4 * (_NIBBLES - 1), -1, -4))])

    def places(self, folded: str) -> tuple[bytes, Sequence[int]]:
        """Return the symbols of a folded text and, for each, the index of the character it comes from."""
        if folded.isascii():
            return self.symbols(folded.translate(self._images["letters"])), range(len(folded))
        pieces, places = [], array("I")
        for place, character in enumerate(folded):
            made = self.symbols(self._images["letters"][ord(character)])
            pieces.append(made)
            places.extend([place] * len(made))
        return b"".join(pieces), places

    def squash(self, symbols: bytes, *, with_leet: bool) -> bytes:
        """Drop separators (and leet punctuation)."""
        return symbols.translate(None, self._bare if with_leet else self._bare + self._leet)

    def words(self, symbols: bytes, *, with_leet: bool) -> bytes:
        """Make each run of separators one, with one at either end; leet punctuation separates or is read as letters."""
        if not with_leet:
            symbols = symbols.translate(bytes(SEPARATOR if s in self._leet else s for s in range(256)))
        return _SEPARATORS.sub(b"\x00", b"\x00" + symbols + b"\x00")

    def has_leet(self, symbols: bytes) -> bool:
        """Say whether leet punctuation stands in a text, so that its two readings differ."""
        return any(s in symbols for s in self._leet)

    def is_dropped(self, symbol: int, *, with_leet: bool) -> bool:
        """Say whether `squash` drops a symbol."""
        return symbol == SEPARATOR or (not with_leet and symbol in self._leet)

    def without_leet(self, letters: str) -> str:
        """Make leet punctuation separators."""
        return letters.translate(self._leet_characters)

    def columns(self, stream: bytes, alphabet: int = 0) -> bytes:
        """Turn symbols into the automaton's columns under one reading of the alphabet."""
        return stream.translate(self._tables.columns[alphabet] + bytes(256 - self._tables.symbol_count))


class _Images(dict[int, str]):
    """Code point -> image under one fold, looked up in the tables once."""

    def __init__(self, tables: Tables, name: str) -> None:
        super().__init__()
        self._fold = tables.folds[name]

    def __missing__(self, code_point: int) -> str:
        fold = self._fold
        entry = fold.entries[fold.index[code_point >> 8] << 8 | code_point & 255]
        offset = entry >> 5
        image = "".join(map(chr, fold.pool[offset : offset + (entry & 31)])) if entry else chr(code_point)
        self[code_point] = image
        return image
