"""Learned detectors that a test can foretell: plain implementations of the ports, and some that break their promises."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ringwall.guardrails import Scorers
from ringwall.guardrails.ports import AskedTopic, WindowScore

CATEGORIES = ("HATE", "INSULTS", "SEXUAL", "VIOLENCE", "MISCONDUCT", "PROMPT_ATTACK")
_SAID = re.compile(r"(hate|insults|sexual|violence|misconduct|attack) at (\d+)", re.IGNORECASE)


class SpokenScorer:
    """Scores what the text says of itself: `hate at 70` scores HATE 0.7."""

    model_id = "spoken/1"
    thresholds: Mapping[str, tuple[float, float, float]] = dict.fromkeys(CATEGORIES, (0.3, 0.6, 0.9))

    def score(self, text: str) -> Mapping[str, float]:
        scores = dict.fromkeys(CATEGORIES, 0.0)
        for name, percent in _SAID.findall(text):
            category = "PROMPT_ATTACK" if name.lower() == "attack" else name.upper()
            scores[category] = max(scores[category], int(percent) / 100)
        return scores

    def score_windows(self, windows: Sequence[str]) -> list[WindowScore]:
        return [WindowScore(self.score(window)) for window in windows]


class NamedTopicScorer:
    """A text is about a topic where it says its name."""

    model_id = "named-topic/1"
    threshold = 0.5

    def score_topics(self, windows: Sequence[str], asked: Sequence[AskedTopic]) -> list[list[float]]:
        return [[1.0 if topic.name.lower() in window.lower() else 0.0 for window in windows] for topic in asked]


class SharedWordsScorer:
    """Grounding is the share of the answer's words that the source has; relevance the share of the query's words that the answer has."""

    model_id = "shared-words/1"

    def grounding(self, *, source: str, answer: str) -> float:
        return _share(answer, source)

    def relevance(self, *, query: str, answer: str) -> float:
        return _share(query, answer)


def _share(words: str, among: str) -> float:
    wanted = re.findall(r"\w+", words.lower())
    held = set(re.findall(r"\w+", among.lower()))
    return sum(word in held for word in wanted) / len(wanted) if wanted else 0.0


class Unreliable:
    """Raises, or answers with what it is given."""

    model_id = "unreliable/1"
    threshold = 0.5
    thresholds = SpokenScorer.thresholds

    def __init__(self, answer: object = None, error: Exception | None = None) -> None:
        self.answer = answer
        self.error = error

    def score(self, text: str, **_: object) -> object:
        if self.error is not None:
            raise self.error
        return self.answer

    def score_topics(self, windows: Sequence[str], asked: Sequence[AskedTopic]) -> object:
        return [[self.score("")] * len(windows) for _ in asked]

    def score_windows(self, windows: Sequence[str]) -> list[WindowScore]:
        return [WindowScore(self.score(window)) for window in windows]

    def grounding(self, **_: object) -> object:
        return self.score("")

    relevance = grounding


SCORERS = Scorers(content=SpokenScorer(), topics=NamedTopicScorer(), grounding=SharedWordsScorer())


def config(**policies: object) -> dict[str, object]:
    """A configuration with these policies."""
    return {"name": "tested", "blockedInputMessaging": "No such prompt.", "blockedOutputsMessaging": "No such answer.", **policies}


def content_policy(*filters: tuple[str, str, str], **members: object) -> dict[str, object]:
    """A content policy of (type, inputStrength, outputStrength)."""
    return {
        "contentPolicyConfig": {"filtersConfig": [{"type": t, "inputStrength": i, "outputStrength": o, **members} for t, i, o in filters]}
    }
