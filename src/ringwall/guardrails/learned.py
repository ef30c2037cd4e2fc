"""Learned scores over windows at fixed offsets, and what they mean as AWS confidence levels.

A learned detector reads at most `WINDOW` characters at a time. Windows start at multiples of `STRIDE` from the reading's first character,
never at chunk borders, so the score of a text does not depend on how it arrived. A text's score is the worst of its windows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

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
_JOINT = "\n"
_WORDS = re.compile(r"\w+")


class Reading(msgspec.Struct, frozen=True, gc=False):
    """One text a learned detector scores: the content block at position `block` as it is, folded, or what is new in a decoded text.

    view: what the text was taken from, with its map to the block's raw text; None where the text has none.
    parts: where in the view's text the passages stand that `text` joins; empty: it is the view's text.
    """

    chain: tuple[str, ...]
    text: str
    block: int = 0
    view: View | None = None
    parts: tuple[Span, ...] = ()

    @classmethod
    def of_parts(cls, view: View, block: int, parts: Sequence[Span]) -> Reading:
        """Return the reading that joins parts of a view, a line each."""
        text = _JOINT.join(view.text[part.start : part.end] for part in parts)
        return cls(view.chain, text, block, view, () if text == view.text else tuple(parts))

    def place(self, start: int, end: int) -> Place:
        """Return where in the block `text[start:end]` comes from."""
        if self.view is None or start >= end:
            return Place(self.block, Span(start, end), in_reading=bool(self.chain))
        spans = [self.view.origin(part.start, part.end) for part in self._parts(start, end)]
        if not spans:
            return Place(self.block, Span(start, end), in_reading=True)
        return Place(self.block, Span(min(span.start for span in spans), max(span.end for span in spans)))

    def _parts(self, start: int, end: int) -> Iterator[Span]:
        """Tell where in the view's text `text[start:end]` stands."""
        if not self.parts:
            yield Span(start, end)
        offset = 0
        for part in self.parts:
            low, high = max(start - offset, 0), min(end - offset, part.end - part.start)
            if low < high:
                yield Span(part.start + low, part.start + high)
            offset += part.end - part.start + len(_JOINT)


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


def windows(text: str) -> Iterator[str]:
    """Cut a text into windows at fixed absolute offsets; the last one ends where the text ends."""
    start = 0
    while start + WINDOW < len(text):
        yield text[start : start + WINDOW]
        start += STRIDE
    yield text[start:]


def has_same_words(raw: str, folded: str) -> bool:
    """Say whether a fold changed signs only: quotes, dashes, what nobody sees; not one word, and there are words."""
    words = _WORDS.findall(folded)
    return bool(words) and words == _WORDS.findall(raw)


def unlike(view: View, raw: str) -> list[Span]:
    """Return the windows of a folded text that are not the raw text's in the same place, overlapping ones as one."""
    found: list[Span] = []
    for number, window in enumerate(windows(view.text)):
        start, end = number * STRIDE, number * STRIDE + len(window)
        if not window or window == raw[start:end] or window == _behind(view, raw, start, end):
            continue
        if found and start <= found[-1].end:
            found[-1] = Span(found[-1].start, end)
        else:
            found.append(Span(start, end))
    return found


def _behind(view: View, raw: str, start: int, end: int) -> str:
    span = view.origin(start, end)
    return raw[span.start : span.end]


class Window(NamedTuple):
    """What a learned detector reads at once, and where it stands in its reading."""

    reading: Reading
    start: int
    text: str

    @property
    def span(self) -> tuple[int, int]:
        """Its characters in the reading."""
        return self.start, self.start + len(self.text)


def windows_of(readings: Iterable[Reading]) -> list[Window]:
    """Cut readings into windows."""
    return [Window(reading, number * STRIDE, text) for reading in readings for number, text in enumerate(windows(reading.text))]


class Scored(NamedTuple):
    """What was said of one window."""

    window: Window
    said: WindowScore


def score_readings(scorer: ContentScorer, readings: Iterable[Reading]) -> list[Scored]:
    """Score all windows of all readings; the scorer is asked once, and once for each text.

    Raises:
        ValueError: it answered for more or fewer windows.
    """
    cut = windows_of(readings)
    asked = list(dict.fromkeys(window.text for window in cut))  # blocks of different origins may say the same
    said = dict(zip(asked, scorer.score_windows(asked) if asked else (), strict=True))
    return [Scored(window, said[window.text]) for window in cut]


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
    (reading, start, _), said = scored
    deciding = said.spans.get(category)
    span = scored.window.span if deciding is None else (start + deciding[0], start + deciding[1])
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
