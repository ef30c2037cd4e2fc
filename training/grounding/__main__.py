"""Train, fit and measure grounding by meaning: `python -m training.grounding --datasets FOLDER --out FOLDER`.

1. Judged answers, edited sentences and invented worlds, as pairs. 2. Every claim is laid beside its source by the code that runs in the
product. 3. The network, once a seed; the first ships. 4. The sum with the lexical evidence, over answers whose contexts were kept aside.
5. Measure on sources that nothing was trained on, and write the file and the card.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from pathlib import Path

import msgspec
import numpy as np

from ringwall.watch.encoder import load_encoder
from ringwall.watch.entailment import FILE, Fitted, Reader
from ringwall.watch.sentences import load_sentence_encoder
from training import pins
from training.content import corpus
from training.grounding import card, examples, features, fit, measure, rows
from training.grounding.examples import GROUNDED, Pair

EDITED, ASKED, WORLDS = 5_000, 4_000, 4_500  # pairs wanted of each kind
PASSES = 2  # over the judged answers, with and without their queries
SEEDS = (1, 2, 3)
SUMMED = ("faithdial_audit", "bump_summaries")  # the network alone tells halueval_qa_sample's answers apart: they would outvote words
UNASKED = "xquad_en_swapped"  # also measured without its queries, as a caller without a query would see it


def training_pairs(datasets: Path, seed: int) -> list[Pair]:
    """Return every training pair."""
    entries = corpus.manifest(datasets)
    judged = [row for name in rows.TRAIN for row in rows.read(datasets, entries[name], training=True)]
    documents = rows.carriers(datasets, entries, judged, seed=seed)
    sentences = [sentence for document in documents for sentence in document]
    pairs = [
        *(pair for index in range(PASSES) for pair in examples.judged(judged, seed + index)),
        *examples.edited(documents, seed, EDITED),
        *examples.asked_of_sentences(documents, seed, ASKED),
        *examples.worlds(sentences, seed, WORLDS),
    ]
    return [pair for pair in pairs if pair.head == GROUNDED]


def main() -> None:
    """Run the whole chain."""
    parser = argparse.ArgumentParser(prog="python -m training.grounding", description=__doc__)
    parser.add_argument("--datasets", type=Path, required=True, help="the folder with MANIFEST.json and the data sets")
    parser.add_argument("--out", type=Path, required=True, help="the folder of the weights")
    options = parser.parse_args()
    started = time.monotonic()
    sentences = load_sentence_encoder()
    reader = Reader(load_encoder(), sentences)
    entries = corpus.manifest(options.datasets)
    pairs = training_pairs(options.datasets, SEEDS[0])
    learned = features.answers(reader, ((one.context, one.claim, one.query, one.target, one.weight, one.source) for one in pairs))
    print(f"{len(learned)} answers laid beside their sources after {time.monotonic() - started:.0f} s", flush=True)
    found = {name: rows.read(options.datasets, entries[name], training=True) for name in rows.TRAIN}
    found = {name: [row for row in judged if rows.is_aside(row)] for name, judged in found.items()}
    found |= {name: measure.sample(rows.read(options.datasets, entries[name], training=False), 1) for name in rows.MEASURE}
    held = {name: features.answers(reader, map(features.given, judged)) for name, judged in found.items()}
    held[f"{UNASKED} without queries"] = features.answers(reader, (features.given(row, asked=False) for row in found[UNASKED]))
    print(f"read after {time.monotonic() - started:.0f} s", flush=True)
    trained = [_trained(learned, held, seed) for seed in SEEDS]
    network, summed, grounding = trained[0]
    file = Fitted(
        format=1,
        name="ringwall-grounding",
        version="1",
        sentences_sha256=sentences.digest,
        network=network,
        sum=summed,
        auroc=_mean(grounding),
    )
    (options.out / FILE).write_bytes(msgspec.json.encode(file) + b"\n")
    pins.pin(options.out)
    seeds = [{"seed": seed, "mean": _mean(figures)} for seed, (_, _, figures) in zip(SEEDS, trained, strict=True)]
    card.write(card.describe(file, entries, Counter(pair.source for pair in pairs), grounding, seeds), options.out)
    print(json.dumps({"sum": msgspec.to_builtins(summed), "seeds": seeds, "grounding": grounding}, indent=1))


def _trained(learned: list[features.Answer], held: dict[str, list[features.Answer]], seed: int) -> tuple:
    network = fit.train(learned, fit.Settings(seed=seed))
    compiled = network.compiled()
    read = {name: measure.read(compiled, answers) for name, answers in held.items()}
    summed = measure.fit_grounding([read[name] for name in SUMMED])
    figures = {name: measure.figures(summed, part, seed, trained_on=name in rows.TRAIN) for name, part in read.items()}
    return network, summed, figures


def _mean(figures: dict[str, dict]) -> float:
    return round(float(np.mean([figures[name]["auroc"] for name in rows.MEASURE])), 3)


if __name__ == "__main__":
    main()
