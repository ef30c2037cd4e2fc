"""Fit one logistic regression per head, with the loss masked by what was judged, and round the weights to int8."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from training.content.corpus import Example
from training.content.matrix import CHARACTER_BITS, WORD_BITS
from training.content.sources import HEADS

CLIP_QUANTILES = (0.99, 0.995, 0.999, 0.9995, 0.9999, 1.0)


@dataclass(frozen=True)
class Settings:
    """What the fit depends on besides the data."""

    c: dict[str, float]  # inverse strength of the L2 penalty, per head
    positive_share: float = 0.3  # of the total weight of a head
    rarest: int = 2  # grams in fewer windows are dropped
    word_weight: float = 0.7  # of the word half of the features against the character half
    iterations: int = 80
    tolerance: float = 1e-4
    seed: int = 1


@dataclass(frozen=True)
class Quantised:
    """int8 tables, one row per bucket and one column per head, with a scale per table and head."""

    words: np.ndarray
    characters: np.ndarray
    word_scales: tuple[float, ...]
    character_scales: tuple[float, ...]
    biases: tuple[float, ...]


def document_weights(matrix: sparse.csr_array, rarest: int) -> np.ndarray:
    """Return one smoothed inverse document frequency per column; 0 drops the column."""
    frequency = np.bincount(matrix.indices, minlength=matrix.shape[1])
    weights = (np.log((1 + matrix.shape[0]) / (1 + frequency)) + 1).astype(np.float32)
    weights[frequency < rarest] = 0
    return weights


def fit(matrix: sparse.csr_array, examples: list[Example], settings: Settings) -> tuple[np.ndarray, np.ndarray]:
    """Return coefficients (columns x heads) on the unweighted columns, and biases."""
    target = np.array([example.target for example in examples], np.int8)
    weight = np.array([example.weight for example in examples], np.float32)
    column = document_weights(matrix, settings.rarest)
    column[: 1 << WORD_BITS] *= np.float32(settings.word_weight)
    scaled = (matrix @ sparse.diags_array(column)).tocsr()
    coefficients = np.zeros((matrix.shape[1], len(HEADS)), np.float32)
    biases = np.zeros(len(HEADS))
    for index, head in enumerate(HEADS):
        used = weight[:, index] > 0
        labels, weights = target[used, index], weight[used, index].astype(np.float64)
        positive, negative = weights[labels == 1].sum(), weights[labels == 0].sum()
        weights[labels == 1] *= settings.positive_share / (1 - settings.positive_share) * negative / positive
        weights *= len(weights) / weights.sum()
        model = LogisticRegression(C=settings.c[head], max_iter=settings.iterations, tol=settings.tolerance)
        with warnings.catch_warnings():
            warnings.simplefilter("error", ConvergenceWarning)
            model.fit(scaled[used], labels, sample_weight=weights)
        coefficients[:, index] = model.coef_[0] * column
        biases[index] = model.intercept_[0]
        print(
            f"  {head}: {int(labels.sum())} positive and {int((labels == 0).sum())} negative windows, {int(model.n_iter_[0])} iterations",
            flush=True,
        )
    return coefficients, biases


def quantise(coefficients: np.ndarray, biases: np.ndarray) -> Quantised:
    """Round to int8, with the clip per table and head that loses least squared error."""
    split = 1 << WORD_BITS
    words, word_scales = _round(coefficients[:split])
    characters, character_scales = _round(coefficients[split : split + (1 << CHARACTER_BITS)])
    return Quantised(words, characters, word_scales, character_scales, tuple(round(float(bias), 6) for bias in biases))


def _round(table: np.ndarray) -> tuple[np.ndarray, tuple[float, ...]]:
    out = np.zeros(table.shape, np.int8)
    scales = []
    for index in range(table.shape[1]):
        column = table[:, index].astype(np.float64)
        size = np.abs(column[column != 0])
        best = (np.inf, 1.0)
        for quantile in CLIP_QUANTILES:
            scale = float(f"{np.quantile(size, quantile) / 127:.8g}") if len(size) else 1.0
            rounded = np.clip(np.rint(column / scale), -127, 127)
            best = min(best, (float(np.square(column - rounded * scale).sum()), scale))
        scales.append(best[1])
        out[:, index] = np.clip(np.rint(column / best[1]), -127, 127)
    return out, tuple(scales)
