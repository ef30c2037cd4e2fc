"""The model card of the grounding scorer: what it was made of, what it does, and what it does not."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections import Counter
from pathlib import Path

import msgspec

from ringwall.watch import claims, pairs
from ringwall.watch.entailment import Fitted
from training.grounding import fit, rows
from training.grounding.tables import grounding_table, relevance_table
from training.grounding.train import training_pairs

CARD = "grounding-v1.card"
TARGET = 0.78
ARCHITECTURE = (
    "six transformer layers over shared, frozen word embeddings, started from all-MiniLM-L6-v2 and fine-tuned (but for the lowest two) as "
    "a cross-encoder of a passage and a claim, or a query and an answer, int8; its least and mean logit summed with lexical evidence"
)
INTENDED = (
    "Contextual grounding as Bedrock defines it: how far an answer follows from its source (grounding) and answers its query (relevance). "
    "Not a check of facts against the world, and no proof of either."
)
LIMITS = (
    "English only. Answers in other languages are compared by shared words and pieces at best.",
    "It does not calculate: sums, differences of dates, counts and comparisons that the source does not spell out are not checked.",
    "A claim is compared with at most two passages of 112 word pieces; what follows only from many places of a long source can be missed.",
    (
        "Trained on 1,800 judged answers and on edited sentences and invented worlds of our own making: paraphrases that share few words "
        "with the source are often called ungrounded, and subtle edits of a summary are often missed (bump_summaries)."
    ),
    (
        "bump_summaries, halueval_qa_sample and faithdial_audit are other contexts of sources that were trained on; the sums were fitted "
        "on these very answers, so that their figures are optimistic. The mean is over the sources that nothing was trained on."
    ),
    "Settings were chosen with the figures of the unseen sources in sight (one training run, one seed), so these are somewhat optimistic.",
    "A short answer is judged with its query; without a query it can only be looked up in the source.",
    "Relevance reads the query and the answer, not the source: a wrong answer of the right kind is relevant.",
)


def describe(fitted: Fitted, entries: dict[str, dict], datasets: Path, grounding: dict, relevance: dict) -> dict:
    """Return the card as one JSON value."""
    counts = Counter(pair.source for pair in training_pairs(datasets, fit.Settings().seed))
    made = {name: count for name, count in sorted(counts.items()) if name not in rows.TRAIN}
    return {
        "name": fitted.name,
        "version": fitted.version,
        "intended_use": INTENDED,
        "architecture": ARCHITECTURE,
        "weights_sha256": fitted.body_sha256,
        "licence": "Apache-2.0",
        "settings": dataclasses.asdict(fit.Settings()),
        "sums": msgspec.to_builtins(fitted),
        "pieces": {
            "passage": claims.PASSAGE_PIECES,
            "claim": claims.SENTENCE_PIECES,
            "query": pairs.QUERY_PIECES,
            "window": pairs.WINDOW_PIECES,
        },
        "limits_of_input": {"claims": claims.MAX_CLAIMS, "claims_times_sentences": claims.MAX_CELLS, "answer_windows": pairs.MAX_WINDOWS},
        "training_sets": [_set(entries[name], counts[name]) for name in rows.TRAIN],
        "carriers": [_set(entries[name]) for name in rows.CARRIERS],
        "generated_sets": made,
        "relations_sha256": hashlib.sha256((Path(__file__).parent / "relations.toml").read_bytes()).hexdigest(),
        "validation_sets": [_set(entries[name]) for name in rows.MEASURE],
        "grounding": grounding,
        "relevance": relevance,
        "target": TARGET,
        "limits": list(LIMITS),
    }


def _set(entry: dict, count: int | None = None) -> dict:
    out = {"name": entry["name"], "licence": entry["licence"], "sha256": entry["sha256"], "rows": entry["count"]}
    return out if count is None else out | {"pairs": count}


def write(card: dict, out: Path) -> None:
    """Write the card as JSON and Markdown beside the weights."""
    (out / f"{CARD}.json").write_text(json.dumps(card, indent=1) + "\n")
    (out / f"{CARD}.md").write_text(markdown(card))


def markdown(card: dict) -> str:
    """Return the card as a page."""
    sets = [f"| {one['name']} | {one['licence']} | {one['pairs']} | `{one['sha256'][:16]}` |" for one in card["training_sets"]]
    sets += [f"| {one['name']} (sentences) | {one['licence']} | | `{one['sha256'][:16]}` |" for one in card["carriers"]]
    sets += [f"| {name} | Apache-2.0 (ours) | {count} | |" for name, count in card["generated_sets"].items()]
    lines = [
        f"# Model card: {card['name']} {card['version']}",
        "",
        card["intended_use"],
        "",
        f"{card['architecture'][0].upper()}{card['architecture'][1:]}. Weights: Apache-2.0, SHA-256 `{card['weights_sha256']}`.",
        "",
        "## Grounding",
        "",
        *grounding_table(card),
        "",
        "## Relevance",
        "",
        *relevance_table(card),
        "",
        "## Limits",
        "",
        *(f"- {limit}" for limit in card["limits"]),
        "",
        "## Training sets",
        "",
        "| set | licence | pairs | SHA-256 |",
        "|---|---|---|---|",
        *sets,
        "",
        f"Full digests, settings and every figure: `{CARD}.json`.",
        "",
    ]
    return "\n".join(lines)
