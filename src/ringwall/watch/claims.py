"""An answer cut into claims, a source cut into sentences, and which of these a claim is to be compared with."""

from __future__ import annotations

import re
from collections import defaultdict

import msgspec

from ringwall.errors import LimitExceeded
from ringwall.watch import lexical
from ringwall.watch.encoder import WordPiece

SENTENCE_PIECES = 64
"""A longer sentence, of an answer or of a source, is cut here."""
PASSAGE_PIECES = 512
"""Of a source that one claim is compared with."""
MAX_CLAIMS = 256
MAX_CELLS = 200_000
"""Claims times sentences of the source."""
_CANDIDATES = 24  # sentences of a source that are weighed for one claim's passage

_END = re.compile(r"[.!?…]+[\"'”’)\]]*\s+|\s*\n\s*")
_ABBREVIATIONS = frozenset(
    (
        "mr",
        "mrs",
        "ms",
        "dr",
        "st",
        "jr",
        "sr",
        "vs",
        "no",
        "prof",
        "gen",
        "col",
        "lt",
        "sgt",
        "capt",
        "rep",
        "sen",
        "gov",
        "inc",
        "ltd",
        "co",
        "corp",
        "dept",
        "est",
        "fig",
        "vol",
        "e.g",
        "i.e",
        "u.s",
        "u.k",
        "a.m",
        "p.m",
        "approx",
    )
)
_LAST_WORD = re.compile(r"(\S+)\.\s*\Z")


class Sentence(msgspec.Struct, frozen=True, gc=False):
    """A sentence, or a part of a long one: the characters it spans, its pieces, their places, its content stems, its words as compared."""

    start: int
    end: int
    ids: tuple[int, ...]
    places: tuple[tuple[int, int], ...]
    stems: frozenset[str]
    words: tuple[str, ...]


def cut(text: str, pieces: WordPiece) -> list[Sentence]:
    """Cut a text into sentences (or lines) of at most `SENTENCE_PIECES` pieces; those without a word are left out.

    Raises:
        LimitExceeded: the text is longer than a lexical scorer reads.
    """
    found = pieces.pieces(text)
    ends = [*_ends(text), len(text)]
    out: list[Sentence] = []
    first = 0
    for end in ends:
        last = first
        while last < len(found) and found.starts[last] < end:
            last += 1
        for at in range(first, last, SENTENCE_PIECES):
            upto = min(at + SENTENCE_PIECES, last)
            places = tuple(zip(found.starts[at:upto], found.ends[at:upto], strict=True))
            sentence = _sentence(text, tuple(found.ids[at:upto]), places)
            if sentence.words:
                out.append(sentence)
        first = last
    return out


def _ends(text: str) -> list[int]:
    """Return where sentences end: after a mark and white space, unless the mark ends an abbreviation or an initial; and at line ends."""
    out = []
    for match in _END.finditer(text):
        if "\n" not in match.group() and match.group().startswith(". "):
            word = _LAST_WORD.search(text, max(0, match.start() - 16), match.start() + 1)
            if word and (word.group(1).casefold().strip("(\"'") in _ABBREVIATIONS or _is_initial(word.group(1))):
                continue
        out.append(match.end())
    return out


def _is_initial(word: str) -> bool:
    return len(word) == 1 and word.isupper()


def _sentence(text: str, ids: tuple[int, ...], places: tuple[tuple[int, int], ...]) -> Sentence:
    start, end = places[0][0], places[-1][1]
    part = text[start:end]
    words = tuple(word.casefold() for word in lexical.words(part))
    return Sentence(start, end, ids, places, frozenset(lexical.stems(part)), words)


def claims_of(answer: str, pieces: WordPiece, *, asked: bool) -> list[Sentence]:
    """Return the claims of an answer: its sentences with a content word.

    Args:
        answer: the text.
        pieces: cuts texts.
        asked: there is a query; then an answer without any content word ("Yes.") says what its query asks, and its sentences are claims.

    Raises:
        LimitExceeded: the answer holds more than `MAX_CLAIMS` claims, or is longer than a lexical scorer reads.
    """
    sentences = cut(answer, pieces)
    claims = [sentence for sentence in sentences if sentence.stems] or (sentences if asked else [])
    if len(claims) > MAX_CLAIMS:
        raise LimitExceeded(f"an answer of {len(claims)} claims is more than {MAX_CLAIMS}", remedy="judge the answer in parts")
    return claims


class Passages:
    """A source's sentences, and which of them speak about a claim."""

    def __init__(self, source: str, pieces: WordPiece) -> None:
        """Cut the source.

        Raises:
            LimitExceeded: the source is longer than a lexical scorer reads.
        """
        self.source, self.sentences = source, cut(source, pieces)
        self._verbatim = {sentence.words for sentence in self.sentences}
        self._holders: dict[str, list[int]] = {}
        for index, sentence in enumerate(self.sentences):
            for stem in sentence.stems:
                self._holders.setdefault(stem, []).append(index)
        self._fits = sum(len(sentence.ids) for sentence in self.sentences) <= PASSAGE_PIECES

    def check_size(self, claims: int) -> None:
        """Refuse more comparisons than are affordable.

        Raises:
            LimitExceeded: there are more than `MAX_CELLS` pairs of a claim and a sentence.
        """
        if claims * len(self.sentences) > MAX_CELLS:
            raise LimitExceeded(
                f"{claims} claims against {len(self.sentences)} sentences of a source are more than {MAX_CELLS} pairs",
                remedy="send a shorter source, or judge the answer in parts",
            )

    def holds(self, claim: Sentence) -> bool:
        """Say whether a claim is a sentence of the source, word for word."""
        return claim.words in self._verbatim

    def chosen(self, claim: frozenset[str]) -> list[int]:
        """Return which sentences a claim with these content stems is compared with, in their order: all of a source of at most
        `PASSAGE_PIECES` pieces; else those that share most with it and their neighbours, as far as they fit.
        """
        if self._fits:
            return list(range(len(self.sentences)))
        ranked = self._ranked(claim) or [0]
        out: set[int] = set()
        room = PASSAGE_PIECES
        for index in dict.fromkeys(near for best in ranked for near in (best, best - 1, best + 1) if 0 <= near < len(self.sentences)):
            size = len(self.sentences[index].ids)
            if size <= room:
                out.add(index)
                room -= size
        return sorted(out)

    def _ranked(self, claim: frozenset[str]) -> list[int]:
        """Return the sentences that share most with a claim, the best first; a short one before a long one."""
        scores: defaultdict[int, float] = defaultdict(float)
        for stem in sorted(claim):
            weight = lexical.weight(stem)
            for index in self._holders.get(stem, ()):
                scores[index] += weight
        return sorted(scores, key=lambda index: (-scores[index], len(self.sentences[index].ids), index))[:_CANDIDATES]
