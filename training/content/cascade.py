"""The sum of the linear model and the encoder, the cuts between which a window is unsure, and what a sum means: `content-cascade-v1.json`.

Only harmless sources that nothing was trained on decide here, so what is fitted has seen no harmful text of the sources that measure.

1. Both margins of a head are brought to one scale: the median of harmless windows is 0, their 99th percentile 1. The sum is their mean.
2. A window is sure where every head's linear margin is below what most harmless windows reach, or above what hardly any reaches.
3. Sums become scores whose thresholds stand for rates of harmless texts, as for the linear model alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from ringwall.watch.calibration import Calibration
from ringwall.watch.encoder import Body, Encoder
from ringwall.watch.encoder.runs import runs
from ringwall.watch.linear import LinearContentScorer
from training.content.calibrate import calibrate
from training.content.corpus import Row, windows
from training.content.kinds import LONGEST, OUTPUTS, STRIDE
from training.content.sources import HEADS

UNSURE = 0.45  # of harmless windows
HIGHEST = 0.0005  # of harmless windows are sure to be harmful
LINEAR_SHARE = 0.33  # of the sum
CHUNK = 64


@dataclass(frozen=True)
class Margins:
    """One source: per window the linear margins (heads) and the encoder's logits (outputs), and which text it belongs to."""

    rows: list[Row]
    linear: np.ndarray
    encoder: np.ndarray
    text: np.ndarray


@dataclass(frozen=True)
class Head:
    """How one head's margins become a score."""

    low: float
    high: float
    linear: float
    encoder: float
    bias: float
    sure: Calibration
    calibration: Calibration


def margins_of(scorer: LinearContentScorer, encoder: Encoder, body: Body, rows: list[Row]) -> Margins:
    """Compute both levels' margins of every window."""
    cut = [(index, window) for index, row in enumerate(rows) for window in windows(row.text)]
    chunks = [cut[start : start + CHUNK] for start in range(0, len(cut), CHUNK)]
    with ThreadPoolExecutor(2) as pool:
        logits = list(pool.map(lambda chunk: _logits(encoder, body, [window for _, window in chunk]), chunks))
    linear = np.array([scorer.margins(window) for _, window in cut])
    return Margins(rows, linear, np.concatenate(logits), np.array([index for index, _ in cut]))


def _logits(encoder: Encoder, body: Body, texts: Sequence[str]) -> np.ndarray:
    cut = [runs(encoder.pieces, encoder.pieces.pieces(text).ids, longest=LONGEST, stride=STRIDE) for text in texts]
    made = np.stack(body.run([run.ids for each in cut for run in each]))
    ends = np.cumsum([len(each) for each in cut])
    return np.stack([made[end - len(each) : end].max(0) for each, end in zip(cut, ends, strict=True)])


def fit(harmless: Sequence[Margins], linear_share: float = LINEAR_SHARE) -> dict[str, Head]:
    """Return every head's part of the cascade from harmless sources."""
    linear, logits = (np.concatenate([getattr(source, name) for source in harmless]) for name in ("linear", "encoder"))
    lows = _gate(linear)
    out = {}
    for index, head in enumerate(HEADS):
        low, high = float(lows[index]), float(np.quantile(linear[:, index], 1 - HIGHEST)) + 1.0
        a, b, bias = _sum(linear[:, index], logits[:, index], linear_share)
        draft = Head(low, high, a, b, bias, _sure(low, high), Calibration(margins=(0.0, 1.0), scores=(0.0, 1.0)))
        sums = [_text_max(source, a * source.linear[:, index] + b * source.encoder[:, index] + bias) for source in harmless]
        out[head] = Head(low, high, a, b, bias, draft.sure, calibrate(sums))
    for index, kind in enumerate(OUTPUTS[len(HEADS) :], len(HEADS)):
        a, b, bias = _sum(logits[:, index], logits[:, index], 0.0)
        sums = [_text_max(source, b * source.encoder[:, index] + bias) for source in harmless]
        out[kind] = Head(0.0, 0.0, a, b, bias, _sure(0.0, 1.0), calibrate(sums))
    return out


def _sum(linear: np.ndarray, logits: np.ndarray, share: float) -> tuple[float, float, float]:
    """Return the factors of both margins and the constant of the sum."""
    a, b, bias = 0.0, 0.0, 0.0
    for which, (margins, part) in enumerate(((linear, share), (logits, 1 - share))):
        middle, top = np.quantile(margins, (0.5, 0.99))
        factor = part / max(float(top - middle), 1e-6)
        bias -= factor * float(middle)
        a, b = (factor, b) if which == 0 else (a, factor)
    return round(a, 6), round(b, 6), round(bias, 6)


def _gate(linear: np.ndarray) -> np.ndarray:
    """Return the linear margins at or above which a head is unsure: the same quantile of every head, so that `UNSURE` of windows are."""
    below, above = 0.5, 1.0
    for _ in range(30):
        middle = (below + above) / 2
        share = (linear >= np.quantile(linear, middle, axis=0)).any(1).mean()
        below, above = (middle, above) if share > UNSURE else (below, middle)
    return np.round(np.quantile(linear, above, axis=0), 6)


def _sure(low: float, high: float) -> Calibration:
    return Calibration(margins=(round(low - 6.0, 6), round(low, 6), round(high, 6), round(high + 6.0, 6)), scores=(0.0, 0.05, 0.95, 1.0))


def _text_max(source: Margins, values: np.ndarray) -> np.ndarray:
    out = np.full(len(source.rows), -np.inf)
    np.maximum.at(out, source.text, values)
    return out


def scores(source: Margins, heads: dict[str, Head], *, gated: bool = True) -> tuple[np.ndarray, float]:
    """Return every text's score per output, as the cascade gives it, and the share of windows that went to level 1."""
    lows, highs = (np.array([getattr(heads[head], name) for head in HEADS]) for name in ("low", "high"))
    unsure = ((source.linear >= lows) & (source.linear < highs)).any(1)
    if not gated:
        unsure[:] = True
    out = np.zeros((len(source.rows), len(OUTPUTS)))
    for index, name in enumerate(OUTPUTS):
        head = heads[name]
        linear = source.linear[:, index] if index < len(HEADS) else np.zeros(len(unsure))
        sums = head.linear * linear + head.encoder * source.encoder[:, index] + head.bias
        high = [head.calibration.score(float(value)) for value in sums]
        low = [head.sure.score(float(value)) if index < len(HEADS) else 0.0 for value in linear]
        out[:, index] = np.maximum(_text_max(source, np.where(unsure, high, low)), 0.0)
    return out, float(unsure.mean())
