"""What LOW, MEDIUM and HIGH stand for: thresholds fitted on harmless texts to rates of false alarms, and bounds on such rates.

A rate is the share of harmless texts that reach a level. Of a sample only a share is seen; `upper_bound` says how much higher the rate may
be. Everything here is arithmetic on scores: no text, no model.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from ringwall.errors import InvalidRequest, LimitExceeded
from ringwall.watch.calibration import Thresholds

LEVELS: Final = ("LOW", "MEDIUM", "HIGH")
RATES: Final = (0.03, 0.01, 0.003)
"""What the shipped thresholds stand for (docs/filters/watch.md)."""
CONFIDENCE: Final = 0.95
DIGITS: Final = 6
"""Of a fitted threshold; a step of it is far below what the scores are worth."""

_STEP = 10.0**-DIGITS
_BISECTIONS = 60
_TERMS = 10_000
_TINY = 1e-300


class SampleTooSmall(InvalidRequest, code="sample-too-small"):
    """The sample has too few texts to show so low a rate."""


class SampleUnfit(InvalidRequest, code="sample-unfit"):
    """No threshold keeps so few of these texts below it."""

    remedy = "look at the texts with the highest scores: harmful ones do not belong in a sample of harmless texts"


def texts_needed(rate: float) -> int:
    """Return how many texts a sample needs so that none flagged shows, with 95 % confidence, that the rate is at most this one."""
    return math.ceil(math.log(1 - CONFIDENCE) / math.log1p(-rate))


def upper_bound(flagged: int, texts: int) -> float:
    """Return the rate that is not exceeded, with 95 % confidence, where `flagged` of `texts` were flagged.

    The one-sided bound of C. J. Clopper and E. S. Pearson, "The use of confidence or fiducial limits illustrated in the case of the
    binomial", Biometrika 26 (1934): the rate at which so few would be flagged once in twenty samples.
    """
    if flagged >= texts:
        return 1.0
    low, high = flagged / texts, 1.0
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        if _at_most(flagged, texts, middle) > 1 - CONFIDENCE:
            low = middle
        else:
            high = middle
    return high


def allowed(texts: int, rate: float, *, sure: bool = False) -> int:
    """Return how many texts of a sample may be flagged at a rate; with `sure`, so few that the upper bound is at most the rate.

    Raises:
        SampleTooSmall: even none would not show it.
    """
    needed = texts_needed(rate)
    if texts < needed:
        raise SampleTooSmall(
            f"{texts} texts cannot show a rate of {100 * rate:g} %",
            remedy=f"give a sample of {needed} different texts at least, or ask for higher rates",
        )
    most = math.floor(texts * rate + 1e-9)
    if not sure:
        return most
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if upper_bound(middle, texts) <= rate else (low, middle - 1)
    return low


def check_rates(rates: Sequence[float]) -> tuple[float, float, float]:
    """Return the rates of LOW, MEDIUM and HIGH, if they can be.

    Raises:
        InvalidRequest: they are not three that fall, each above 0 and at most one half.
    """
    if len(rates) != len(LEVELS) or not 0.5 >= rates[0] > rates[1] > rates[2] > 0:
        raise InvalidRequest("rates are three shares that fall from LOW over MEDIUM to HIGH, each above 0 % and at most 50 %")
    return rates[0], rates[1], rates[2]


def fit(scores: Sequence[float | None], rates: Sequence[float] = RATES, *, sure: bool = False) -> Thresholds:
    """Return the lowest thresholds of one category that keep to the rates on a sample.

    Args:
        scores: one per harmless text, in [0, 1]; None where the text could not be judged, and so is flagged whatever the threshold.
        rates: of LOW, MEDIUM and HIGH.
        sure: have the upper bound of each rate keep to it, instead of the share that is seen.

    Raises:
        SampleTooSmall: too few texts for one of the rates. SampleUnfit: too many have the highest score there is.
        LimitExceeded: a score is none.
    """
    if any(score is not None and not 0.0 <= score <= 1.0 for score in scores):
        raise LimitExceeded("a score is outside 0..1")
    falling = sorted((math.inf if score is None else score for score in scores), reverse=True)
    levels: list[float] = []
    for rate in check_rates(rates):
        over = allowed(len(falling), rate, sure=sure)
        highest = falling[over]  # of the texts that must stay below; there is one, since a rate is at most one half
        above = 1.0 + _STEP if math.isinf(highest) else (math.floor(highest * 10**DIGITS) + 1) / 10**DIGITS
        least = levels[-1] + _STEP if levels else 0.0
        levels.append(round(max(above, least), DIGITS))
    if levels[-1] > 1.0:
        raise SampleUnfit("more texts score as high as can be, or cannot be judged, than the rates allow")
    return Thresholds(*levels)


def flagged(scores: Sequence[float | None], thresholds: Sequence[float]) -> tuple[int, int, int]:
    """Return how many texts reach LOW, MEDIUM and HIGH."""
    low, medium, high = (sum(score is None or score >= threshold for score in scores) for threshold in thresholds)
    return low, medium, high


def weaker(thresholds: Sequence[float], than: Sequence[float]) -> tuple[str, ...]:
    """Return the levels that are reached at higher scores than before: what lies between is not detected any more."""
    return tuple(level for level, new, old in zip(LEVELS, thresholds, than, strict=True) if new > old)


def _at_most(flagged: int, texts: int, rate: float) -> float:
    """Return the probability that at most `flagged` of `texts` are, each at a rate: I(1 - rate; texts - flagged, flagged + 1)."""
    return _incomplete_beta(texts - flagged, flagged + 1, 1.0 - rate)


def _incomplete_beta(a: float, b: float, x: float) -> float:
    """Return the regularised incomplete beta function (NIST Digital Library of Mathematical Functions, 8.17.22 and 8.17.4)."""
    if x <= 0.0 or x >= 1.0:
        return float(x >= 1.0)
    if x > (a + 1) / (a + b + 2):  # where the fraction converges slowly, its mirror image does not
        return 1.0 - _incomplete_beta(b, a, 1.0 - x)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)) / a
    return front * _fraction(a, b, x)


def _fraction(a: float, b: float, x: float) -> float:
    """Evaluate the continued fraction by the modified method of Lentz (W. J. Lentz, Applied Optics 15, 1976)."""
    value, numerator, denominator = 1.0, 1.0, 0.0
    for term in range(_TERMS):
        half = term // 2
        if term == 0:
            coefficient = 1.0
        elif term % 2:
            coefficient = -(a + half) * (a + b + half) * x / ((a + 2 * half) * (a + 2 * half + 1))
        else:
            coefficient = half * (b - half) * x / ((a + 2 * half - 1) * (a + 2 * half))
        denominator = 1.0 / (1.0 + coefficient * denominator or _TINY)
        numerator = 1.0 + coefficient / numerator or _TINY
        step = numerator * denominator
        value *= step
        if abs(step - 1.0) < 1e-15:
            break
    return value - 1.0
