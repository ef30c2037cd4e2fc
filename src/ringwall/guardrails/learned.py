"""Learned scores over windows at fixed offsets, and what they mean as AWS confidence levels.

A learned detector reads at most `WINDOW` characters at a time. Windows start at multiples of `STRIDE` from the reading's first character,
never at chunk borders, so the score of a text does not depend on how it arrived. A text's score is the worst of its windows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
import re2

from ringwall.guardrails.ports import ContentScorer
from ringwall.guardrails.verdict import Confidence

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
_WORD = re2.compile(f"{_LETTER}+", _OPTIONS)
_WORD_LEAST, _WORD_MOST = 3, 14  # letters, on average over a passage


class Reading(msgspec.Struct, frozen=True, gc=False):
    """One text a learned detector scores: the content block at position `block` as it is, folded or decoded."""

    chain: tuple[str, ...]
    text: str
    block: int = 0


class Worst(msgspec.Struct, frozen=True):
    """The highest score seen, and the reading it was seen in."""

    score: float
    chain: tuple[str, ...] = ()


def passages_of(text: str) -> str:
    """Return what reads like language in a decoded text.

    Decoders run over whole texts, so most of what they make is noise that no model was calibrated on; a hidden message in it is words in a
    row. Raw texts and their folds are scored whole and never come here.
    """
    found = (match.group() for match in _PASSAGE.finditer(text.encode("utf-8", "replace").decode()))
    return "\n".join(passage for passage in found if _is_language(passage))


def _is_language(passage: str) -> bool:
    """Say whether the words of a passage are as long as words are on average; noise is mostly single letters."""
    words = [match.group() for match in _WORD.finditer(passage)]
    return _WORD_LEAST <= sum(map(len, words)) / len(words) <= _WORD_MOST or len(words) == 1


def windows(text: str) -> Iterator[str]:
    """Cut a text into windows at fixed absolute offsets; the last one ends where the text ends."""
    start = 0
    while start + WINDOW < len(text):
        yield text[start : start + WINDOW]
        start += STRIDE
    yield text[start:]


def score_categories(scorer: ContentScorer, readings: Iterable[Reading]) -> Mapping[str, Worst]:
    """Return per category the worst score over all windows of all readings.

    Raises:
        ValueError: the scorer answered with something that is not a score in [0, 1].
    """
    worst: dict[str, Worst] = {}
    for reading in readings:
        for window in windows(reading.text):
            for category, score in scorer.score(window).items():
                checked = check_score(score)
                if category not in worst or checked > worst[category].score:
                    worst[category] = Worst(checked, reading.chain)
    return worst


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
