"""Fit and measure the lexical scorers: `python -m training.lexical --datasets FOLDER --out FOLDER`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import msgspec
import numpy as np

from ringwall.watch.lexical import PARAMETERS, Parameters
from training import pins
from training.content import corpus
from training.lexical import frequencies, measure_grounding, measure_topics


def _training_sets(datasets: Path) -> list[dict]:
    """Return what words were counted in, and what the weights of grounding were fitted on, by digest."""
    entries = corpus.manifest(datasets)
    names = dict.fromkeys((*frequencies.SOURCES, *measure_grounding.FIT))
    return [{"name": name, "licence": entries[name]["licence"], "sha256": entries[name]["sha256"]} for name in names]


def main() -> None:
    """Count word frequencies, fit, measure, and write what the product reads together with the measurements."""
    parser = argparse.ArgumentParser(prog="python -m training.lexical", description=__doc__)
    parser.add_argument("--datasets", type=Path, required=True, help="the folder with MANIFEST.json and the data sets")
    parser.add_argument("--out", type=Path, required=True, help="the folder of the weights")
    options = parser.parse_args()
    frequencies.write(options.datasets, options.out)
    pins.pin(options.out)
    topics = measure_topics.report(options.datasets)
    weights = measure_grounding.fit(options.datasets)
    grounding = measure_grounding.measure(options.datasets, weights)
    relevance_weights = measure_grounding.fit_relevance(options.datasets)
    relevance = measure_grounding.measure_relevance(options.datasets, relevance_weights)
    unseen = [figure["auroc"] for figure in grounding.values() if not figure["fitted_on"]]
    parameters = Parameters(
        topic_cut=topics["cut"],
        topic_auroc=topics["auroc"],
        grounding=weights,
        grounding_auroc=round(float(np.mean(unseen)), 3),
        relevance=relevance_weights,
        relevance_auroc=round(float(np.mean([figure["auroc"] for figure in relevance.values()])), 3),
    )
    (options.out / PARAMETERS).write_bytes(msgspec.json.encode(parameters) + b"\n")
    pins.pin(options.out)
    card = {
        "name": "ringwall-lexical",
        "version": "1",
        "licence": "Apache-2.0",
        "training_sets": _training_sets(options.datasets),
        "topics": topics,
        "grounding": grounding,
        "relevance": relevance,
        "parameters": msgspec.to_builtins(parameters),
    }
    (options.out / "lexical-v1.card.json").write_text(json.dumps(card, indent=1) + "\n")
    print(json.dumps(card, indent=1))


if __name__ == "__main__":
    main()
