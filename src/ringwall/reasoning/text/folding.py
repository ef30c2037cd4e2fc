"""Theorems about the character folds, over all 1,114,112 code points: what an attacker who substitutes or inserts characters can reach.

Both folds map each code point to a string of its own, so a fold of a text is the concatenation of its characters' folds (a letter
homomorphism): a text whose characters fold alike folds alike, wherever it stands. What is left to check is finite:

    closed       folding what `characters` makes changes nothing (idempotence), so decoders always read folded text
    ordered      letters(characters(c)) == letters(c): look-alikes before case or after it, the same letters
    stable       a visible ASCII character is what `characters` makes of it, so a text written in ASCII is its own fold
    invertible   every letter, in every case and from every look-alike, reaches the column of the letter it looks like (by `ordered`)
    leet         every digit and mark that stands for a letter shares its column
    rotations    in each of the other alphabets a rotated symbol has the column of the plain one, and nothing else moves
    involutions  the maps that decoders read through undo themselves, and no decoder leaves out a reading it can see
"""

from __future__ import annotations

import hashlib
import string
import unicodedata

import msgspec

from ringwall.text.tables import Tables
from ringwall.text.tables.loader import Fold

CODE_POINTS = 0x110000
UNMAPPED = ("base85", "ascii85")  # decoders that read no rotated text; nothing is claimed about such chains
_ALWAYS_INVISIBLE = (0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0xAD, 0x202E, 0x202C, 0xE0001)
_LEET = {"4": "a", "@": "a", "8": "b", "3": "e", "1": "il", "!": "il", "|": "il", "0": "o", "5": "s", "$": "s", "7": "t", "+": "t"}


class Theorem(msgspec.Struct, frozen=True):
    """One finite check, done. `witness`: the first place where it does not hold, empty if there is none."""

    id: str
    says: str
    checked: int
    witness: str
    digest: str

    @property
    def holds(self) -> bool:
        """Whether it was proved."""
        return not self.witness


def images(fold: Fold) -> list[str]:
    """Return the image of every code point."""
    made: list[str] = []
    pages: dict[int, list[tuple[int, str]]] = {}
    for first in range(0, CODE_POINTS, 256):
        page = fold.index[first >> 8]
        if page not in pages:
            entries = fold.entries[page << 8 : (page << 8) + 256]
            pages[page] = [(e, "".join(map(chr, fold.pool[e >> 5 : (e >> 5) + (e & 31)]))) for e in entries]
        made.extend(image if entry else chr(first + i) for i, (entry, image) in enumerate(pages[page]))
    return made


class Folding:
    """The folds of some tables, as lists, and what follows from them."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.characters = images(tables.folds["characters"])
        self.letters = images(tables.folds["letters"])

    def theorems(self) -> tuple[Theorem, ...]:
        """Check everything."""
        return (
            self._over(
                "fold-closed", "characters(characters(c)) == characters(c)", lambda c: self._chars(self.characters[c]), self.characters
            ),
            self._over("fold-ordered", "letters(characters(c)) == letters(c)", lambda c: self._letters(self.characters[c]), self.letters),
            self._ascii(),
            self._case(),
            self._invisible(),
            self._compatible(),
            self._symbols(),
            self._leet(),
            self._rotations(),
            self._involutions(),
        )

    def _chars(self, text: str) -> str:
        return text if len(text) == 1 and self.characters[ord(text)] == text else "".join(self.characters[ord(c)] for c in text)

    def _letters(self, text: str) -> str:
        return "".join(self.letters[ord(c)] for c in text)

    def _over(self, name: str, says: str, left: object, right: list[str]) -> Theorem:
        assert callable(left)
        for c in range(CODE_POINTS):
            if left(c) != right[c]:
                return self._done(name, says, c, f"U+{c:04X}: {left(c)!r} is not {right[c]!r}")
        return self._done(name, says, CODE_POINTS, "")

    def _done(self, name: str, says: str, checked: int, witness: str) -> Theorem:
        digest = hashlib.sha256(f"{name}\n{says}\n{checked}\n{witness}\n{self.tables.digest}".encode()).hexdigest()
        return Theorem(name, says, checked, witness, digest)

    def _first(self, name: str, says: str, facts: list[tuple[str, bool]]) -> Theorem:
        return self._done(name, says, len(facts), next((what for what, true in facts if not true), ""))

    def _ascii(self) -> Theorem:
        says = "a visible ASCII character, blank, tab or line end is what `characters` makes of it"
        return self._first("fold-stable", says, [(f"U+{c:04X}", self.characters[c] == chr(c)) for c in (9, 10, 13, *range(0x20, 0x7F))])

    def _case(self) -> Theorem:
        facts = [
            (f"{chr(c)!r}", self.letters[c] == (chr(c).lower() if chr(c).isalnum() else chr(c) if chr(c) in "@$!|+" else " "))
            for c in range(0x20, 0x7F)
        ]
        return self._first(
            "fold-letters", "`letters` keeps letters in small case, digits and leet marks, and blanks the rest of ASCII", facts
        )

    def _invisible(self) -> Theorem:
        facts = [(f"U+{c:04X}", self.characters[c] == "") for c in _ALWAYS_INVISIBLE]
        facts += [(f"U+{0xE0000 + c:04X}", self.characters[0xE0000 + c] == chr(c)) for c in range(0x20, 0x7F)]
        facts += [(f"U+{0xFEE0 + c:04X}", self.characters[0xFEE0 + c] == chr(c)) for c in range(0x21, 0x7F)]
        return self._first("fold-invisible", "joiners, soft hyphens, bidi controls vanish; tags and full width are their ASCII", facts)

    def _compatible(self) -> Theorem:
        """Hold the fold against Unicode's own compatibility decompositions, which the look-alike list is no part of."""
        facts = []
        for c in range(0x80, CODE_POINTS):
            made = unicodedata.normalize("NFKD", chr(c))
            if len(made) == 1 and made.isascii() and made.isalnum():
                facts.append((f"U+{c:04X}", self.letters[c] == made.lower()))
        return self._first("fold-compatible", "a character that Unicode decomposes to one ASCII letter or digit folds to it", facts)

    def _symbols(self) -> Theorem:
        tables, facts = self.tables, []
        for c in range(0x80):
            image = self.letters[c] or " "
            expected = 0 if image == " " else None
            if image in string.ascii_lowercase:
                expected = 1 + ord(image) - ord("a")
            elif image in string.digits:
                expected = 27 + int(image)
            facts.append((repr(chr(c)), tables.symbols[c] == expected if expected is not None else 37 <= tables.symbols[c] < tables.marker))
        return self._first("scan-symbols", "a letter, a digit and a separator have the symbol of their fold", facts)

    def _leet(self) -> Theorem:
        columns, symbols = self.tables.columns[0], self.tables.symbols
        facts = [
            (f"{mark} for {letter}", columns[symbols[ord(mark)]] == columns[symbols[ord(letter)]])
            for mark, letters in _LEET.items()
            for letter in letters
        ]
        return self._first("scan-leet", "what leet writing puts in a letter's place has the letter's column", facts)

    def _rotations(self) -> Theorem:
        tables, facts = self.tables, []
        letters = string.ascii_lowercase
        wanted = [letters, *(letters[k:] + letters[:k] for k in range(1, 26)), letters[::-1]]
        plain = tables.columns[0]
        for number, alphabet in enumerate(wanted):
            columns = tables.columns[number] if number < len(tables.columns) else b"\xff" * tables.symbol_count
            meaning = {1 + i: 1 + ord(alphabet[i]) - ord("a") for i in range(26)}
            facts += [(f"alphabet {number}, symbol {s}", columns[s] == plain[meaning.get(s, s)]) for s in range(tables.symbol_count)]
        return self._first("scan-rotations", "in all 25 rotations and atbash a symbol has the column of what it stands for", facts)

    def _involutions(self) -> Theorem:
        tables, facts = self.tables, []
        facts.append(("plain, backwards, rot13 and atbash", {(tables.alphabets[a], b) for a, b in tables.decode_readings} >= {
            ("", False), ("", True), ("rot13", False), ("atbash", False)}))  # fmt: skip
        for alphabet, _ in tables.decode_readings:
            name, mapped = tables.alphabets[alphabet], tables.maps[alphabet]
            facts += [(f"{name} of {chr(c)!r}", mapped[c] == _mapped(name, c) and mapped[mapped[c]] == c) for c in range(128)]
        for machine in tables.machines:
            for reading, (alphabet, _) in enumerate(tables.decode_readings):
                mapped = tables.maps[alphabet]
                blind = alphabet and (machine.name in UNMAPPED or all(machine.classes[mapped[c]] == machine.classes[c] for c in range(128)))
                facts.append((f"reading {reading} of {machine.name}", reading in machine.readings or bool(blind)))
        return self._first("decode-readings", "decoders read backwards and through rot13 and atbash, which undo themselves", facts)


def _mapped(name: str, c: int) -> int:
    for base in (ord("a"), ord("A")):
        if base <= c < base + 26:
            return base + {"": c - base, "rot13": (c - base + 13) % 26, "atbash": 25 - (c - base)}.get(name, -1)
    return c
