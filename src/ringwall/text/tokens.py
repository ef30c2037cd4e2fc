"""Token folds: readings that a word, not a character, decides. Outside the automaton tables, because they are no finite-state maps of a
whole text: a scrambled word is recognised by a lexicon (the phrases' own words), Pig Latin moves letters from one end of a word to the
other.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable
from string import ascii_letters

from ringwall.text.view import Mapped

Change = tuple[int, int, str]
"""A span of a text and what to put in its place."""

_WORD = re.compile(r"[A-Za-z]+")
_PIG_END = re.compile(r"ay\b")
_PIG_MINIMUM = 3  # words that end in "ay" before a text may be Pig Latin ("may", "day", "way" are English)
_PIG_WINDOW = 64  # characters that so many may be apart
_SCRAMBLED_MINIMUM = 4  # letters: shorter words have no interior to permute
_LONGEST_WORD = 64
_REMEMBERED = 20_000  # tokens


class Lexicon:
    """The words of a list of phrases, by a key that keeps both ends of a word and sorts its interior."""

    def __init__(self, phrases: Iterable[str]) -> None:
        words = {word.lower() for phrase in phrases for word in _WORD.findall(phrase)}
        self._words = {_key(word): word for word in sorted(words) if len(word) >= _SCRAMBLED_MINIMUM}
        self.native: object | None = None  # the C interpreter keeps its copy of the words here
        self._plain: set[str] = set()  # tokens that stand for no other word, so that ordinary words are looked at once

    @property
    def words(self) -> tuple[str, ...]:
        """The words that a scrambled one may stand for: one for each key."""
        return tuple(word for word in self._words.values() if len(word) <= _LONGEST_WORD)

    def scrambled(self, text: str) -> list[Change]:
        """Find the scrambled forms of the lexicon's words, and which word each stands for."""
        if not self._words:
            return []
        scrambled: dict[str, str] = {}
        for token in set(_WORD.findall(text)) - self._plain:
            word = self.meant(token)
            if word is not None:
                scrambled[token] = word
            elif len(self._plain) < _REMEMBERED:
                self._plain.add(token)
        return [(m.start(), m.end(), scrambled[m[0]]) for m in _WORD.finditer(text) if m[0] in scrambled] if scrambled else []

    def meant(self, token: str) -> str | None:
        """Return the word that a token scrambles; None if there is none, or it is the word."""
        if not _SCRAMBLED_MINIMUM <= len(token) <= _LONGEST_WORD:
            return None
        lower = token.lower()
        word = self._words.get(_key(lower))
        return None if word == lower else word


def _key(word: str) -> str:
    return word[0] + "".join(sorted(word[1:-1])) + word[-1]


def pig_latin(text: str) -> list[Change]:
    """Undo Pig Latin as machines write it (first letter to the end, then "ay"): return its words and what they stand for; none if no three
    are close together.
    """
    if text.count("ay") < _PIG_MINIMUM:
        return []
    changes = pig_words(text)
    close = any(last[1] - first[0] <= _PIG_WINDOW for first, last in zip(changes, changes[_PIG_MINIMUM - 1 :], strict=False))
    return changes if close else []


def pig_words(text: str) -> list[Change]:
    """Return every word that may be Pig Latin, and what it stands for, however few there are."""
    changes: list[Change] = []
    for match in _PIG_END.finditer(text):  # from the end of a word to its start: most words need no look
        start = place = match.start() - 1
        if place < 0 or text[place] not in ascii_letters:
            continue
        while start > 0 and place - start < _LONGEST_WORD and text[start - 1] in ascii_letters:
            start -= 1
        if start < place:
            changes.append((start, match.end(), text[place] + text[start:place]))
    return changes


def changed_length(text: str, changes: list[Change]) -> int:
    """Return how long a text is once its changes are made."""
    length = len(text)
    for start, end, word in changes:
        length += len(word) - (end - start)
    return length


def replaced(text: str, changes: list[Change]) -> Mapped | None:
    """Replace spans of a text; each new character is made from the whole span."""
    if not changes:
        return None
    pieces, starts, ends = [], array("I"), array("I")
    place = 0
    for start, end, word in [*changes, (len(text), len(text), "")]:
        pieces.append(text[place:start])
        starts.extend(range(place, start))
        ends.extend(range(place + 1, start + 1))
        pieces.append(word)
        starts.extend([start] * len(word))
        ends.extend([end] * len(word))
        place = end
    return Mapped("".join(pieces), starts, ends)
