"""Read the grounding sets, and the harmless texts whose sentences carry edits, by digest and only where they may be used so."""

from __future__ import annotations

import hashlib
import json
import random
import re
from dataclasses import dataclass
from pathlib import Path

from training.content import corpus

TRAIN = ("halueval_qa_sample", "faithdial_audit", "bump_summaries")
MEASURE = ("wice", "begin_dialogue", "conjnli", "xquad_en_swapped")  # validation, or may not be trained on
CARRIERS = ("t0_prompts", "docs_permissive_a", "bipia_train")  # their sentences are edited
KEPT_ASIDE = 0.2  # of the contexts of every training set, for the fit of the sum
_SENTENCE_END = re.compile(r"(?<=[a-z0-9)”\"][.])\s+(?=[A-Z])|\n+")
_PLAIN = re.compile(r"[A-Z][A-Za-z0-9 ,.;:'’()%$£€&\"“”\-–]{30,320}\.")
_LABEL = re.compile(r"^(?:[A-Z][a-z]+ ?){1,2}\d?: (?=[A-Z])")
_TASK = re.compile(
    r"\b(?:the following|answer the|choose between|please|question|sentences?|paragraph|passage|output|Given)\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Row:
    """One judged answer."""

    context: str
    query: str
    answer: str
    grounded: bool
    source: str


def read(datasets: Path, entry: dict, *, training: bool) -> list[Row]:
    """Read one grounding set.

    Raises:
        CorpusError: the bytes are not those of the manifest, or a set may not be trained on.
    """
    items = _items(datasets, entry, training=training)
    return [Row(item["context"], item["query"] or "", item["answer"], bool(item["grounded"]), entry["name"]) for item in items]


def _items(datasets: Path, entry: dict, *, training: bool) -> list[dict]:
    if training and not (entry["role"] == "train" and entry["ship_weights"] and entry["commercial_use"]):
        raise corpus.CorpusError(f"`{entry['name']}` may not be trained on")
    data = (datasets / entry["file"]).read_bytes()
    if hashlib.sha256(data).hexdigest() != entry["sha256"]:
        raise corpus.CorpusError(f"`{entry['file']}` is not the file of the manifest")
    return [json.loads(line) for line in data.splitlines()]


def is_aside(row: Row) -> bool:
    """Say whether a row's context is kept out of training (by the context, so that none is on both sides)."""
    return hashlib.sha256(row.context.encode()).digest()[0] < 256 * KEPT_ASIDE


def carriers(datasets: Path, entries: dict[str, dict], rows: list[Row], *, seed: int) -> list[list[str]]:
    """Return documents as lists of plain sentences, at least two each: harmless texts, and the contexts that may be trained on."""
    texts = [row for name in CARRIERS for row in _texts(datasets, entries[name])]
    texts += sorted({row.context for row in rows if not is_aside(row)})
    documents = []
    for text in texts:
        sentences = [_LABEL.sub("", part.strip()) for part in _SENTENCE_END.split(text)]
        plain = list(
            dict.fromkeys(part for part in sentences if _PLAIN.fullmatch(part) and len(part.split()) >= 6 and not _TASK.search(part))
        )
        if len(plain) >= 2:
            documents.append(plain)
    random.Random(f"carriers/{seed}").shuffle(documents)
    return documents


def _texts(datasets: Path, entry: dict) -> list[str]:
    return [item["text"] for item in _items(datasets, entry, training=True) if not item["labels"]]
