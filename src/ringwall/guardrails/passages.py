"""What in a decoded text learned detectors score: the passages that read like language, and of those the ones that no other reading had.

Decoders run over whole texts, so most of what they make is noise that no model was calibrated on, and the rest is mostly what was there
before: one escape in a page makes the whole page a new reading. A hidden message is words in a row that stand nowhere else.

It leaves to others: what is scored of raw and folded texts (`learned`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import re2

from ringwall.vocabulary import Span

_LETTER = r"[A-Za-z0-9\x{80}-\x{10FFFF}]"  # digits too: a year does not end a sentence
_UNSPACED = r"[\x{0E00}-\x{0E7F}\x{3040}-\x{30FF}\x{4E00}-\x{9FFF}\x{AC00}-\x{D7AF}]"  # Thai, Kana, Han, Hangul
_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
# Five or more words in a row; or eight letters of a script that writes no spaces.
_PASSAGE = re2.compile(rf"(?:{_LETTER}+[ ,.;:!?'\"()\n-]{{1,3}}){{4,}}{_LETTER}+|{_UNSPACED}{{8,}}", _OPTIONS)
# Words are asked for by the thousand: the standard engine answers soonest, and neither of these two can make it go back over a text.
_WORD = re.compile("[A-Za-z0-9\x80-\U0010ffff]+")
_WORD_LEAST, _WORD_MOST = 3, 14  # letters, on average over a passage
# A word as people write it: one case, or a capital first; a number; or another script's, with no Latin letter in it.
_PLAIN = re.compile("[A-Z\xc0-\u024f]?[a-z\xc0-\u024f]+|[A-Z\xc0-\u024f]+|[0-9]+|[^\x00-\u024f]+")
_PLAIN_LEAST = 0.75  # share of a passage's words: decoded noise mixes cases, digits and scripts within them
# The commonest neighbouring letters of English, nearly two thirds of all in a text, a seventh of random ones: whoever hides a message may
# mix its cases, and what is left to tell it from noise is which letters stand together.
_COMMON = """
th he in er an re on at en nd ti es or te of ed is it al ar st to nt ng se ha as ou io le ve co me de hi ri ro ic ne ea ra ce li ch ll be ma
si om ur ca el ta la ns di fo ho pe ec pr no ct us ac ot il tr ly nc et ut ss so rs un lo wa ge ie wh ee wi em ad ol rt
"""
_PAIRS = frozenset(_COMMON.split())
_PAIRS_LEAST = 0.35


def runs_of_words(text: str) -> list[Span]:
    """Return where every run of words of a text stands, language or not."""
    # A lone surrogate has no UTF-8, and re2 reads nothing else; one character stands for one.
    return [Span(*match.span()) for match in _PASSAGE.finditer(text.encode("utf-8", "replace").decode())]


def passages_of(text: str, known: set[str]) -> list[Span]:
    """Return what reads like language in a decoded text and is not known from another reading, each with its neighbours.

    A passage means what it means by where it stands, so the ones before and behind a new one come with it, where they are language.

    Args:
        text: what a decoder made.
        known: the runs of words of the readings before; those of this text are added.
    """
    runs = runs_of_words(text)
    words = [text[run.start : run.end] for run in runs]
    fresh = [each not in known and is_language(each) for each in words]
    known.update(words)
    near = [any(fresh[max(at - 1, 0) : at + 2]) for at in range(len(runs))]
    return [run for run, each, new, beside in zip(runs, words, fresh, near, strict=True) if new or (beside and is_language(each))]


def is_language(passage: str) -> bool:
    """Say whether the words of a passage are as long as words are on average, and written like words; noise is not."""
    words = _WORD.findall(passage)
    if len(words) == 1:
        return True
    if not _WORD_LEAST <= sum(map(len, words)) / len(words) <= _WORD_MOST:
        return False
    plain = sum(_PLAIN.fullmatch(word) is not None and (len(word) < 4 or len(set(word)) > 1) for word in words)
    return plain >= _PLAIN_LEAST * len(words) or _sounds(words)


def _sounds(words: Sequence[str]) -> bool:
    """Say whether enough neighbouring letters are common ones, whatever their case."""
    pairs = [word[i : i + 2] for word in map(str.lower, words) for i in range(len(word) - 1)]
    return sum(pair in _PAIRS for pair in pairs) >= _PAIRS_LEAST * max(1, len(pairs))
