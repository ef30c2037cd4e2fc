"""Learned scores over windows at fixed offsets, and what they mean as AWS confidence levels.

A learned detector reads at most `WINDOW` characters at a time. Windows start at multiples of `STRIDE` from the reading's first character,
never at chunk borders, so the score of a text does not depend on how it arrived. A text's score is the worst of its windows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec
import re2

from ringwall.guardrails.ports import ContentScorer, WindowScore
from ringwall.guardrails.verdict import Confidence, Place
from ringwall.text.view import View
from ringwall.vocabulary import Span

WINDOW = 1000  # characters; one AWS text unit
STRIDE = 800  # neighbours share 200 characters, so a passage of up to 200 is whole in one window
READING_FACTOR = 8  # characters of readings that learned detectors score per character of content
READING_FLOOR = 100_000  # and for a short content all the same

_LEVELS: tuple[Confidence, ...] = ("NONE", "LOW", "MEDIUM", "HIGH")
_LEAST: dict[str, int] = {"HIGH": 1, "MEDIUM": 2, "LOW": 3}  # a HIGH filter blocks LOW confidence and more, a LOW filter only HIGH


_LETTER = r"[A-Za-z0-9\x{80}-\x{10FFFF}]"  # digits too: a year does not end a sentence
_UNSPACED = r"[\x{0E00}-\x{0E7F}\x{3040}-\x{30FF}\x{4E00}-\x{9FFF}\x{AC00}-\x{D7AF}]"  # Thai, Kana, Han, Hangul
_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
# Five or more words in a row; or eight letters of a script that writes no spaces.
_PASSAGE = re2.compile(rf"(?:{_LETTER}+[ ,.;:!?'\"()\n-]{{1,3}}){{4,}}{_LETTER}+|{_UNSPACED}{{8,}}", _OPTIONS)
# Words are asked for by the thousand: the standard engine answers soonest, and neither of these two can make it go back over a text.
_WORD = re.compile("[A-Za-z0-9\x80-\U0010ffff]+")
_JOINT = "\n"
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


class Reading(msgspec.Struct, frozen=True, gc=False):
    """One text a learned detector scores: the content block at position `block` as it is, folded or decoded.

    view: what the text was taken from, with its map to the block's raw text; None where the text has none.
    """

    chain: tuple[str, ...]
    text: str
    block: int = 0
    view: View | None = None

    def place(self, start: int, end: int) -> Place:
        """Return where in the block `text[start:end]` comes from."""
        if self.view is None or start >= end:
            return Place(self.block, Span(start, end), in_reading=bool(self.chain))
        parts = [Span(start, end)] if self.text == self.view.text else _parts(self.view.text, start, end)
        spans = [self.view.origin(part.start, part.end) for part in parts]
        if not spans:
            return Place(self.block, Span(start, end), in_reading=True)
        return Place(self.block, Span(min(span.start for span in spans), max(span.end for span in spans)))


class Worst(msgspec.Struct, frozen=True):
    """The highest score seen, the reading it was seen in, and what else was said of its window.

    span: the characters of the reading that decided. level, kinds: as `ports.WindowScore` has them.
    """

    score: float
    chain: tuple[str, ...] = ()
    level: int = 0
    reading: Reading | None = None
    span: tuple[int, int] = (0, 0)
    kinds: Mapping[str, float] = msgspec.field(default_factory=dict)

    @property
    def place(self) -> Place | None:
        """Where in the content the score comes from."""
        return None if self.reading is None else self.reading.place(*self.span)


def passages_of(text: str) -> str:
    """Return what reads like language in a decoded text.

    Decoders run over whole texts, so most of what they make is noise that no model was calibrated on; a hidden message in it is words in a
    row. Raw texts and their folds are scored whole and never come here.
    """
    return _JOINT.join(passage for _, passage in _passages(text))


def _passages(text: str) -> list[tuple[int, str]]:
    """Return each passage of a text, and where it begins."""
    found = ((match.start(), match.group()) for match in _PASSAGE.finditer(text.encode("utf-8", "replace").decode()))
    return [(start, passage) for start, passage in found if _is_language(passage)]


def _parts(text: str, start: int, end: int) -> list[Span]:
    """Return the parts of a text that the characters from `start` to `end` of its joined passages are."""
    out: list[Span] = []
    offset = 0
    for at, passage in _passages(text):
        low, high = max(start - offset, 0), min(end - offset, len(passage))
        if low < high:
            out.append(Span(at + low, at + high))
        offset += len(passage) + len(_JOINT)
    return out


def _is_language(passage: str) -> bool:
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


def windows(text: str) -> Iterator[str]:
    """Cut a text into windows at fixed absolute offsets; the last one ends where the text ends."""
    start = 0
    while start + WINDOW < len(text):
        yield text[start : start + WINDOW]
        start += STRIDE
    yield text[start:]


class Scored(NamedTuple):
    """What was said of one window, and where it stands in its reading."""

    reading: Reading
    start: int
    end: int
    said: WindowScore


def score_readings(scorer: ContentScorer, readings: Iterable[Reading]) -> list[Scored]:
    """Score all windows of all readings; the scorer is asked once.

    Raises:
        ValueError: it answered for more or fewer windows.
    """
    cut = [(reading, number * STRIDE, window) for reading in readings for number, window in enumerate(windows(reading.text))]
    said = scorer.score_windows([window for _, _, window in cut]) if cut else ()
    return [Scored(reading, start, start + len(window), each) for (reading, start, window), each in zip(cut, said, strict=True)]


def worst_of(scored: Iterable[Scored]) -> dict[str, Worst]:
    """Return per category the worst score over windows; of equals the first.

    Raises:
        ValueError: something is not a score in [0, 1].
    """
    highest: dict[str, tuple[float, Scored]] = {}
    for each in scored:
        for category, score in each.said.scores.items():
            checked = check_score(score)
            before = highest.get(category)
            if before is None or checked > before[0]:
                highest[category] = checked, each
    return {category: _worst(category, score, each) for category, (score, each) in highest.items()}


def _worst(category: str, score: float, scored: Scored) -> Worst:
    reading, start, end, said = scored
    deciding = said.spans.get(category)
    span = (start, end) if deciding is None else (start + deciding[0], start + deciding[1])
    return Worst(score, reading.chain, said.level, reading, span, said.kinds)


def score_categories(scorer: ContentScorer, readings: Iterable[Reading]) -> Mapping[str, Worst]:
    """Return per category the worst score over all windows of all readings.

    Raises:
        ValueError: the scorer answered with something that is not a score in [0, 1].
    """
    return worst_of(score_readings(scorer, readings))


def check_score(score: float) -> float:
    """Return the score if it is one.

    Raises:
        ValueError: it is not a number in [0, 1] (NaN included): the model is broken, and its rule fails closed.
    """
    if not 0.0 <= score <= 1.0:
        raise ValueError("score outside [0, 1]")
    return float(score)


def confidence_of(score: float, thresholds: Sequence[float]) -> Confidence:
    """Return the confidence level of a score, by the model card's thresholds for LOW, MEDIUM and HIGH."""
    return _LEVELS[sum(score >= threshold for threshold in thresholds)]


def breaches(confidence: Confidence, strength: str) -> bool:
    """Say whether a filter of this strength detects content of this confidence.

    Source: Amazon Bedrock user guide, "Content filters": HIGH strength filters LOW, MEDIUM and HIGH confidence; MEDIUM strength MEDIUM and
    HIGH; LOW strength HIGH only; NONE nothing.
    """
    least = _LEAST.get(strength)
    return least is not None and _LEVELS.index(confidence) >= least


def severity_of(score: float, thresholds: Sequence[float]) -> float:
    """Return the severity InvokeGuardrailChecks reports: 0, 0.2, 0.4, 0.6, 0.8 or 1, rising with the score.

    0.4, 0.6 and 0.8 are exactly LOW, MEDIUM and HIGH confidence; 0.2 is the upper half below LOW, 1.0 the upper half above HIGH.
    """
    low, _, high = thresholds
    level = _LEVELS.index(confidence_of(score, thresholds))
    if level == 0:
        return 0.2 if score >= low / 2 and score > 0 else 0.0
    if level == 3:
        return 1.0 if score >= (high + 1) / 2 else 0.8
    return 0.4 if level == 1 else 0.6
