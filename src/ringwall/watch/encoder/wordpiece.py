"""BERT's uncased word pieces, each with the place in the text it came from.

Source: "Google's Neural Machine Translation System" (Wu et al., 2016); BERT's `BasicTokenizer` and `WordpieceTokenizer`. Vectors
compare it with the package `tokenizers` (tests/conformance/watch/test_wordpiece.py), which is not used here because it brings a client that
downloads models. It differs on purpose in two things: what a text says is never a special piece, be it `[SEP]`, so that nobody forges a
border; and code points that Python's tables of Unicode give no character are left out, where the package keeps some as unknown words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

import msgspec

LONGEST_WORD = 100  # characters; a longer one is unknown, as in BERT
_KEPT_WORDS = 1 << 15

_ASCII = re.compile(r"[a-z0-9]+|[^\sa-z0-9]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_IDEOGRAPHS = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)


class Pieces(msgspec.Struct, frozen=True, gc=False):
    """A text's pieces without special ones: vocabulary ids, and each piece's first and last-plus-one character in the text."""

    ids: Sequence[int]
    starts: Sequence[int]
    ends: Sequence[int]

    def __len__(self) -> int:
        """Return the number of pieces."""
        return len(self.ids)


class WordPiece:
    """Cuts texts into pieces of one vocabulary."""

    def __init__(self, vocabulary: Iterable[str]) -> None:
        """Take the pieces in the order of their ids; pieces inside a word begin with `##`."""
        self._ids = {piece: index for index, piece in enumerate(vocabulary)}
        self.pad, self.unknown, self.begin, self.end = (self._ids[name] for name in ("[PAD]", "[UNK]", "[CLS]", "[SEP]"))
        self._words: dict[str, tuple[tuple[int, int], ...]] = {}

    def pieces(self, text: str) -> Pieces:
        """Cut a text."""
        ids: list[int] = []
        starts: list[int] = []
        ends: list[int] = []
        known, cut = self._words, self._cut
        if text.isascii() and not _CONTROL.search(text):
            for match in _ASCII.finditer(text.lower()):
                word, at = match.group(), match.start()
                for piece, length in known.get(word) or cut(word):
                    ids.append(piece)
                    starts.append(at)
                    at += length
                    ends.append(at)
            return Pieces(ids, starts, ends)
        for word, places in _words(text):
            at = 0
            for piece, length in known.get(word) or cut(word):
                ids.append(piece)
                starts.append(places[at])
                at += length
                ends.append(places[at - 1] + 1)
        return Pieces(ids, starts, ends)

    def _cut(self, word: str) -> tuple[tuple[int, int], ...]:
        """Return (id, characters) of a word's pieces: the longest known prefix each time; unknown where one cannot be cut."""
        found = self._greedy(word) if len(word) <= LONGEST_WORD else ()
        if not found:
            return ((self.unknown, len(word)),)
        if len(self._words) >= _KEPT_WORDS:
            self._words.clear()
        self._words[word] = found
        return found

    def _greedy(self, word: str) -> tuple[tuple[int, int], ...]:
        found: list[tuple[int, int]] = []
        start, ids = 0, self._ids
        while start < len(word):
            prefix = "##" if start else ""
            for end in range(len(word), start, -1):
                piece = ids.get(prefix + word[start:end])
                if piece is not None:
                    found.append((piece, end - start))
                    start = end
                    break
            else:
                return ()
        return tuple(found)


def _words(text: str) -> list[tuple[str, list[int]]]:
    """Return folded words and lone marks, each character with its place in the text."""
    out: list[tuple[str, list[int]]] = []
    word: list[str] = []
    places: list[int] = []

    def finish() -> None:
        if word:
            out.append(("".join(word), places.copy()))
            word.clear()
            places.clear()

    for place, character in enumerate(text):
        for folded in _folded(character):
            if folded == " ":
                finish()
            elif _stands_alone(folded):
                finish()
                out.append((folded, [place]))
            else:
                word.append(folded)
                places.append(place)
    finish()
    return out


def _folded(character: str) -> str:
    """Return what BERT reads for a character: nothing for controls and accents, a space for white space, lower case letters."""
    category = unicodedata.category(character)
    if character in "\t\n\r" or category == "Zs":
        return " "
    if character in "\x00\ufffd" or category.startswith("C"):
        return ""
    if character.isspace():
        return " "
    bare = (part for part in unicodedata.normalize("NFD", character) if unicodedata.category(part) != "Mn")
    return "".join(bare).lower()


def _stands_alone(character: str) -> bool:
    code = ord(character)
    if code < 0x80:
        return not character.isalnum()
    return unicodedata.category(character).startswith("P") or any(first <= code <= last for first, last in _IDEOGRAPHS)
