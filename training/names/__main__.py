"""Train, write and measure the finder of names: `python -m training.names --datasets FOLDER --out FOLDER`."""

from __future__ import annotations

import argparse
import hashlib
import random
import time
from collections import Counter
from pathlib import Path

import msgspec

from ringwall.watch.encoder import Body, load_encoder
from ringwall.watch.names import FOUND, SETTINGS, SURE, WEIGHTS, LearnedNameFinder
from ringwall.watch.names import Settings as Read
from training.encoder.pretrained import load_base
from training.names import card, corpus, silver, texts
from training.names.labelled import LABELS, Text, lowered
from training.names.measure import measure, thresholds
from training.names.model import Settings, items_of, train

GENERATED = {"chat": 6_000, "prose": 8_000, "address": 6_000, "age": 2_200, "logins": 4_500, "negative": 5_500}
REPEATED = {"presidio_synth_v2": 2, "wnut17": 2}
SILVER = 4_000
SEED = 1


def training_texts(datasets: Path, seed: int) -> list[Text]:
    """Return all texts that the finder is trained on."""
    out = [text for family, count in GENERATED.items() for text in texts.generated("train", family, count, seed)]
    rng = random.Random(f"names/{seed}")
    for name in corpus.TRAIN:
        given = corpus.labelled(datasets, name, training=True)
        for _ in range(REPEATED[name]):
            out += [lowered(text) if rng.random() < 0.25 else text for text in given]
    return [*out, *silver.silver(datasets, seed, SILVER)]


def main() -> None:
    """Run the whole chain, or measure what is there again."""
    parser = argparse.ArgumentParser(prog="python -m training.names", description=__doc__)
    parser.add_argument("--datasets", type=Path, required=True, help="the folder with MANIFEST.json and the data sets")
    parser.add_argument("--out", type=Path, required=True, help="the folder of the weights")
    parser.add_argument("--keep", type=float, default=1.0, help="share of the texts to use (a trial)")
    parser.add_argument("--measure", action="store_true", help="train nothing: set thresholds and measure the weights that are there")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    given = training_texts(options.datasets, SEED)
    if options.keep < 1:
        given = random.Random(1).sample(given, int(len(given) * options.keep))
    if not options.measure:
        (options.out / WEIGHTS).write_bytes(_trained(given))
    _measured((options.out / WEIGHTS).read_bytes(), Counter(text.source for text in given), options.datasets, options.out)


def _trained(given: list[Text]) -> bytes:
    started, shipped = time.monotonic(), load_encoder()
    items = items_of(shipped, given)
    print(f"{len(given)} texts, {sum(len(item.ids) for item in items)} pieces", flush=True)
    data = train(load_base(), shipped.table, shipped.pieces.pad, items, Settings()).onnx()
    print(f"trained in {time.monotonic() - started:.0f} s: {len(data)} bytes", flush=True)
    return data


def _measured(data: bytes, counts: Counter[str], datasets: Path, out: Path) -> None:
    """Set the thresholds; write the settings and the card."""
    shipped = load_encoder()
    body, digest = Body(lambda: data, shipped.table, pad=shipped.pieces.pad), hashlib.sha256(data).hexdigest()
    read = Read(name="ringwall-names", version="1", weights_sha256=digest, labels=LABELS, thresholds=dict.fromkeys(FOUND, SURE))
    read = msgspec.structs.replace(read, thresholds=thresholds(LearnedNameFinder(shipped, body, read), datasets))
    (out / SETTINGS).write_bytes(msgspec.json.format(msgspec.json.encode(read), indent=1) + b"\n")
    print(f"thresholds {read.thresholds}", flush=True)
    finder = LearnedNameFinder(shipped, body, read)
    card.write(card.describe(finder, read, Settings(), counts, measure(finder, datasets), datasets), out)


if __name__ == "__main__":
    main()
