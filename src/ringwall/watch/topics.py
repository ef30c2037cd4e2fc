"""How much a text is about a denied topic: overlap with the topic's name, definition and examples. Lexical, and measured as such."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from ringwall.watch import lexical

if TYPE_CHECKING:
    from ringwall.guardrails.ports import AskedTopic  # trainings read this module without the guardrails

MODEL = "ringwall-topics-lexical/1"
THRESHOLD = 0.5

_LONGEST_PIECE = 40  # stems; longer sentences are cut so that one matching clause is not diluted


class Topic(msgspec.Struct, frozen=True):
    """A topic, ready to compare: one vector per statement, and how much each stem says for the topic as a whole."""

    statements: tuple[Mapping[str, float], ...]
    pool: Mapping[str, float]


@functools.lru_cache(maxsize=1_024)
def compile_topic(name: str, definition: str, examples: tuple[str, ...]) -> Topic:
    """Prepare a topic; the last ones used are kept, since a guardrail asks about the same few for every text."""
    statements = tuple(lexical.vector(lexical.stems(statement)) for statement in (f"{name} {definition}", *examples))
    pool: dict[str, float] = {}
    for share, statement in ((1.0, name), (0.6, definition), *((0.6, example) for example in examples)):
        for part in lexical.stems(statement):
            pool[part] = max(pool.get(part, 0.0), share * lexical.weight(part))
    return Topic(statements=statements, pool=pool)


class LexicalTopicScorer:
    """Compares every piece of a text with a topic's statements; a `ringwall.guardrails.ports.TopicScorer`.

    The score is that of the piece that fits best. Synonyms, paraphrases and other languages are not recognised.
    """

    def __init__(self) -> None:
        """Read the fitted cut.

        Raises:
            WeightsRefused: it is missing or not the pinned one.
        """
        self._parameters = lexical.parameters()

    @property
    def model_id(self) -> str:
        """Name and version, with the measured AUROC."""
        return f"{MODEL}@auroc:{self._parameters.topic_auroc:.3f}"

    @property
    def measured_auroc(self) -> float:
        """The mean over topics, on texts that nothing was fitted on."""
        return self._parameters.topic_auroc

    @property
    def threshold(self) -> float:
        """The score at or above which a text counts as being about the topic."""
        return THRESHOLD

    def score(self, text: str, *, name: str, definition: str, examples: tuple[str, ...]) -> float:
        """Return a score in [0, 1].

        Raises:
            LimitExceeded: the text is longer than a lexical scorer reads.
        """
        topic = compile_topic(name, definition, examples)
        raw = raw_score(text, topic)
        return raw / (raw + self._parameters.topic_cut)

    def score_topics(self, windows: Sequence[str], asked: Sequence[AskedTopic]) -> list[list[float]]:
        """Return a score in [0, 1] per window, per topic.

        Raises:
            LimitExceeded: a window is longer than a lexical scorer reads.
        """
        return [
            [self.score(window, name=topic.name, definition=topic.definition, examples=topic.examples) for window in windows]
            for topic in asked
        ]


def raw_score(text: str, topic: Topic) -> float:
    """Return how well the best piece of a text fits, uncalibrated."""
    return max((0.5 * sum(fits(topic, piece)) for piece in _pieces(text)), default=0.0)


def _pieces(text: str) -> list[list[str]]:
    pieces = []
    for sentence in lexical.sentences(text):
        stems = lexical.stems(sentence)
        pieces += [stems[start : start + _LONGEST_PIECE] for start in range(0, len(stems), _LONGEST_PIECE)]
    return pieces


def fits(topic: Topic, piece: Sequence[str]) -> tuple[float, float]:
    """Return a piece's likeness to the closest statement, and the share of it that the topic's words cover."""
    piece_vector = lexical.vector(piece)
    total = sum(lexical.weight(part) for part in piece_vector)
    if not total:
        return 0.0, 0.0
    closest = max(lexical.cosine(piece_vector, statement) for statement in topic.statements)
    covered = sum(topic.pool.get(part, 0.0) for part in piece_vector)
    return closest, covered / math.sqrt(total * max(total, 4.0))
