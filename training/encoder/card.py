"""The model card of the word table: what it was made of, and what rounding it to 8 bits cost."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np

from ringwall.watch.encoder.encoder import TABLE, VOCABULARY
from ringwall.watch.encoder.table import WordTable
from training.encoder.pretrained import ARCHIVE, PACKAGE, SHA256

NAME = "ringwall-words"
VERSION = "1"
LIMITS = (
    "English word pieces: other scripts are cut into single letters, and most of their meaning is lost.",
    "The vectors are the base model's: what its training texts say of people and groups is in them.",
    "The table alone judges nothing; the bodies that read it have cards of their own.",
)


def describe(folder: Path, exact: np.ndarray) -> dict:
    """Return the card of the files in a folder, measured against the base model's own rows (vocabulary, width)."""
    table = WordTable((folder / TABLE).read_bytes())
    rounded = table.vectors(np.arange(table.rows))
    lengths = np.linalg.norm(exact, axis=1)
    cosine = (rounded * exact).sum(1) / np.maximum(np.linalg.norm(rounded, axis=1) * lengths, 1e-12)
    error = np.linalg.norm(rounded - exact, axis=1) / np.maximum(lengths, 1e-12)
    return {
        "name": NAME,
        "version": VERSION,
        "intended_use": "Word pieces and their embeddings, which all small transformers of the watch share.",
        "architecture": f"{table.rows} rows of {table.width} numbers, int8, one scale a row",
        "files": {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in (TABLE, VOCABULARY)},
        "licence": "Apache-2.0",
        "training_sets": [
            {"name": f"{PACKAGE}/{ARCHIVE} (all-MiniLM-L6-v2, not trained further)", "licence": "Apache-2.0", "sha256": SHA256}
        ],
        "metrics": {
            "rows": int(table.rows),
            "cosine_to_base": {"mean": round(float(cosine.mean()), 5), "least": round(float(cosine.min()), 5)},
            "relative_error": {"mean": round(float(error.mean()), 5), "greatest": round(float(error.max()), 5)},
        },
        "limits": list(LIMITS),
    }


def write(card: dict, folder: Path) -> None:
    """Write the card as JSON and Markdown beside the files."""
    (folder / "words-v1.card.json").write_text(json.dumps(card, indent=1) + "\n", "utf-8")
    cosine, error = card["metrics"]["cosine_to_base"], card["metrics"]["relative_error"]
    lines = [
        f"# Model card: {card['name']} {card['version']}",
        "",
        card["intended_use"],
        "",
        f"{card['architecture']}. Licence: {card['licence']}. Made of {card['training_sets'][0]['name']}, SHA-256 `{SHA256}`.",
        "",
        *(f"- `{name}`: SHA-256 `{digest}`" for name, digest in card["files"].items()),
        "",
        "## What rounding costs",
        "",
        "| against the base model's rows | mean | worst |",
        "|---|---|---|",
        f"| cosine | {cosine['mean']} | {cosine['least']} |",
        f"| length of the difference, of the row's | {error['mean']} | {error['greatest']} |",
        "",
        "Every row was compared, so there is no interval to give.",
        "",
        "## Limits",
        "",
        *(f"- {limit}" for limit in card["limits"]),
    ]
    (folder / "words-v1.card.md").write_text("\n".join(lines) + "\n", "utf-8")
