"""Fit the weights of grounding evidence, and measure grounding and relevance on sources that nothing was fitted on."""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from ringwall.watch import grounding
from training.content import corpus
from training.content.measure import auroc

FIT = ("halueval_qa_sample", "faithdial_audit", "bump_summaries")  # role train, weights may ship
MEASURE = ("wice", "begin_dialogue", "conjnli", "xquad_en_swapped")  # validation, or may not be fitted on
AGAINST = ("numbers", "names", "negated")
PENALTY = 1e-3
CUTS = (0.3, 0.5, 0.7)
MOST = 1_500


def read(datasets: Path, entry: dict, *, fitting: bool) -> list[dict]:
    """Read one grounding set by its digest.

    Raises:
        CorpusError: the bytes are not those of the manifest, or a set may not be fitted on.
    """
    if fitting and not (entry["role"] == "train" and entry["ship_weights"] and entry["commercial_use"]):
        raise corpus.CorpusError(f"`{entry['name']}` may not be fitted on")
    data = (datasets / entry["file"]).read_bytes()
    if hashlib.sha256(data).hexdigest() != entry["sha256"]:
        raise corpus.CorpusError(f"`{entry['file']}` is not the file of the manifest")
    rows = [json.loads(line) for line in data.splitlines()]
    return rows if len(rows) <= MOST else random.Random(entry["name"]).sample(rows, MOST)


def table(rows: list[dict]) -> tuple[np.ndarray, np.ndarray]:
    """Return the evidence of every row, and whether it is grounded."""
    found = [grounding.evidence(row["context"], row["answer"]) or grounding.PERFECT for row in rows]
    names = grounding.Evidence.__struct_fields__
    return np.array([[getattr(item, name) for name in names] for item in found]), np.array([bool(row["grounded"]) for row in rows])


def fit(datasets: Path) -> dict[str, float]:
    """Return one weight per kind of evidence and the bias; every source and label counts the same."""
    entries = corpus.manifest(datasets)
    parts = [table(read(datasets, entries[name], fitting=True)) for name in FIT]
    values = np.concatenate([part[0] for part in parts])
    labels = np.concatenate([part[1] for part in parts])
    weights = np.concatenate([np.where(part[1], 1 / part[1].sum(), 1 / (~part[1]).sum()) for part in parts])
    return bounded(values, labels, weights, grounding.Evidence.__struct_fields__)


def bounded(values: np.ndarray, labels: np.ndarray, weights: np.ndarray, names: tuple[str, ...]) -> dict[str, float]:
    """Fit a logistic regression whose weights may not have the wrong sign, so that more evidence against never helps an answer."""
    target = np.where(labels, 1.0, -1.0)
    weights = weights / weights.sum()

    def loss(point: np.ndarray) -> tuple[float, np.ndarray]:
        margin = target * (values @ point[:-1] + point[-1])
        pull = -target * weights / (1 + np.exp(margin))
        gradient = np.append(values.T @ pull + PENALTY * point[:-1], pull.sum())
        return float(weights @ np.logaddexp(0, -margin)) + PENALTY / 2 * float(point[:-1] @ point[:-1]), gradient

    bounds = [(None, 0) if name in AGAINST else (0, None) for name in names]
    found = minimize(loss, np.zeros(len(names) + 1), jac=True, bounds=[*bounds, (None, None)], method="L-BFGS-B")
    return {name: round(float(value), 4) for name, value in zip((*names, "bias"), found.x, strict=True)}


def measure(datasets: Path, weights: dict[str, float]) -> dict:
    """Return per source the AUROC of grounding, and the shares of grounded and of other answers that score below some thresholds."""
    entries = corpus.manifest(datasets)
    vector = np.array([weights[name] for name in grounding.Evidence.__struct_fields__])
    perfect = weights["bias"] + sum(weights[name] * getattr(grounding.PERFECT, name) for name in grounding.Evidence.__struct_fields__)
    out = {}
    for name in (*MEASURE, *FIT):
        values, labels = table(read(datasets, entries[name], fitting=False))
        margins = values @ vector
        scores = (1 + np.exp(-perfect)) / (1 + np.exp(-margins - weights["bias"]))
        out[name] = {
            "answers": len(labels),
            "grounded": int(labels.sum()),
            "auroc": round(auroc(margins[labels], margins[~labels]), 3),
            "below": {
                str(cut): [round(float((scores[labels] < cut).mean()), 3), round(float((scores[~labels] < cut).mean()), 3)] for cut in CUTS
            },
            "fitted_on": name in FIT,
        }
    return out


def _pairs(datasets: Path, entry: dict, *, fitting: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return the overlap of answers with their own query and with another one's, and which is which."""
    rows = [row for row in read(datasets, entry, fitting=fitting) if row["grounded"] and row["query"]]
    found = [grounding.overlap(row["query"], rows[at - shift]["answer"]) for shift in (0, 1) for at, row in enumerate(rows)]
    return np.array([[item.shared] for item in found]), np.repeat([True, False], len(rows))


def fit_relevance(datasets: Path) -> dict[str, float]:
    """Return the weights of relevance."""
    entries = corpus.manifest(datasets)
    parts = [_pairs(datasets, entries[name], fitting=True) for name in ("halueval_qa_sample", "faithdial_audit")]
    values, labels = np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])
    return bounded(values, labels, np.ones(len(labels)), grounding.Overlap.__struct_fields__)


def measure_relevance(datasets: Path, weights: dict[str, float]) -> dict:
    """Return the AUROC of relevance: an answer against its own query, and against another one."""
    entries = corpus.manifest(datasets)
    out = {}
    for name in ("begin_dialogue", "xquad_en_swapped"):
        values, labels = _pairs(datasets, entries[name], fitting=False)
        margins = values @ np.array([weights[field] for field in grounding.Overlap.__struct_fields__])
        out[name] = {"pairs": int(labels.sum()), "auroc": round(auroc(margins[labels], margins[~labels]), 3)}
    return out
