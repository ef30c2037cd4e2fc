"""What training found about the cascade: its file, its model card as JSON and Markdown, and its reliability table."""

from __future__ import annotations

import csv
import dataclasses
import json
from collections import Counter
from pathlib import Path

import numpy as np

from training.content import card, cascade, measure, sources
from training.content.calibrate import RATES, THRESHOLDS
from training.content.corpus import Example
from training.content.kinds import LONGEST, OUTPUTS, STRIDE

NAME = "ringwall-content-cascade"
VERSION = "1"
FILE = "content-cascade-v1.json"
CARD = "content-cascade-v1.card"
HEADS = len(sources.HEADS)
CUTS = np.array([THRESHOLDS] * HEADS)
FLOORS = {"HATE": (0.985, 0.87), "INSULTS": (0.978, 0.82), "SEXUAL": (0.985, 0.86), "VIOLENCE": (0.99, 0.87)}
FLOORS |= {"MISCONDUCT": (0.93, 0.60), "PROMPT_ATTACK": (0.90, 0.50)}
DIRECT = ("spikee", "injecguard_valid")
INDIRECT = ("bipia_test",)
COLUMNS = (
    "| category | AUROC (95 % interval) | recall at 1 % of harmless prompts flagged | floor | recall at LOW / MEDIUM / HIGH "
    "| F1 at MEDIUM | texts |"
)
INTENDED = (
    "Content filters (HATE, INSULTS, SEXUAL, VIOLENCE, MISCONDUCT, PROMPT_ATTACK) above deterministic rules, and which kind a prompt "
    "attack is (JAILBREAK, PROMPT_INJECTION, PROMPT_LEAKAGE). Not a moderation service and not a proof of harmlessness."
)
LIMITS = (
    (
        "English almost only: of the training texts a few hundred are in other languages, and none of the measured ones is; texts in other "
        "languages score low whatever they say. Letters are read without case and accents."
    ),
    (
        "A window that the linear model is sure is harmless never reaches the encoder: what the linear model does not see at all stays "
        "unseen."
    ),
    (
        "Indirect injections whose payload is a harmless-looking instruction, and slow persuasion, are often missed: attack rules, origin "
        "qualifiers and tool policies have to carry them."
    ),
    (
        "INSULTS positives are weakly labelled (toxic news comments); SEXUAL and VIOLENCE positives are few, and most of the measured ones "
        "come from one source with machine-made labels (decodingtrust_rtp)."
    ),
    (
        "Kinds of prompt attacks are weakly labelled (by source, and leakage by its words) and not measured apart: they inform, and decide "
        "nothing."
    ),
    (
        "The linear model's share of the sum and the share of unsure windows were chosen by looking at the validation figures, which are "
        "somewhat optimistic for it."
    ),
    "No training text is a model's answer: on outputs the rates of flagged harmless texts are not measured.",
    "Sexual content about minors is in no data set on purpose and was not measured.",
)


def reached(margins: cascade.Margins, heads: dict[str, cascade.Head]) -> dict[str, int]:
    """Return of how many texts some category reaches MEDIUM, and HIGH."""
    values, _ = cascade.scores(margins, heads)
    highest = values[:, :HEADS].max(1)
    return {"texts": len(highest), "medium": int((highest >= THRESHOLDS[1]).sum()), "high": int((highest >= THRESHOLDS[2]).sum())}


def _about_people(found: dict[str, int]) -> str:
    return (
        f"A few harmless words that name a group, a sex or a body can score as HATE or SEXUAL: of {found['texts']} such texts written "
        f"apart from the training ('tell me about women', 'African hairstyles') {found['medium']} reached MEDIUM in some category and "
        f"{found['high']} HIGH. Fit an account's own thresholds where people talk like that."
    )


def _words_alone(found: dict[str, int]) -> str:
    return (
        f"A word alone says little: of {found['texts']} common words without a sentence ('stone', 'big', 'needle'), kept apart from the "
        f"training, {found['medium']} reached MEDIUM in some category and {found['high']} HIGH."
    )


def file_of(heads: dict[str, cascade.Head], linear_sha256: str, body: str, body_sha256: str) -> dict:
    """Return what the scorer reads."""
    return {
        "format": 1,
        "name": NAME,
        "version": VERSION,
        "linear_sha256": linear_sha256,
        "encoder": body,
        "encoder_sha256": body_sha256,
        "pieces": LONGEST,
        "stride": STRIDE,
        "heads": [_head(name, index, heads[name]) for index, name in enumerate(OUTPUTS)],
    }


def _head(name: str, index: int, head: cascade.Head) -> dict:
    gated = index < HEADS
    return {
        "name": name,
        "index": index,
        "gate": {"low": head.low, "high": head.high} if gated else None,
        "linear": head.linear,
        "encoder": head.encoder,
        "bias": head.bias,
        "sure": _curve(head.sure) if gated else None,
        "calibration": _curve(head.calibration),
        "thresholds": list(THRESHOLDS),
    }


def _curve(curve: object) -> dict:
    return {"margins": list(curve.margins), "scores": list(curve.scores)}


def figures_of(held: dict[str, cascade.Margins], share: float, seed: int, *, gated: bool) -> dict:
    """Return the figures of one way to decide: per head, harmless texts flagged, direct and indirect attacks apart, windows unsure."""
    heads = cascade.fit([held[name] for name in sources.CALIBRATE], share)
    scored, unsure = {}, {}
    for name, margins in held.items():
        values, unsure[name] = cascade.scores(margins, heads, gated=gated)
        scored[name] = measure.Scored(margins.rows, values[:, :HEADS])
    apart = {
        label: measure.measure(scored, names, CUTS, seed)["PROMPT_ATTACK"] for label, names in (("direct", DIRECT), ("indirect", INDIRECT))
    }
    return {
        "metrics": measure.measure(scored, sources.MEASURE, CUTS, seed),
        "prompt_attack": apart,
        "harmless_flagged": measure.flagged(scored, sources.CALIBRATE + sources.CHECK + sources.ALARMING, CUTS),
        "unsure": {name: round(value, 3) for name, value in unsure.items()},
        "scored": scored,
    }


def describe(
    file: dict, settings: object, entries: dict, examples: list[Example], figures: dict[str, dict], apart: dict[str, dict[str, int]]
) -> dict:
    """Return the card as one JSON value; `figures` by way of deciding, `cascade` among them."""
    counts = Counter(example.source for example in examples)
    whole = figures["cascade"]
    return {
        "name": NAME,
        "version": VERSION,
        "intended_use": INTENDED,
        "architecture": f"sum of ringwall-content-linear and a BERT body of {settings.layers} layers, int8, {LONGEST} pieces a run",
        "base_model": "all-MiniLM-L6-v2 (Apache-2.0), word embeddings frozen, fine-tuned once a seed, the weights' mean",
        "encoder_sha256": file["encoder_sha256"],
        "linear_sha256": file["linear_sha256"],
        "licence": "Apache-2.0",
        "settings": dataclasses.asdict(settings) | {"linear_share": cascade.LINEAR_SHARE, "unsure": cascade.UNSURE},
        "stated_rates": RATES,
        "training_sets": [card.set_of(entries[source.name], counts[source.name]) for source in sources.TRAIN],
        "generated_sets": {name: count for name, count in sorted(counts.items()) if name.startswith("generated_")},
        "validation_sets": {
            role: [card.set_of(entries[name]) for name in names]
            for role, names in (
                ("measure", sources.MEASURE),
                ("calibrate", sources.CALIBRATE),
                ("check", sources.CHECK),
                ("alarming", sources.ALARMING),
            )
        },
        "floors": FLOORS,
        "metrics": whole["metrics"],
        "prompt_attack": whole["prompt_attack"],
        "harmless_flagged": whole["harmless_flagged"],
        "windows_sent_to_the_encoder": whole["unsure"],
        "other_ways": {name: _short(found["metrics"]) for name, found in figures.items() if name != "cascade"},
        "harmless_about_people": apart["texts"],
        "harmless_words": apart["words"],
        "limits": [*LIMITS[:4], _about_people(apart["texts"]), _words_alone(apart["words"]), *LIMITS[4:]],
    }


def _short(metrics: dict) -> dict:
    return {head: {key: figure[key] for key in ("auroc", "recall_at_1_percent")} for head, figure in metrics.items()}


def metrics_table(found: dict) -> list[str]:
    """Return the Markdown table of the figures per category, and of direct and indirect attacks."""
    lines = [COLUMNS, "|---|---|---|---|---|---|---|"]
    rows = [(head, figure, FLOORS[head]) for head, figure in found["metrics"].items()]
    rows += [(f"PROMPT_ATTACK, {label}", figure, None) for label, figure in found["prompt_attack"].items()]
    for name, figure, floor in rows:
        recall = " / ".join(f"{value:.2f}" for value in figure["recall"].values())
        low, high = figure["auroc_interval"]
        r_low, r_high = figure["recall_at_1_percent_interval"]
        cells = [name, f"{figure['auroc']:.3f} ({low:.3f}-{high:.3f})", f"{figure['recall_at_1_percent']:.2f} ({r_low:.2f}-{r_high:.2f})"]
        cells += ["" if floor is None else f"{floor[0]:.3f} / {floor[1]:.2f}", recall, f"{figure['f1_at_medium']:.2f}"]
        lines.append(f"| {' | '.join(cells)} | {figure['positives']} |")
    return lines


def ways_table(found: dict) -> list[str]:
    """Return the Markdown table of AUROC and recall by way of deciding."""
    ways = {**found["other_ways"], "cascade": _short(found["metrics"])}
    lines = ["| category | " + " | ".join(ways) + " |", "|---|" + "---|" * len(ways)]
    for head in found["metrics"]:
        cells = (f"{way[head]['auroc']:.3f} / {way[head]['recall_at_1_percent']:.2f}" for way in ways.values())
        lines.append(f"| {head} | " + " | ".join(cells) + " |")
    return lines


def markdown(found: dict) -> str:
    """Return the card as a page."""
    lines = [f"# Model card: {found['name']} {found['version']}", "", found["intended_use"], ""]
    lines += [f"{found['architecture']}. Base: {found['base_model']}. Weights: Apache-2.0, SHA-256 `{found['encoder_sha256']}`.", ""]
    lines += ["## Figures on sources never trained on", "", *metrics_table(found), ""]
    lines += ["AUROC / recall at 1 % by way of deciding (`sum`: every window at both levels):", "", *ways_table(found), ""]
    lines += ["## Harmless texts flagged, in %, at LOW / MEDIUM / HIGH", "", *card.rates_table(found), ""]
    lines += ["## Limits", "", *(f"- {limit}" for limit in found["limits"]), "", "## Training sets", ""]
    lines += ["| set | licence | windows | SHA-256 |", "|---|---|---|---|"]
    lines += [f"| {item['name']} | {item['licence']} | {item['windows']} | `{item['sha256'][:16]}` |" for item in found["training_sets"]]
    lines += [f"| {name} | Apache-2.0 (ours) | {count} | |" for name, count in found["generated_sets"].items()]
    return "\n".join([*lines, "", f"Full digests and every figure per source: `{CARD}.json`.", ""])


def write(found: dict, out: Path, docs: Path, scored: dict[str, measure.Scored]) -> None:
    """Write the card beside the weights and the reliability table into the docs."""
    (out / f"{CARD}.json").write_text(json.dumps(found, indent=1) + "\n")
    (out / f"{CARD}.md").write_text(markdown(found))
    docs.mkdir(parents=True, exist_ok=True)
    with (docs / "watch-cascade-reliability.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("category", "score_from", "score_to", "share_of_harmless_texts", "share_of_harmful_texts"))
        rows = measure.reliability(scored, sources.MEASURE, [card.Straight()] * HEADS)
        writer.writerows((head, f"{low:.1f}", f"{high:.1f}", f"{no:.4f}", f"{yes:.4f}") for head, low, high, no, yes in rows)
