"""The whole chain, from data sets to weights, pinned digest, card and reliability table.

1. Read the training sets by digest, generate our own texts, cut windows. 2. Fit, round to int8. 3. Calibrate on harmless sources that were
not trained on. 4. Measure with the very code that runs in the product. 5. Write everything.
"""

from __future__ import annotations

import argparse
import hashlib
import time
from pathlib import Path

import numpy as np

from ringwall.watch import features
from ringwall.watch.calibration import Calibration
from ringwall.watch.linear import CONTENT_WEIGHTS, LinearContentScorer
from ringwall.watch.weights_file import Head, Header, assemble, parse
from training import pins
from training.content import card, corpus, fit, generated, matrix, measure, sources
from training.content.calibrate import THRESHOLDS, calibrate

NAME = "ringwall-content-linear"
VERSION = "1"
SETTINGS = fit.Settings(c={"HATE": 0.01, "INSULTS": 0.03, "SEXUAL": 0.03, "VIOLENCE": 0.03, "MISCONDUCT": 0.03, "PROMPT_ATTACK": 0.03})
CARRIERS = ("t0_prompts", "docs_permissive_a", "bipia_train")


def training_examples(datasets: Path, seed: int, keep: float = 1.0) -> list[corpus.Example]:
    """Return all training windows; `keep` < 1 takes every n-th (for the reduced run of the tests)."""
    entries = corpus.manifest(datasets)
    out = []
    for source in sources.TRAIN:
        out += corpus.examples(corpus.read(datasets, entries[source.name], training=True), source, seed)
    carriers = [example.text for example in out if example.source in CARRIERS and not any(example.target)]
    out += generated.generated_examples(carriers, seed)
    return out[:: max(1, round(1 / keep))]


def weights_of(quantised: fit.Quantised, curves: list[Calibration]) -> bytes:
    """Return the weights file."""
    words, characters = quantised.words.tobytes(), quantised.characters.tobytes()
    heads = tuple(
        Head(
            name=head,
            word_scale=quantised.word_scales[index],
            character_scale=quantised.character_scales[index],
            bias=quantised.biases[index],
            calibration=curves[index],
            thresholds=THRESHOLDS,
        )
        for index, head in enumerate(sources.HEADS)
    )
    header = Header(
        format=1,
        name=NAME,
        version=VERSION,
        features=features.VERSION,
        word_bits=matrix.WORD_BITS,
        character_bits=matrix.CHARACTER_BITS,
        heads=heads,
        tables_sha256=hashlib.sha256(words + characters).hexdigest(),
    )
    return assemble(header, words, characters)


def scorer_of(data: bytes) -> LinearContentScorer:
    """Load a weights file as the product does."""
    return LinearContentScorer(parse(data, expected_sha256=hashlib.sha256(data).hexdigest()))


def train(examples: list[corpus.Example], harmless: list[list[corpus.Row]]) -> bytes:
    """Fit, round, calibrate on harmless sources, and return the weights file."""
    quantised = fit.quantise(*fit.fit(matrix.build([example.text for example in examples]), examples, SETTINGS))
    flat = Calibration(margins=(0.0, 1.0), scores=(0.0, 1.0))
    raw = scorer_of(weights_of(quantised, [flat] * len(sources.HEADS)))
    margins = [measure.score_source(raw, rows).margins for rows in harmless]
    return weights_of(quantised, [calibrate([source[:, index] for source in margins]) for index in range(len(sources.HEADS))])


def main() -> None:
    """Run the whole chain."""
    parser = argparse.ArgumentParser(prog="python -m training.content", description=__doc__)
    parser.add_argument("--datasets", type=Path, required=True, help="the folder with MANIFEST.json and the data sets")
    parser.add_argument("--out", type=Path, required=True, help="the folder of the weights")
    parser.add_argument("--docs", type=Path, required=True, help="the folder of the reliability table")
    parser.add_argument("--keep", type=float, default=1.0, help="share of the training windows to use (the tests' reduced run)")
    options = parser.parse_args()
    started = time.monotonic()
    entries = corpus.manifest(options.datasets)
    evaluation = sources.MEASURE + sources.CALIBRATE + sources.CHECK + sources.ALARMING
    held = {name: corpus.read(options.datasets, entries[name], training=False) for name in evaluation}
    examples = training_examples(options.datasets, SETTINGS.seed, options.keep)
    print(f"{len(examples)} training windows after {time.monotonic() - started:.0f} s", flush=True)
    data = train(examples, [held[name] for name in sources.CALIBRATE])
    print(f"trained after {time.monotonic() - started:.0f} s", flush=True)
    scorer = scorer_of(data)
    scored = {name: measure.score_source(scorer, rows) for name, rows in held.items()}
    curves = [head.calibration for head in scorer.header.heads]
    cuts = np.array([[curve.margins[curve.scores.index(score)] for score in THRESHOLDS] for curve in curves])
    figures = measure.measure(scored, sources.MEASURE, cuts, SETTINGS.seed)
    rates = measure.flagged(scored, sources.CALIBRATE + sources.CHECK + sources.ALARMING, cuts)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / CONTENT_WEIGHTS).write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    pins.pin(options.out)
    described = card.describe(scorer.header, digest, SETTINGS, entries, examples, figures, rates)
    card.write(described, options.out, options.docs, measure.reliability(scored, sources.MEASURE, curves))
    for head, numbers in figures.items():
        print(f"{head:14s} AUROC {numbers['auroc']:.3f} {numbers['auroc_interval']} recall at 1 % {numbers['recall_at_1_percent']:.2f}")
    print(f"{len(data)} bytes, sha256 {digest}, {time.monotonic() - started:.0f} s")
