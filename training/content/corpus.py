"""Read the data sets, by digest, and cut them into the windows that the guardrail will score."""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import dataclass
from pathlib import Path

from training.content.sources import HEADS, Source

WINDOW = 1_000
STRIDE = 800


class CorpusError(Exception):
    """A data set is not what the table says it is."""


@dataclass(frozen=True)
class Row:
    """One text with what was judged about it."""

    text: str
    labels: frozenset[str]
    known: frozenset[str]
    source: str
    category: str = ""


@dataclass(frozen=True)
class Example:
    """One training window: a target and a weight per head (weight 0: not judged); the source's own category, where it has one."""

    text: str
    target: tuple[int, ...]
    weight: tuple[float, ...]
    source: str
    category: str = ""


def manifest(datasets: Path) -> dict[str, dict]:
    """Return MANIFEST.json's entries by name."""
    return {entry["name"]: entry for entry in json.loads((datasets / "MANIFEST.json").read_text())["sets"]}


def read(datasets: Path, entry: dict, *, training: bool) -> list[Row]:
    """Read one set and check it against its manifest entry.

    Raises:
        CorpusError: the bytes are not those of the manifest, or a training set may not be trained on.
    """
    if training and not (entry["role"] == "train" and entry["ship_weights"] and entry["commercial_use"]):
        raise CorpusError(f"`{entry['name']}` may not be trained on")
    data = (datasets / entry["file"]).read_bytes()
    if hashlib.sha256(data).hexdigest() != entry["sha256"]:
        raise CorpusError(f"`{entry['file']}` is not the file of the manifest")
    rows = []
    for line in data.splitlines():
        item = json.loads(line)
        known = HEADS if item["known"] == "*" else item["known"]
        labels, category = frozenset(item["labels"]) & frozenset(HEADS), (item.get("meta") or {}).get("category", "")
        rows.append(Row(item["text"], labels, frozenset(known) & frozenset(HEADS), entry["name"], category))
    return rows


def windows(text: str) -> list[str]:
    """Cut a text as the guardrail does: 1,000 characters every 800."""
    return [text[start : start + WINDOW] for start in range(0, max(1, len(text) - (WINDOW - STRIDE)), STRIDE)]


def examples(rows: list[Row], source: Source, seed: int) -> list[Example]:
    """Turn one training set into examples, at most `cap` rows and `windows` windows of each."""
    rng = random.Random(f"{seed}/{source.name}")
    chosen = sorted(rng.sample(range(len(rows)), min(source.cap, len(rows))))
    out = []
    for index in chosen:
        row = rows[index]
        target = tuple(int(head in row.labels) for head in HEADS)
        weight = tuple(_weight(row, head, source) for head in HEADS)
        if not any(weight):
            continue
        cut = windows(row.text)
        if len(cut) > source.windows:
            cut = [cut[i] for i in sorted(rng.sample(range(len(cut)), source.windows))]
        share = len(cut) ** -0.5
        out += [Example(window, target, tuple(w * share for w in weight), source.name, row.category) for window in cut]
    return out


def _weight(row: Row, head: str, source: Source) -> float:
    if head in row.labels or head in row.known:
        return source.weight
    return source.weight * source.weak_weight if head in source.weak else 0.0
