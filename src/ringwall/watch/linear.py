"""Level 0 of the watch: a linear model over hashed word and character n-grams, one head per content category."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal, Protocol

from ringwall.guardrails.ports import WindowScore
from ringwall.watch import features, shipped
from ringwall.watch.calibration import Thresholds
from ringwall.watch.weights_file import Header, Weights, WeightsRefused, parse

CONTENT_WEIGHTS = "content-v1.bin"

Interpreter = Literal["c", "python"]
Sums = tuple[int, Sequence[int], int, Sequence[int]]
"""Distinct word grams, their weight sums per head, distinct character grams, their weight sums per head."""


class _Hashing(Protocol):
    def accumulate(
        self, body: bytes, word_table: bytes, character_table: bytes, heads: int, word_bits: int, character_bits: int, /
    ) -> Sums: ...


def _hashing() -> _Hashing | None:
    """Return the C interpreter where it was built."""
    try:
        from ringwall.watch import _hashing as compiled  # type: ignore[attr-defined, unused-ignore]
    except ImportError:
        return None
    built: _Hashing = compiled
    return built


class LinearContentScorer:
    """Scores one window of text in every category; a `ringwall.guardrails.ports.ContentScorer`.

    Rules it upholds: both interpreters return the same scores, bit for bit (all sums are integers; the few floating operations are the same
    Python code); a score is never NaN; it keeps no text and no state between calls, so that threads may share one.
    """

    def __init__(self, weights: Weights, *, interpreter: Interpreter | None = None) -> None:
        """Take checked weights.

        Args:
            weights: what `weights_file.parse` returned.
            interpreter: force one; by default C where it was built.

        Raises:
            WeightsRefused: C was asked for and is not built.
        """
        self._weights = weights
        compiled = _hashing() if interpreter != "python" else None
        if interpreter == "c" and compiled is None:
            raise WeightsRefused("the C interpreter is not built", remedy="build the extension, or leave the choice to ringwall")
        self._compiled = compiled
        count = len(weights.header.heads)
        self._word_rows = memoryview(weights.word_table).cast("b")
        self._character_rows = memoryview(weights.character_table).cast("b")
        self._heads = count
        self._model_id = f"{weights.header.name}/{weights.header.version}@sha256:{weights.sha256}"
        self._thresholds = MappingProxyType({head.name: head.thresholds for head in weights.header.heads})

    @property
    def model_id(self) -> str:
        """Name, version and digest of the weights."""
        return self._model_id

    @property
    def sha256(self) -> str:
        """The digest of the weights."""
        return self._weights.sha256

    @property
    def header(self) -> Header:
        """What the tables mean."""
        return self._weights.header

    @property
    def interpreter(self) -> Interpreter:
        """Which code counts the grams."""
        return "python" if self._compiled is None else "c"

    @property
    def thresholds(self) -> Mapping[str, Thresholds]:
        """The scores at which each category's confidence becomes LOW, MEDIUM and HIGH."""
        return self._thresholds

    def score(self, text: str) -> Mapping[str, float]:
        """Return a calibrated score in [0, 1] per category.

        Raises:
            LimitExceeded: the text is longer than one window may be.
        """
        margins = self.margins(text)
        return {head.name: head.calibration.score(margin) for head, margin in zip(self._weights.header.heads, margins, strict=True)}

    def score_windows(self, windows: Sequence[str]) -> list[WindowScore]:
        """Return the scores of several windows."""
        return [WindowScore(self.score(window)) for window in windows]

    def margins(self, text: str) -> list[float]:
        """Return the raw margin of every head, in the order of the header (for calibration and tests)."""
        word_grams, word_sums, character_grams, character_sums = self._sums(features.normalise(text))
        word_norm = math.sqrt(word_grams + features.WORD_DAMPING)
        character_norm = math.sqrt(character_grams + features.CHARACTER_DAMPING)
        return [
            head.word_scale * word_sums[i] / word_norm + head.character_scale * character_sums[i] / character_norm + head.bias
            for i, head in enumerate(self._weights.header.heads)
        ]

    def _sums(self, body: bytes) -> Sums:
        header = self._weights.header
        if self._compiled is not None:
            return self._compiled.accumulate(
                body, self._weights.word_table, self._weights.character_table, self._heads, header.word_bits, header.character_bits
            )
        words = features.word_buckets(body, header.word_bits)
        characters = features.character_buckets(body, header.character_bits)
        return len(words), self._column_sums(self._word_rows, words), len(characters), self._column_sums(self._character_rows, characters)

    def _column_sums(self, rows: memoryview, buckets: Mapping[int, None]) -> list[int]:
        heads = self._heads
        starts = [bucket * heads for bucket in buckets]
        return [sum([rows[start + head] for start in starts]) for head in range(heads)]


def load_content_scorer(*, interpreter: Interpreter | None = None) -> LinearContentScorer:
    """Load the weights that ship with ringwall.

    Raises:
        WeightsRefused: the file is missing, or is not the one whose digest is pinned.
    """
    data, digest = shipped.checked(CONTENT_WEIGHTS)
    return LinearContentScorer(parse(data, expected_sha256=digest), interpreter=interpreter)
