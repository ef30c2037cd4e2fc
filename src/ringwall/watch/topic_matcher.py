"""How much a text is about a denied topic, by what it means and by the words it shares with the topic.

Every unit of a text is compared with the topic's name, definition and examples; likenesses to the topic, to other topics (a bank of
statements: what is as close to something else is not about this topic) and lexical overlap are weighed by a logistic regression that was
trained on other topics than those it is asked about.
"""

from __future__ import annotations

import base64
import functools
from collections.abc import Sequence
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from ringwall.errors import LimitExceeded
from ringwall.watch import lexical, shipped, topics
from ringwall.watch.sentences import LONGEST, SentenceEncoder, Unit, Vectors, load_sentence_encoder
from ringwall.watch.weights_file import WeightsRefused

if TYPE_CHECKING:
    from ringwall.guardrails.ports import AskedTopic  # trainings read this module without the guardrails

MATCHER = "topics-v1.json"
THRESHOLD = 0.5
FEATURES = ("name", "definition", "example", "closest", "mean", "ahead", "common", "lexical", "covered", "length")
KEPT = 1_024  # topics whose statements' vectors are kept
MOST_UNITS = 20_000  # of one evaluation: some 200,000 words in different sentences


class Matcher(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The trained file.

    sentences_sha256: of the encoder that the weights were trained with.
    weights, bias: of the margin.
    cut: the margin that scores one half, which is the threshold.
    near: bank statements at least this close to one of the topic's own are about the same, and left out.
    bank: rows of 8-bit integers, in base64; `bank_rows` of them.
    """

    format: int
    name: str
    version: str
    sentences_sha256: str
    auroc: float
    weights: dict[str, float]
    bias: float
    cut: float
    near: float
    bank_rows: int
    bank: str


class Topic(NamedTuple):
    """A topic, ready to compare: vectors of its statements (name, name with definition, examples), its lexical form, its rivals' rows."""

    statements: Vectors
    words: topics.Topic
    rivals: NDArray[np.intp]


class Read(NamedTuple):
    """Units as they were read: their vectors, their likeness to every row of the bank, their stems."""

    units: Sequence[Unit]
    vectors: Vectors
    beside: NDArray[np.float64]
    stems: Sequence[list[str]]


class TopicMatcher:
    """A `ringwall.guardrails.ports.TopicScorer`: the score of a text is that of the unit that fits best.

    A topic without a content word matches nothing.
    """

    def __init__(self, encoder: SentenceEncoder, matcher: Matcher, digest: str) -> None:
        """Take the parts.

        Raises:
            WeightsRefused: the matcher was trained with another encoder, or is not what this version reads.
        """
        if matcher.format != 1 or tuple(matcher.weights) != FEATURES:
            raise WeightsRefused(f"`{MATCHER}` is not of the format that this version reads")
        if matcher.sentences_sha256 != encoder.digest:
            raise WeightsRefused(f"`{MATCHER}` was trained with another encoder than the one that is here", digest=encoder.digest)
        self._encoder, self._matcher, self._digest = encoder, matcher, digest
        self._weights = np.array([matcher.weights[name] for name in FEATURES], np.float64)
        self._bank = unpacked(matcher.bank, matcher.bank_rows)
        self._compiled = functools.lru_cache(maxsize=KEPT)(self.compile)

    @property
    def model_id(self) -> str:
        """Name, version and digest of the matcher (which names the encoder's), with the measured AUROC."""
        return f"{self._matcher.name}/{self._matcher.version}@sha256:{self._digest[:16]},auroc:{self._matcher.auroc:.3f}"

    @property
    def measured_auroc(self) -> float:
        """The mean over topics, on topics and texts that nothing was fitted on."""
        return self._matcher.auroc

    @property
    def threshold(self) -> float:
        """The score at or above which a text counts as being about the topic."""
        return THRESHOLD

    def score_topics(self, windows: Sequence[str], asked: Sequence[AskedTopic]) -> list[list[float]]:
        """Return a score in [0, 1] per window, per topic. Every different unit is read once, whatever the number of topics and windows.

        Raises:
            LimitExceeded: a window is longer, or all together hold more, than is read at a time.
        """
        cut = [self._encoder.units(window) for window in windows]
        every = list({unit.ids: unit for part in cut for unit in part}.values())
        if len(every) > MOST_UNITS:
            raise LimitExceeded(f"the content has more than {MOST_UNITS} different sentences", remedy="send it in several requests")
        if not every:
            return [[0.0] * len(windows) for _ in asked]
        places = {unit.ids: place for place, unit in enumerate(every)}
        vectors = self._encoder.vectors(every)
        read = Read(every, vectors, likeness(vectors, self._bank), [lexical.stems(unit.text) for unit in every])
        out = []
        for topic in asked:
            scores = self._scores(self._compiled(topic), read)
            out.append([max((float(scores[places[unit.ids]]) for unit in part), default=0.0) for part in cut])
        return out

    def compile(self, topic: AskedTopic) -> Topic | None:
        """Prepare a topic; None where it has no content word."""
        words = topics.compile_topic(topic.name, topic.definition, topic.examples)
        if not words.pool:
            return None
        said = [topic.name, f"{topic.name}: {topic.definition}", *topic.examples]
        return compiled(said, words, self._encoder, self._bank, self._matcher.near)

    def _scores(self, topic: Topic | None, read: Read) -> NDArray[np.float64]:
        if topic is None:
            return np.zeros(len(read.units))
        margins = np.round(features(topic, read) @ self._weights + self._matcher.bias - self._matcher.cut, 6)
        scores: NDArray[np.float64] = 1.0 / (1.0 + np.exp(-np.clip(margins, -30.0, 30.0)))
        return scores


def compiled(said: Sequence[str], words: topics.Topic, encoder: SentenceEncoder, bank: Vectors, near: float) -> Topic:
    """Prepare a topic from its statements; rows of the bank that are as near as `near` to one of them are about the same, and no rivals."""
    statements = np.stack([encoder.of(statement) for statement in said])
    return Topic(statements, words, np.flatnonzero(likeness(bank, statements).max(1) < near))


def likeness(rows: Vectors, others: Vectors) -> NDArray[np.float64]:
    """Return cosines, (rows, others), rounded so that they are the same whatever else is compared in the same call."""
    return np.round(rows.astype(np.float64) @ others.astype(np.float64).T, 6)


def features(topic: Topic, read: Read) -> NDArray[np.float64]:
    """Return `FEATURES` of each unit, (units, features).

    name, definition, example, closest, mean: likeness (cosine) to the name, to name and definition, to the closest example (the definition,
    where there are none), to the closest statement, and to all on average. ahead: closest less the likeness to the closest rival.
    common: likeness to all rivals on average. lexical, covered: as the lexical scorer sees it. length: pieces, 1 for the longest unit.
    """
    alike = likeness(read.vectors, topic.statements)
    rivals = read.beside[:, topic.rivals] if len(topic.rivals) else np.zeros((len(read.units), 1))
    closest = alike.max(1)
    fits = np.array([topics.fits(topic.words, part) for part in read.stems]).reshape(-1, 2)
    columns = (
        alike[:, 0],
        alike[:, 1],
        alike[:, 2:].max(1) if alike.shape[1] > 2 else alike[:, 1],
        closest,
        alike.mean(1),
        closest - rivals.max(1),
        rivals.mean(1),
        fits[:, 0],
        fits[:, 1],
        np.log1p([len(unit.ids) for unit in read.units]) / np.log1p(LONGEST + 2),
    )
    return np.stack(columns, 1)


def packed(rows: Vectors) -> str:
    """Return rows of length one as 8-bit integers in base64 (training writes it)."""
    return base64.b64encode(np.clip(np.rint(rows * 255.0), -127, 127).astype(np.int8).tobytes()).decode("ascii")


def unpacked(data: str, rows: int) -> Vectors:
    """Read what `packed` wrote.

    Raises:
        WeightsRefused: it is not base64, or not as many rows.
    """
    try:
        levels = np.frombuffer(base64.b64decode(data, validate=True), np.int8)
        read = levels.reshape(rows, -1).astype(np.float32)
    except ValueError as error:
        raise WeightsRefused(f"`{MATCHER}` holds a bank that cannot be read") from error
    made: Vectors = read / np.maximum(np.linalg.norm(read, axis=1, keepdims=True), 1e-9)
    return made


def load_topic_matcher(*, where: Traversable | None = None) -> TopicMatcher:
    """Load what ships with ringwall.

    Args:
        where: a folder with other files and their pinned digests.

    Raises:
        WeightsRefused: a file is missing, unreadable, or not the pinned one.
    """
    matcher, digest = shipped.decoded(MATCHER, Matcher, where=where)
    return TopicMatcher(load_sentence_encoder(where=where), matcher, digest)
