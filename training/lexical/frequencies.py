"""Count in how many harmless training texts each stem occurs; only counts are kept."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import msgspec

from ringwall.watch import lexical
from training.content import corpus

SOURCES = ("t0_prompts", "awesome_chatgpt_prompts", "fuzzyai_benign", "self_instruct_seeds", "docs_permissive_a", "coconot_contrast_pref")
RAREST = 4
LONGEST = 24


def count(datasets: Path) -> lexical.Frequencies:
    """Return the table, commonest stems first."""
    entries = corpus.manifest(datasets)
    seen: Counter[str] = Counter()
    documents = 0
    for name in SOURCES:
        for row in corpus.read(datasets, entries[name], training=True):
            documents += 1
            seen.update(set(lexical.stems(row.text)))
    kept = sorted(
        (item for item in seen.items() if item[1] >= RAREST and item[0].isalpha() and len(item[0]) <= LONGEST), key=lambda i: (-i[1], i[0])
    )
    return lexical.Frequencies(documents=documents, stems=dict(kept))


def write(datasets: Path, out: Path) -> None:
    """Write the table where the product reads it."""
    (out / lexical.FREQUENCIES).write_bytes(msgspec.json.encode(count(datasets)) + b"\n")
