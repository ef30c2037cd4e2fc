"""The whole chain: the encoder's file, vectors of all texts, the matcher, its figures, its card."""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path

import msgspec
import numpy as np
from torch import nn

from ringwall.watch.encoder import Body, load_encoder
from ringwall.watch.sentences import BODY, LONGEST, PIECES, SentenceEncoder
from ringwall.watch.topic_matcher import FEATURES, MATCHER, Matcher
from training import pins
from training.content import corpus
from training.encoder.body import WIDTH
from training.encoder.graph import INPUTS, Graph, layers, mean
from training.encoder.pretrained import load_base
from training.topics import card, fit, measure, pairs
from training.topics.reading import Reader

SEED = 1
HALF_WAY = 3  # layers


def sentences() -> bytes:
    """Return the encoder's file: the base model's body as it is, with the positions that a unit can have.

    Outputs: the mean of its states, and each piece's state half way up, by which texts are laid beside each other: for these the upper
    half does not run.
    """
    body = load_base().body(6).eval()
    body.positions = nn.Embedding.from_pretrained(body.positions.weight[: LONGEST + 2].detach())
    graph = Graph()
    states = layers(graph, body)
    outputs = {"vectors": (mean(graph, states[-1]), ["batch", WIDTH]), PIECES: (states[HALF_WAY - 1], ["batch", "tokens", WIDTH])}
    return graph.bytes(INPUTS, outputs, apart="vectors")


def opened(data: bytes) -> SentenceEncoder:
    """Load the encoder as run time does."""
    encoder = load_encoder()
    return SentenceEncoder(encoder, Body(lambda: data, encoder.table, pad=encoder.pieces.pad), hashlib.sha256(data).hexdigest())


def measured_subjects() -> set[str]:
    """Return the subjects whose texts measure the ten topics, and may not be trained on."""
    named = {name for topic in measure.measure_topics.topics() for name in topic["positive"]}
    return {name.partition("/")[2] for name in named if "/" in name} | {name for name in named if "/" not in name}


def main() -> None:
    """Run the whole chain; with --kept it may stop after half a minute of embedding, to be started again (exit status 75)."""
    parser = argparse.ArgumentParser(prog="python -m training.topics", description=__doc__)
    parser.add_argument("--datasets", type=Path, required=True, help="the folder with MANIFEST.json and the data sets")
    parser.add_argument("--out", type=Path, required=True, help="the folder of the weights")
    parser.add_argument("--kept", type=Path, help="a file that keeps vectors between runs")
    options = parser.parse_args()
    data = sentences()
    encoder = opened(data)
    reader = Reader(encoder, options.kept)
    trained = pairs.training_pairs(options.datasets, measured_subjects(), SEED)
    ten, held = measure.ten(options.datasets), pairs.held_pairs(options.datasets, SEED)
    setting, checking = measure.harmless(options.datasets, measure.CALIBRATE), measure.harmless(options.datasets, measure.CHECK)
    texts = [text for pair in (*trained, *ten, *held) for text in (*pair.about, *pair.unrelated)]
    if not reader.prepare([*texts, *(text for part in (setting | checking).values() for text in part)]):
        sys.exit(75)
    bank, packed = fit.bank_of(trained, reader)
    topics = [fit.prepared(pair.topic, bank, reader) for pair in trained]
    tables = [
        tuple(fit.table(texts, topic, bank, reader) for texts in (pair.about, pair.unrelated))
        for pair, topic in zip(trained, topics, strict=True)
    ]
    weights, bias = (np.round(part, 4) for part in fit.fit(tables))
    score = measure.by_meaning(bank, reader, weights, float(bias))
    everyday = [pair for pair in trained if pair.topic.name not in {topic["name"] for topic in pairs.described("subjects")}]
    cut = measure.cut_of(score, everyday, setting)
    reports = {
        "ten": measure.report(score, ten, cut, setting | checking),
        "held": measure.report(score, held, cut, setting | checking),
        "lexical": measure.report(measure.by_words, ten, measure.lexical_cut(), {}),
    }
    matcher = Matcher(
        format=1,
        name="ringwall-topics",
        version="1",
        sentences_sha256=encoder.digest,
        auroc=round(reports["ten"]["mean"]["auroc"], 3),
        weights=dict(zip(FEATURES, map(float, weights), strict=True)),
        bias=float(bias),
        cut=cut,
        near=fit.NEAR,
        bank_rows=len(bank),
        bank=packed,
    )
    (options.out / BODY).write_bytes(data)
    (options.out / MATCHER).write_bytes(msgspec.json.encode(matcher) + b"\n")
    pins.pin(options.out)
    card.write(options.out, corpus.manifest(options.datasets), matcher, trained, reports)
    for name, report in reports.items():
        print(name, report["mean"], report["harmless"])
