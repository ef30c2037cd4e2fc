"""Fine-tune the body and write it: `python -m training.grounding.train --datasets FOLDER --out FOLDER`."""

from __future__ import annotations

import argparse
import hashlib
import random
import time
from collections import Counter
from pathlib import Path

import torch

from ringwall.watch.encoder import load_encoder
from ringwall.watch.entailment import BODY
from training.content import corpus
from training.encoder.pretrained import load_base
from training.grounding import examples, fit, rows
from training.grounding.examples import Pair

EDITED, ASKED, WORLDS = 7_500, 2_600, 6_500  # pairs wanted of each kind
PASSES = 2  # over the judged answers, with and without their queries


def training_pairs(datasets: Path, seed: int) -> list[Pair]:
    """Return every training pair."""
    entries = corpus.manifest(datasets)
    judged = [row for name in rows.TRAIN for row in rows.read(datasets, entries[name], training=True)]
    documents = rows.carriers(datasets, entries, judged, seed=seed)
    sentences = [sentence for document in documents for sentence in document]
    return [
        *(pair for index in range(PASSES) for pair in examples.judged(judged, seed + index)),
        *examples.edited(documents, seed, EDITED),
        *examples.asked_of_sentences(documents, seed, ASKED),
        *examples.worlds(sentences, seed, WORLDS),
        *examples.relevance_of(judged, seed, aside=False),
    ]


def main() -> None:
    """Train one epoch and write the body."""
    parser = argparse.ArgumentParser(prog="python -m training.grounding.train", description=__doc__)
    parser.add_argument("--datasets", type=Path, required=True, help="the folder with MANIFEST.json and the data sets")
    parser.add_argument("--out", type=Path, required=True, help="the folder of the weights")
    parser.add_argument("--keep", type=float, default=1.0, help="share of the pairs to use (a trial)")
    parser.add_argument("--seed", type=int, default=1, help="of the examples, their order, the head and the dropout")
    parser.add_argument("--state", type=Path, help="also keep the trained weights in float, to write the body again")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    pairs = training_pairs(options.datasets, options.seed)
    if options.keep < 1:
        pairs = random.Random(options.seed).sample(pairs, int(len(pairs) * options.keep))
    encoder = load_encoder()
    encoded = fit.encode(encoder.pieces, pairs)
    counts = Counter((pair.source, pair.head, pair.target) for pair in pairs)
    print(f"{len(pairs)} pairs, {sum(len(one.input.ids) for one in encoded)} pieces after {time.monotonic() - started:.0f} s", flush=True)
    print(
        "\n".join(f"  {source} head {head} target {target:.0f}: {count}" for (source, head, target), count in sorted(counts.items())),
        flush=True,
    )
    model = fit.fine_tune(load_base(), encoder.table, encoder.pieces.pad, encoded, fit.Settings(seed=options.seed))
    if options.state is not None:
        torch.save(model.state_dict(), options.state)
    data = model.onnx()
    (options.out / BODY).write_bytes(data)
    print(f"trained after {time.monotonic() - started:.0f} s: {len(data)} bytes, {hashlib.sha256(data).hexdigest()}", flush=True)


if __name__ == "__main__":
    main()
