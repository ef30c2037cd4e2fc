"""AUROC of the topic scorer: texts of a topic's sources against texts of all other sources."""

from __future__ import annotations

import json
import random
import tomllib
from pathlib import Path

import numpy as np

from ringwall.watch.topics import compile_topic, raw_score
from training.content import corpus
from training.content.measure import auroc

OTHERS = ("clinc150", "gsm8k_train", "nl2bash", "mmlu_questions", "taskmaster4", "spikee_fp_benign", "humaneval", "arena_hard", "ifeval")
RATE = 0.02
MOST_POSITIVE = 200
MOST_NEGATIVE = 120


def topics() -> list[dict]:
    """Return the topics of topics.toml."""
    return tomllib.loads((Path(__file__).parent / "topics.toml").read_text("utf-8"))["topic"]


def texts(datasets: Path) -> dict[str, list[str]]:
    """Return texts by `source` or `source/subject`."""
    entries = corpus.manifest(datasets)
    out: dict[str, list[str]] = {}
    for name in OTHERS:
        rows = corpus.read(datasets, entries[name], training=False)
        lines = (datasets / entries[name]["file"]).read_bytes().splitlines()
        for row, line in zip(rows, lines, strict=True):
            subject = (json.loads(line).get("meta") or {}).get("subject")
            out.setdefault(f"{name}/{subject}" if subject else name, []).append(row.text)
    return out


def margins(datasets: Path, seed: int = 1) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """Return per topic the scores of texts about it and of unrelated texts."""
    pools = texts(datasets)
    rng = random.Random(f"topics/{seed}")
    drawn = {name: rng.sample(pool, min(MOST_POSITIVE, len(pool))) for name, pool in sorted(pools.items())}
    out = []
    for topic in topics():
        compiled = compile_topic(topic["name"], topic["definition"], tuple(topic["examples"]))
        positive = [raw_score(text, compiled) for name in topic["positive"] for text in drawn[name]]
        skipped = {*topic["positive"], *topic["near"]}
        negative = [
            raw_score(text, compiled)
            for name, pool in drawn.items()
            if name not in skipped
            for text in pool[: 20 if "/" in name else MOST_NEGATIVE]
        ]
        out.append((topic["name"], np.array(positive), np.array(negative)))
    return out


def report(datasets: Path) -> dict:
    """Return per topic the AUROC, and over all topics its mean and the raw score that `RATE` of unrelated texts exceed (median)."""
    found = margins(datasets)
    cut = round(float(np.median([np.quantile(negative, 1 - RATE) for _, _, negative in found])), 4)
    figures = {
        name: {
            "texts": len(positive),
            "unrelated": len(negative),
            "auroc": round(auroc(positive, negative), 3),
            "recall": round(float((positive >= cut).mean()), 3),
            "unrelated_flagged": round(float((negative >= cut).mean()), 3),
        }
        for name, positive, negative in found
    }
    return {"cut": cut, "auroc": round(float(np.mean([figure["auroc"] for figure in figures.values()])), 3), "topics": figures}
