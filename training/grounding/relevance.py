"""Fit and measure relevance over the sentence encoder: `python -m training.grounding.relevance --datasets FOLDER --out FOLDER`."""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

import msgspec
import numpy as np

from ringwall.watch import lexical
from ringwall.watch.relevance import FILE, RelevanceSum, evidence
from ringwall.watch.sentences import SentenceEncoder, load_sentence_encoder
from training import pins
from training.content import corpus
from training.content.measure import auroc, interval
from training.grounding import examples, measure, rows
from training.grounding.measure import Asked
from training.lexical.measure_grounding import bounded

SEED = 1
FIT_PAIRS, MEASURED_ROWS = 1_500, 700
FIT = ("halueval_qa_sample", "faithdial_audit")
MEASURE = (
    ("begin_dialogue", "another query's answer"),
    ("xquad_en_swapped", "another query's answer"),
    ("xquad_en_swapped", "another answer of the paragraph"),
)
LIMITS = (
    "It is closeness of subject: an answer about the query's subject that does not answer it is relevant (as of the same paragraph).",
    "Relevance reads the query and the answer, not the source: a wrong answer of the right kind is relevant.",
    "Relevance by meaning is measured in English only, on single questions and turns of dialogues; an answer's closest sentence counts.",
)


def values(sentences: SentenceEncoder, asked: list[Asked]) -> tuple[np.ndarray, np.ndarray]:
    """Return the columns shared and likeness, and which answers are relevant, of the pairs that hold words."""
    asked = [(query, answer, relevant) for query, answer, relevant in asked if lexical.words(query) and lexical.words(answer)]
    return np.array([evidence(sentences, query, answer) for query, answer, _ in asked]), np.array([relevant for *_, relevant in asked])


def figures(fitted: dict[str, float], columns: np.ndarray, relevant: np.ndarray) -> dict:
    """Return the figures of one way of pairing."""
    summed = columns @ np.array([fitted["shared"], fitted["likeness"]])
    yes, no = summed[relevant], summed[~relevant]
    return {
        "pairs": int(relevant.sum()),
        "others": int((~relevant).sum()),
        "auroc": round(auroc(yes, no), 3),
        "auroc_interval": interval(yes, no, auroc, np.random.default_rng(SEED)),
        "auroc_lexical": round(auroc(columns[relevant, 0], columns[~relevant, 0]), 3),
    }


def main() -> None:
    """Fit, measure, and write the file and the card."""
    parser = argparse.ArgumentParser(prog="python -m training.grounding.relevance", description=__doc__)
    parser.add_argument("--datasets", type=Path, required=True, help="the folder with MANIFEST.json and the data sets")
    parser.add_argument("--out", type=Path, required=True, help="the folder of the weights")
    options = parser.parse_args()
    entries, sentences = corpus.manifest(options.datasets), load_sentence_encoder()
    judged = [row for name in FIT for row in rows.read(options.datasets, entries[name], training=True)]
    pairs = [pair for side in (True, False) for pair in examples.relevance_of(judged, SEED, aside=side)][:FIT_PAIRS]
    columns, relevant = values(sentences, [(pair.query, pair.claim, bool(pair.target)) for pair in pairs])
    weights = np.where(relevant, 1 / relevant.sum(), 1 / (~relevant).sum())
    fitted = bounded(columns, relevant, weights, ("shared", "likeness"))
    measured = {}
    for name, way in MEASURE:
        found = rows.read(options.datasets, entries[name], training=False)
        found = random.Random(SEED).sample(found, min(MEASURED_ROWS, len(found)))
        measured[f"{name}: {way}"] = figures(fitted, *values(sentences, measure.WAYS[way](found)))
    mean = round(float(np.mean([figure["auroc"] for figure in measured.values()])), 3)
    file = RelevanceSum(format=1, name="ringwall-relevance", version="1", sentences_sha256=sentences.digest, auroc=mean, **fitted)
    (options.out / FILE).write_bytes(msgspec.json.encode(file) + b"\n")
    pins.pin(options.out)
    sets = {name: {key: entries[name][key] for key in ("name", "licence", "sha256")} for name in (*FIT, *dict(MEASURE))}
    card = {
        "name": file.name,
        "version": file.version,
        "licence": "Apache-2.0",
        "sums": msgspec.to_builtins(file),
        "training_sets": [sets[name] | {"pairs": sum(pair.source == name for pair in pairs)} for name in FIT],
        "validation_sets": [sets[name] for name in dict(MEASURE)],
        "relevance": measured,
        "limits": list(LIMITS),
    }
    (options.out / "relevance-v1.card.json").write_text(json.dumps(card, indent=1) + "\n")
    print(json.dumps(card, indent=1))


if __name__ == "__main__":
    main()
