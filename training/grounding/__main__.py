"""Fit and measure over a trained body: `python -m training.grounding --datasets FOLDER --out FOLDER` (after `training.grounding.train`)."""

from __future__ import annotations

import argparse
import hashlib
import json
import pickle
import time
from pathlib import Path

import msgspec
import numpy as np

from ringwall.watch.encoder import Body, load_encoder
from ringwall.watch.entailment import BODY, SUM, Fitted, Reader
from training import pins
from training.content import corpus
from training.grounding import card, examples, measure, rows

SEED = 1
RELEVANCE = (
    ("begin_dialogue", "another query's answer"),
    ("xquad_en_swapped", "another query's answer"),
    ("xquad_en_swapped", "another answer of the paragraph"),
)
UNASKED = "xquad_en_swapped"  # also measured without its queries, as a caller without a query would see it


def main() -> None:
    """Fit, measure, and write the sums and the card beside the body."""
    parser = argparse.ArgumentParser(prog="python -m training.grounding", description=__doc__)
    parser.add_argument("--datasets", type=Path, required=True, help="the folder with MANIFEST.json and the data sets")
    parser.add_argument("--out", type=Path, required=True, help="the folder of the weights, with the body")
    parser.add_argument("--margins", action="store_true", help="also keep all evidence, to look at")
    options = parser.parse_args()
    started = time.monotonic()
    data = (options.out / BODY).read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    encoder = load_encoder()
    reader = Reader(encoder, Body(lambda: data, encoder.table, pad=encoder.pieces.pad))
    entries = corpus.manifest(options.datasets)
    judged = {name: rows.read(options.datasets, entries[name], training=True) for name in rows.TRAIN}
    aside = {name: [row for row in found if rows.is_aside(row)] for name, found in judged.items()}
    unseen = {name: measure.sample(rows.read(options.datasets, entries[name], training=False), SEED) for name in rows.MEASURE}
    held = {name: measure.read(reader, found) for name, found in (unseen | aside).items()}
    held[f"{UNASKED} without queries"] = measure.read(reader, unseen[UNASKED], asked=False)
    print(f"read after {time.monotonic() - started:.0f} s", flush=True)
    fitted = measure.fit_grounding([held[name] for name in rows.TRAIN])
    grounding = {name: measure.figures(fitted, part, SEED, trained_on=name in rows.TRAIN) for name, part in held.items()}
    pairs = examples.relevance_of([row for found in judged.values() for row in found], SEED, aside=True)
    asked = measure.relevance_values(reader, [(pair.query, pair.claim, bool(pair.target)) for pair in pairs])
    relevance_fit = measure.fit_relevance(*asked)
    relevance, kept = {}, {}
    for name, way in RELEVANCE:
        kept[name, way] = measure.relevance_values(reader, measure.WAYS[way](unseen[name]))
        relevance[f"{name}: {way}"] = measure.relevance_figures(relevance_fit, *kept[name, way], SEED)
    print(f"measured after {time.monotonic() - started:.0f} s", flush=True)
    file = Fitted(
        format=1,
        name="ringwall-grounding",
        version="1",
        body_sha256=digest,
        grounding=fitted,
        relevance=relevance_fit,
        grounding_auroc=round(float(np.mean([grounding[name]["auroc"] for name in rows.MEASURE])), 3),
        relevance_auroc=round(float(np.mean([figure["auroc"] for figure in relevance.values()])), 3),
    )
    (options.out / SUM).write_bytes(msgspec.json.encode(file) + b"\n")
    pins.pin(options.out)
    if options.margins:
        (options.out / "margins.pickle").write_bytes(pickle.dumps((held, asked, kept)))
    described = card.describe(file, entries, options.datasets, grounding, relevance)
    card.write(described, options.out)
    print(json.dumps({"sums": msgspec.to_builtins(file), "grounding": grounding, "relevance": relevance}, indent=1))


if __name__ == "__main__":
    main()
