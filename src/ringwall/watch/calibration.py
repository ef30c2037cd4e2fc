"""From a raw margin to a score that means the same in every category."""

from __future__ import annotations

import itertools
from bisect import bisect_right
from typing import NamedTuple

import msgspec

from ringwall.errors import IntegrityError


class Thresholds(NamedTuple):
    """The scores at which a category's confidence becomes LOW, MEDIUM and HIGH.

    The rates of benign texts above each are in the model card and in docs/filters/watch.md.
    """

    low: float
    medium: float
    high: float


class Calibration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A strictly increasing, piecewise linear curve through (margin, score) knots; flat outside them."""

    margins: tuple[float, ...]
    scores: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.margins) != len(self.scores) or len(self.margins) < 2:
            raise IntegrityError("a calibration curve needs as many scores as margins, and two at least")
        for knots in (self.margins, self.scores):
            if any(not left < right for left, right in itertools.pairwise(knots)):
                raise IntegrityError("a calibration curve must increase from knot to knot")
        if not (self.scores[0] >= 0.0 and self.scores[-1] <= 1.0):
            raise IntegrityError("a calibration curve must stay in 0..1")

    def score(self, margin: float) -> float:
        """Return the score of one margin."""
        i = bisect_right(self.margins, margin)
        if i == 0:
            return self.scores[0]
        if i == len(self.margins):
            return self.scores[-1]
        left, right = self.margins[i - 1], self.margins[i]
        low, high = self.scores[i - 1], self.scores[i]
        return low + (high - low) * ((margin - left) / (right - left))
