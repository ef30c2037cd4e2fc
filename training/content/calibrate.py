"""Turn margins into scores whose thresholds stand for rates of harmless texts flagged."""

from __future__ import annotations

import numpy as np

from ringwall.watch.calibration import Calibration, Thresholds

RATES = {"LOW": 0.03, "MEDIUM": 0.01, "HIGH": 0.003}
THRESHOLDS = Thresholds(0.5, 0.7, 0.9)
_MIDDLE = ((0.5, 0.1), (0.1, 0.3))  # (share of harmless texts above, score)


def weighted_quantile(margins: list[np.ndarray], share_above: float) -> float:
    """Return the margin that `share_above` of the harmless texts exceed, every source counting the same."""
    values = np.concatenate(margins)
    weights = np.concatenate([np.full(len(source), 1 / (len(margins) * len(source))) for source in margins])
    order = np.argsort(-values, kind="stable")
    at = int(np.searchsorted(np.cumsum(weights[order]), share_above))
    return float(values[order[min(at, len(values) - 1)]])


def calibrate(margins: list[np.ndarray]) -> Calibration:
    """Return the curve of one head from the margins of harmless texts, one array per source."""
    knots = [(weighted_quantile(margins, share), score) for share, score in _MIDDLE]
    knots += [(weighted_quantile(margins, rate), score) for rate, score in zip(RATES.values(), THRESHOLDS, strict=True)]
    step = knots[1][0] - knots[0][0]
    knots.insert(0, (knots[0][0] - 3 * step, 0.0))
    knots.append((knots[-1][0] + 3 * step, 1.0))
    rising = []
    for margin, score in knots:
        floor = rising[-1][0] + 1e-4 if rising else -np.inf
        rising.append((round(max(margin, floor), 6), score))
    return Calibration(margins=tuple(margin for margin, _ in rising), scores=tuple(score for _, score in rising))
