"""Topics with texts about them and texts that are not: what the matcher is trained and measured on.

Sources: subjects of mmlu_questions and kindred sets (`subjects.toml`), intents in clinc150 found by word rules (`intents.toml`), and topics
with texts of our own writing (`written.toml`). The topics of training/lexical/topics.toml, and their sources, are never trained on.
"""

from __future__ import annotations

import json
import random
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from ringwall.guardrails.ports import AskedTopic
from training.content import corpus

UNRELATED = ("gsm8k_train", "t0_prompts", "self_instruct_seeds", "fuzzyai_benign", "awesome_chatgpt_prompts", "docs_permissive_a")
CLINC, MMLU = "clinc150", "mmlu_questions"
MOST_POSITIVE = 50
MOST_PER_POOL = 60
FROM_CLINC = 600
FROM_MMLU = 12  # per subject, as unrelated texts
MOST_CHARACTERS = 1_000  # as much of a text as one window of a guardrail


@dataclass(frozen=True)
class Pair:
    """One topic with its texts: `unrelated` are places in the common list of texts."""

    topic: AskedTopic
    about: tuple[str, ...]
    unrelated: tuple[str, ...]


def described(name: str) -> list[dict]:
    """Return the topics of one of the files beside this one."""
    return tomllib.loads((Path(__file__).parent / f"{name}.toml").read_text("utf-8"))["topic"]


def asked(topic: dict) -> AskedTopic:
    """Return a topic as a scorer is asked about it."""
    return AskedTopic(topic["name"], topic["definition"], tuple(topic["examples"]))


def pools(datasets: Path) -> dict[str, list[str]]:
    """Return the texts of the training sources by source, those of mmlu_questions by subject."""
    entries = corpus.manifest(datasets)
    out: dict[str, list[str]] = {}
    for name in (*UNRELATED, CLINC, MMLU):
        rows = corpus.read(datasets, entries[name], training=True)
        lines = (datasets / entries[name]["file"]).read_bytes().splitlines()
        for row, line in zip(rows, lines, strict=True):
            key = json.loads(line)["meta"]["subject"] if name == MMLU else name
            out.setdefault(key, []).append(row.text[:MOST_CHARACTERS])
    return out


def training_pairs(datasets: Path, measured: set[str], seed: int) -> list[Pair]:
    """Return the topics to train on.

    Args:
        datasets: the folder of the data sets.
        measured: subjects whose texts measure other topics: not read here.
        seed: of the draws.
    """
    drawn = _drawn(datasets, measured, random.Random(f"topics/train/{seed}"))
    return [
        *(_of_subject(topic, drawn) for topic in described("subjects")),
        *(_of_intent(topic, drawn) for topic in described("intents") if not topic.get("held")),
        *(_of_own(topic, drawn) for topic in described("written")),
    ]


def held_pairs(datasets: Path, seed: int) -> list[Pair]:
    """Return the intents that nothing is trained on, each against all of clinc150 that is not near it."""
    rng = random.Random(f"topics/held/{seed}")
    texts = pools(datasets)[CLINC]
    drawn = {CLINC: rng.sample(texts, len(texts))}
    return [_of_intent(topic, drawn, least=100, most=400) for topic in described("intents") if topic.get("held")]


def _drawn(datasets: Path, measured: set[str], rng: random.Random) -> dict[str, list[str]]:
    """Return every pool in a drawn order."""
    found = {name: texts for name, texts in sorted(pools(datasets).items()) if name not in measured}
    return {name: rng.sample(texts, len(texts)) for name, texts in found.items()}


def _others(drawn: dict[str, list[str]], skipped: set[str]) -> list[str]:
    out: list[str] = []
    for name, texts in drawn.items():
        if name not in skipped and name != CLINC:
            out += texts[: MOST_PER_POOL if name in UNRELATED else FROM_MMLU]
    return out


def _of_subject(topic: dict, drawn: dict[str, list[str]]) -> Pair:
    own = topic["subjects"]
    about = [text for name in own for text in drawn[name][: MOST_POSITIVE // len(own)]]
    unrelated = _others(drawn, {*own, *topic["near"]}) + drawn[CLINC][: FROM_CLINC // 3]
    return Pair(asked(topic), tuple(about), tuple(unrelated))


def _of_intent(topic: dict, drawn: dict[str, list[str]], *, least: int = MOST_POSITIVE, most: int = FROM_CLINC) -> Pair:
    pattern, near = (re.compile(topic[key], re.IGNORECASE) for key in ("pattern", "near"))
    about = [text for text in drawn[CLINC] if pattern.search(text)][:least]
    beside = [text for text in drawn[CLINC][: 3 * most] if not pattern.search(text) and not near.search(text)][:most]
    subjects = [text for text in _others(drawn, set()) if not pattern.search(text) and not near.search(text)]
    return Pair(asked(topic), tuple(about), tuple(beside + subjects))


def _of_own(topic: dict, drawn: dict[str, list[str]]) -> Pair:
    """Return a topic of our own with the others' texts as unrelated ones; sources that may be about it are left out."""
    rest = [text for other in described("written") if other["name"] != topic["name"] for text in (*other["texts"], *other["other"])]
    unrelated = [*topic["other"] * 3, *rest, *drawn["gsm8k_train"][:30], *drawn["docs_permissive_a"][:30]]
    unrelated += [text for name in ("abstract_algebra", "astronomy", "formal_logic", "electrical_engineering") for text in drawn[name][:10]]
    return Pair(asked(topic), tuple(topic["texts"]), tuple(unrelated))
