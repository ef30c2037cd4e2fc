"""The model card of grounding by meaning: what it was made of, what it does, and what it does not."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections import Counter
from pathlib import Path

import msgspec

from ringwall.watch import claims
from ringwall.watch.alignment import FEATURES
from ringwall.watch.entailment import FILE, QUERY_PIECES, Fitted
from training.grounding import fit, rows
from training.grounding.tables import grounding_table

CARD = "grounding-v1.card"
TARGET = 0.78
ARCHITECTURE = (
    "each piece of a claim is laid beside the pieces of its source, by states half way up the shared sentence encoder (all-MiniLM-L6-v2, "
    "as it is) and letter by letter; a network of two layers reads what was found; its least and mean logit are summed with lexical "
    "evidence"
)
INTENDED = (
    "Contextual grounding as Bedrock defines it: how far an answer follows from its source. "
    "Not a check of facts against the world, and no proof of either."
)
LIMITS = (
    "English only. Answers in other languages are compared by shared words and pieces at best.",
    "It does not calculate: sums, differences of dates, counts and comparisons that the source does not spell out are not checked.",
    (
        f"Of a longer source a claim is compared with {claims.PASSAGE_PIECES} word pieces: the sentences that share most with it, and "
        "their neighbours. What follows only from many places of a long source can be missed."
    ),
    (
        "Trained on 1,800 judged answers and on edited sentences and invented worlds of our own making: paraphrases that share few words "
        "with the source are often called ungrounded, and subtle edits of a summary are often missed (bump_summaries)."
    ),
    (
        "Who did what to whom is seen only in the order of pieces: exchanged roles in a reworded sentence are often missed. On dialogues "
        "and on claims that copy most of their words (begin_dialogue, conjnli), words alone tell as much or a little more."
    ),
    (
        "bump_summaries, halueval_qa_sample and faithdial_audit are other contexts of sources that were trained on; the sum was fitted "
        "on answers of two of them, so that their figures are optimistic. The mean is over the sources that nothing was trained on."
    ),
    "Settings and features were chosen with the figures of the unseen sources in sight, so these are somewhat optimistic.",
    "A short answer is judged with its query; without a query it can only be looked up in the source.",
)


def describe(fitted: Fitted, entries: dict[str, dict], counts: Counter[str], grounding: dict, seeds: list[dict]) -> dict:
    """Return the card as one JSON value."""
    made = {name: count for name, count in sorted(counts.items()) if name not in rows.TRAIN}
    return {
        "name": fitted.name,
        "version": fitted.version,
        "intended_use": INTENDED,
        "architecture": ARCHITECTURE,
        "sentences_sha256": fitted.sentences_sha256,
        "licence": "Apache-2.0",
        "settings": dataclasses.asdict(fit.Settings()),
        "features": list(FEATURES),
        "sum": msgspec.to_builtins(fitted.sum),
        "auroc": fitted.auroc,
        "seeds": seeds,
        "pieces": {"of_a_source": claims.PASSAGE_PIECES, "of_a_claim": claims.SENTENCE_PIECES, "of_a_query": QUERY_PIECES},
        "limits_of_input": {"claims": claims.MAX_CLAIMS, "claims_times_sentences": claims.MAX_CELLS},
        "training_sets": [_set(entries[name], counts[name]) for name in rows.TRAIN],
        "carriers": [_set(entries[name]) for name in rows.CARRIERS],
        "generated_sets": made,
        "relations_sha256": hashlib.sha256((Path(__file__).parent / "relations.toml").read_bytes()).hexdigest(),
        "validation_sets": [_set(entries[name]) for name in rows.MEASURE],
        "grounding": grounding,
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
        f"{card['architecture'][0].upper()}{card['architecture'][1:]}. Weights (`{FILE}`): Apache-2.0.",
        "",
        f"Sentence encoder: SHA-256 `{card['sentences_sha256']}`.",
        "",
        "## Grounding",
        "",
        *grounding_table(card),
        "",
        f"Mean of the unseen by seed: {', '.join(str(one['mean']) for one in card['seeds'])}; the first ships.",
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
