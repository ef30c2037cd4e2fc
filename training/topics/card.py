"""The matcher's card: what it was made of, what it does, and what it does not."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from ringwall.watch.sentences import BODY
from ringwall.watch.topic_matcher import MATCHER, Matcher
from training.topics import measure, pairs
from training.topics.pairs import Pair

CARD = "topics-v1.card"
BASE_SHA256 = "0872f5d7d0e806c443e588b6dd6b933e9200cf589b0e757e85e3afd57539c592"  # training.encoder.pretrained refuses another
INTENDED = (
    "Denied topics of a guardrail: whether a text is about a topic that an administrator described by name, definition and examples. "
    "Not a moderation service."
)
ARCHITECTURE = (
    "all-MiniLM-L6-v2 as it is (6 layers, mean of states, int8), and a logistic regression over likenesses of a text's units to the "
    "topic's statements, to a bank of statements of other topics, and over lexical overlap; the unit that fits best counts"
)
LIMITS = (
    "English: the base model knows little of other languages, and nothing of most scripts.",
    "It says what a text is about, not what it wants: asking for investment advice and refusing to give it are about the same topic.",
    "A topic is only what its statements say. Two or three examples in the words of the expected users help most.",
    "What is close to a topic, but allowed, is flagged more often than what is far from it: the shares here are of far ones.",
    "clinc150 comes without its intents: word rules found the texts about the held-out ones, not all of them, and favour shared words.",
    "Questions that begin like an example, or use its words in another sense ('Which stock do I take for the soup?'), can be flagged.",
    "Texts are measured as far as one window of a guardrail reads them (1,000 characters); longer texts have more chances to be flagged.",
    "The unrelated texts of the ten topics come partly from sources of which other texts were trained on as unrelated to other topics.",
    "Written by the same hand: topics, examples and texts of `written.toml`, and the statements of the measured topics.",
)


def write(out: Path, entries: dict[str, dict], matcher: Matcher, trained: list[Pair], reports: dict) -> None:
    """Write the card as JSON and as a page."""
    described = {
        "name": matcher.name,
        "version": matcher.version,
        "intended_use": INTENDED,
        "architecture": ARCHITECTURE,
        "licence": "Apache-2.0",
        "base": {"name": "all-MiniLM-L6-v2", "licence": "Apache-2.0", "archive_sha256": BASE_SHA256},
        "weights": {name: hashlib.sha256((out / name).read_bytes()).hexdigest() for name in (BODY, MATCHER)},
        "features": matcher.weights,
        "bias": matcher.bias,
        "cut": matcher.cut,
        "rate_at_the_cut": measure.RATE,
        "training_sets": [_set(entries[name]) for name in (*pairs.UNRELATED, pairs.CLINC, pairs.MMLU)],
        "training_topics": [pair.topic.name for pair in trained],
        "validation_sets": {
            "calibrate": [_set(entries[name]) for name in measure.CALIBRATE],
            "check": [_set(entries[name]) for name in measure.CHECK],
            "measure": [_set(entries[name]) for name in measure.measure_topics.OTHERS],
        },
        **reports,
        "limits": list(LIMITS),
    }
    (out / f"{CARD}.json").write_text(json.dumps(described, indent=1) + "\n", "utf-8")
    (out / f"{CARD}.md").write_text(page(described), "utf-8")


def _set(entry: dict) -> dict:
    return {"name": entry["name"], "licence": entry["licence"], "sha256": entry["sha256"], "rows": entry["count"]}


def table(report: dict) -> list[str]:
    """Return the Markdown table of one report."""
    lines = [
        "| topic | AUROC (95 % interval) | recall at the threshold | unrelated texts flagged | harmless prompts flagged | texts |",
        "|---|---|---|---|---|---|",
    ]
    for name, figure in report["topics"].items():
        low, high = figure["auroc_interval"]
        lines.append(
            f"| {name} | {figure['auroc']:.3f} ({low:.3f}-{high:.3f}) | {figure['recall']:.2f} | {100 * figure['unrelated_flagged']:.1f} % "
            f"| {_percent(figure['harmless_flagged'])} | {figure['texts']} |"
        )
    mean = report["mean"]
    low, high = mean["auroc_interval"]
    shares = f"{100 * mean['unrelated_flagged']:.1f} % | {_percent(mean['harmless_flagged'])}"
    return [*lines, f"| **mean over topics** | **{mean['auroc']:.3f}** ({low:.3f}-{high:.3f}) | {mean['recall']:.2f} | {shares} | |"]


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"


def harmless_table(report: dict) -> list[str]:
    """Return the Markdown table of harmless texts flagged by source, on average over topics."""
    lines = ["| source | flagged, on average over the ten topics |", "|---|---|"]
    return [*lines, *(f"| {name} | {100 * share:.2f} % |" for name, share in report["harmless"].items())]


def page(card: dict) -> str:
    """Return the card as a page."""
    lines = [f"# Model card: {card['name']} {card['version']}", "", card["intended_use"], "", f"{card['architecture']}.", ""]
    lines += [f"- `{name}`: Apache-2.0, SHA-256 `{digest}`" for name, digest in card["weights"].items()]
    lines += ["", "## Topics that nothing was trained on", "", *table(card["ten"]), ""]
    lines += ["## Intents of clinc150 that nothing was trained on", "", *table(card["held"]), ""]
    lines += ["## Harmless prompts flagged", "", *harmless_table(card["ten"]), ""]
    lines += ["## Limits", "", *(f"- {limit}" for limit in card["limits"]), "", "## Training sets", ""]
    lines += ["| set | licence | SHA-256 |", "|---|---|---|"]
    lines += [f"| {item['name']} | {item['licence']} | `{item['sha256'][:16]}` |" for item in card["training_sets"]]
    return "\n".join([*lines, "| topics and texts of our own (`training/topics/*.toml`) | Apache-2.0 | |", ""])
