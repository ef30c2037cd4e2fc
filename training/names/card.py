"""The model card of the finder of names: what the weights were made of, what they find, and what they miss."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ringwall.watch.names import LONGEST, STRIDE, LearnedNameFinder
from ringwall.watch.names import Settings as Read
from training.content.corpus import manifest
from training.names.corpus import MEASURE, TRAIN
from training.names.measure import BENIGN, CALIBRATE, PROMPT, PROMPTS, RATE
from training.names.silver import PLAIN, PROSE

if TYPE_CHECKING:  # the tables of a card that is there are made without torch
    from training.names.model import Settings

NAME = "names-v1.card"
INTENDED = (
    "Finds NAME, ADDRESS, AGE, USERNAME and PASSWORD in texts, beside the rule detectors of the same types, so that a guardrail can mask "
    "or block them and a data set can be looked at before it is committed to. Not a proof that a text holds no personal data."
)
ARCHITECTURE = "{layers} transformer layers over shared int8 word embeddings, one label per word piece, int8 ONNX"
LIMITS = (
    "English, and names, streets and towns of other languages inside English text; texts in other scripts are not measured.",
    (
        "No set with addresses, ages, user names or passwords was at hand to measure on: these figures are of our own generated texts, "
        "whose templates and lists are others than those trained on, but whose author is the same. Expect less on real texts."
    ),
    (
        "Names that are also common words, and bands, firms and places named after people, are told apart by what stands around them, and "
        "often wrongly in short texts."
    ),
    "In wikigold only real people and characters count as names; in restaurant8k only the name that a guest gives.",
    "A town or a country alone is no address to it; neither is, mostly, a street without a number.",
    "User names and passwords are found where the text around them says what they are; a lone password looks like any other word.",
    "Decoded readings are not asked: a name in base64 is found by the rules only. The text as it stands and its fold are.",
    "Labels of the prose from training sources were made by rules of ours, and are wrong now and then.",
    (
        "Trained once, with one seed. How probabilities become spans was settled after a look at errors on the measuring sources, and the "
        "templates' author had seen a few dozen of their rows: the figures are somewhat optimistic."
    ),
)


def describe(finder: LearnedNameFinder, read: Read, settings: Settings, counts: Mapping[str, int], measured: dict, datasets: Path) -> dict:
    """Return the card as one JSON value."""
    entries = manifest(datasets)
    trained = (*TRAIN, *PROSE, *PLAIN)
    return {
        "name": read.name,
        "version": read.version,
        "model_id": finder.model_id,
        "intended_use": INTENDED,
        "architecture": ARCHITECTURE.format(layers=settings.layers),
        "base": "all-MiniLM-L6-v2 (Apache-2.0)",
        "weights_sha256": read.weights_sha256,
        "licence": "Apache-2.0",
        "settings": dataclasses.asdict(settings),
        "runs": {"pieces": LONGEST, "stride": STRIDE},
        "thresholds": read.thresholds,
        "thresholds_from": (
            f"at most {100 * RATE:.1f} % of the first {PROMPTS} prompts of {CALIBRATE} ({PROMPT} characters each) flagged, names excepted"
        ),
        "training_sets": [
            _set(entries[name]) | {"texts": sum(times for source, times in counts.items() if _of(source) == name)} for name in trained
        ],
        "generated_sets": {name: times for name, times in sorted(counts.items()) if name.startswith("generated_")},
        "validation_sets": [_set(entries[name]) for name in (*MEASURE, *BENIGN)],
        "measured": measured,
        "limits": list(LIMITS),
    }


def _of(source: str) -> str:
    return source.removeprefix("silver_").removeprefix("plain_")


def _set(entry: dict) -> dict:
    return {"name": entry["name"], "licence": entry["licence"], "sha256": entry["sha256"], "rows": entry["count"]}


def write(card: dict, out: Path) -> None:
    """Write the card as JSON and Markdown beside the weights."""
    (out / f"{NAME}.json").write_text(json.dumps(card, indent=1) + "\n", "utf-8")
    (out / f"{NAME}.md").write_text(markdown(card), "utf-8")


def figures_table(card: dict) -> list[str]:
    """Return the Markdown table of F1: model, rules, and both together as a guardrail has them."""
    heads = ("source", "type", "spans", "model, exact", "model, overlap", "precision / recall, overlap", "rules, overlap", "both, overlap")
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    by = card["measured"]["figures"]
    for source, types in by["model"].items():
        for kind, figure in types.items():
            exact, overlap = figure["exact"], figure["overlap"]
            alone, both = (by[name][source][kind]["overlap"]["f1"] for name in ("rules", "both"))
            cells = (source, kind, exact["spans"], _f1(exact), _f1(overlap), f"{overlap['precision']:.2f} / {overlap['recall']:.2f}")
            lines.append("| " + " | ".join(map(str, cells)) + f" | {alone:.3f} | {both:.3f} |")
    return lines


def _f1(figure: dict) -> str:
    low, high = figure["interval"]
    return f"{figure['f1']:.3f} ({low:.3f}-{high:.3f})"


def flagged_table(card: dict) -> list[str]:
    """Return the Markdown table of prompts in which something is found."""
    rates = card["measured"]["flagged"]
    kinds = list(next(iter(rates.values())))
    lines = ["| source | " + " | ".join(kinds) + " |", "|---|" + "---|" * len(kinds)]
    return lines + [f"| {name} | " + " | ".join(f"{100 * rate[kind]:.1f}" for kind in kinds) + " |" for name, rate in rates.items()]


def markdown(card: dict) -> str:
    """Return the card as a page."""
    lines = [
        f"# Model card: {card['name']} {card['version']}",
        "",
        card["intended_use"],
        "",
        f"{card['architecture']}; from {card['base']}.",
    ]
    lines += [
        f"Weights: {card['licence']}, SHA-256 `{card['weights_sha256']}`.",
        "",
        "## F1 by source and type",
        "",
        *figures_table(card),
        "",
    ]
    lines += ["`own` are generated texts, from other templates and lists than those trained on; the other sources are real.", ""]
    lines += [
        "## Prompts of benign sources in which something is found, in %",
        "",
        *flagged_table(card),
        "",
        f"Thresholds: {card['thresholds_from']}.",
        "",
    ]
    lines += [
        "## Limits",
        "",
        *(f"- {limit}" for limit in card["limits"]),
        "",
        "## Training sets",
        "",
        "| set | licence | texts | SHA-256 |",
        "|---|---|---|---|",
    ]
    lines += [f"| {item['name']} | {item['licence']} | {item['texts']} | `{item['sha256'][:16]}` |" for item in card["training_sets"]]
    lines += [f"| {name} | Apache-2.0 (ours) | {count} | |" for name, count in card["generated_sets"].items()]
    return "\n".join([*lines, ""])
