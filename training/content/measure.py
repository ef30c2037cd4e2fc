"""What the finished model does on sources that it never saw: AUROC, recall, harmless texts flagged, with bootstrap intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ringwall.watch import LinearContentScorer
from training.content.corpus import Row, windows
from training.content.sources import HEADS

BENIGN = ("arena_hard", "writingbench_en", "ifeval", "humaneval", "coconot_contrast_eval")
ROUNDS = 400
LEVELS = ("LOW", "MEDIUM", "HIGH")


@dataclass(frozen=True)
class Scored:
    """One source with the margins of its texts (the largest over a text's windows), one column per head."""

    rows: list[Row]
    margins: np.ndarray


def score_source(scorer: LinearContentScorer, rows: list[Row]) -> Scored:
    """Score every text as the guardrail does: all windows, the largest margin counts."""
    margins = np.array([np.max([scorer.margins(window) for window in windows(row.text)], axis=0) for row in rows])
    return Scored(rows, margins.reshape(len(rows), len(HEADS)))


def auroc(positive: np.ndarray, negative: np.ndarray) -> float:
    """Return the share of (positive, negative) pairs in the right order, ties counting half."""
    order = np.sort(negative)
    below = np.searchsorted(order, positive, "left")
    upto = np.searchsorted(order, positive, "right")
    return float((below + upto).sum() / (2 * len(positive) * len(negative)))


def recall_at(positive: np.ndarray, harmless: np.ndarray, rate: float) -> float:
    """Return the share of positives above the margin that `rate` of the harmless texts exceed."""
    return float((positive > np.quantile(harmless, 1 - rate)).mean())


def f1(positive: np.ndarray, harmless: np.ndarray, cut: float) -> float:
    """Return the harmonic mean of precision and recall at one cut, on these two samples as they are."""
    hit, false = (positive >= cut).sum(), (harmless >= cut).sum()
    return float(2 * hit / max(hit + false + len(positive), 1))


def interval(positive: np.ndarray, negative: np.ndarray, statistic: object, rng: np.random.Generator) -> list[float]:
    """Return the 95 % percentile bootstrap interval of a statistic of two samples."""
    values = [
        statistic(positive[rng.integers(len(positive), size=len(positive))], negative[rng.integers(len(negative), size=len(negative))])
        for _ in range(ROUNDS)
    ]
    low, high = np.quantile(values, (0.025, 0.975))
    return [round(float(low), 3), round(float(high), 3)]


def measure(scored: dict[str, Scored], measured: tuple[str, ...], cuts: np.ndarray, seed: int) -> dict:
    """Return the figures of every head that has positives.

    Args:
        scored: every evaluation source by name.
        measured: the sources that hold positives.
        cuts: per head the margins at LOW, MEDIUM and HIGH.
        seed: of the bootstrap.
    """
    rng = np.random.default_rng(seed)
    out = {}
    for index, head in enumerate(HEADS):
        harmless = np.concatenate([scored[name].margins[:, index] for name in BENIGN])
        per_source = {name: _parts(scored[name], head, index) for name in measured}
        per_source = {name: parts for name, parts in per_source.items() if len(parts[0])}
        if not per_source:
            continue
        positive = np.concatenate([parts[0] for parts in per_source.values()])
        judged = np.concatenate([harmless, *(parts[1] for parts in per_source.values())])
        out[head] = {
            "positives": len(positive),
            "auroc": round(auroc(positive, harmless), 3),
            "auroc_interval": interval(positive, harmless, auroc, rng),
            "auroc_with_judged_negatives": round(auroc(positive, judged), 3),
            "recall_at_1_percent": round(recall_at(positive, harmless, 0.01), 3),
            "recall_at_1_percent_interval": interval(positive, harmless, lambda p, n: recall_at(p, n, 0.01), rng),
            "recall": {level: round(float((positive >= cut).mean()), 3) for level, cut in zip(LEVELS, cuts[index], strict=True)},
            "f1_at_medium": round(f1(positive, harmless, cuts[index][1]), 3),
            "sources": {
                name: {
                    "positives": len(yes),
                    "auroc": round(auroc(yes, harmless), 3),
                    "auroc_within_source": round(auroc(yes, no), 3) if len(no) else None,
                    "recall_at_medium": round(float((yes >= cuts[index][1]).mean()), 3),
                }
                for name, (yes, no) in per_source.items()
            },
        }
    return out


def flagged(scored: dict[str, Scored], names: tuple[str, ...], cuts: np.ndarray) -> dict:
    """Return, per harmless source, the share of texts at or above each level, per head and for any head."""
    out = {}
    for name in names:
        above = scored[name].margins[:, :, None] >= cuts[None, :, :]
        rates = {head: [round(float(rate), 4) for rate in above[:, index].mean(0)] for index, head in enumerate(HEADS)}
        rates["ANY"] = [round(float(rate), 4) for rate in above.any(1).mean(0)]
        out[name] = {"texts": len(scored[name].rows), "levels": list(LEVELS), "rates": rates}
    return out


def reliability(scored: dict[str, Scored], measured: tuple[str, ...], curves: list) -> list[tuple]:
    """Return rows (head, score from, score to, share of harmless texts, share of positives)."""
    edges = np.linspace(0, 1, 11)
    rows = []
    for index, head in enumerate(HEADS):
        harmless = np.concatenate([scored[name].margins[:, index] for name in BENIGN])
        positive = np.concatenate([_parts(scored[name], head, index)[0] for name in measured])
        shares = []
        for sample in (harmless, positive):
            counts, _ = np.histogram([curves[index].score(float(margin)) for margin in sample], edges)
            shares.append(counts / len(sample))
        rows += [(head, edges[i], edges[i + 1], shares[0][i], shares[1][i]) for i in range(10)]
    return rows


def _parts(source: Scored, head: str, index: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the margins of a source's positives, and of the rows that were judged negative."""
    yes = np.array([head in row.labels for row in source.rows])
    no = np.array([head in row.known and head not in row.labels for row in source.rows])
    return source.margins[yes, index], source.margins[no, index]
