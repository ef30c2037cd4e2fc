"""What training reads and makes, as far as it needs no numerical library: refusals, windows, and our own generated texts."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from ringwall.guardrails import learned
from training.content import corpus, generated, grammar, said, sources

SHINGLE = 5


def entry(folder: Path, **changes: Any) -> dict[str, Any]:
    """Write a set of one row and return its manifest entry."""
    data = json.dumps({"text": "hello", "labels": [], "known": "*"}).encode() + b"\n"
    (folder / "tiny.jsonl").write_bytes(data)
    whole = {"name": "tiny", "file": "tiny.jsonl", "sha256": hashlib.sha256(data).hexdigest(), "role": "train", "ship_weights": True}
    return whole | {"commercial_use": True} | changes


def test_a_set_that_may_be_trained_on_is_read(tmp_path: Path) -> None:
    (row,) = corpus.read(tmp_path, entry(tmp_path), training=True)
    assert row.text == "hello"
    assert row.known == frozenset(sources.HEADS)


REFUSED = {
    "a validation set": {"role": "validation"},
    "an auxiliary set": {"role": "aux"},
    "a set whose weights may not ship": {"ship_weights": False},
    "a set without commercial use": {"commercial_use": False},
    "a file of another digest": {"sha256": "0" * 64},
}


@pytest.mark.parametrize("changes", REFUSED.values(), ids=REFUSED)
def test_a_set_that_may_not_be_trained_on_is_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(corpus.CorpusError):
        corpus.read(tmp_path, entry(tmp_path, **changes), training=True)


def test_no_source_is_both_trained_on_and_measured() -> None:
    held = {*sources.MEASURE, *sources.CALIBRATE, *sources.CHECK, *sources.ALARMING}
    assert not held & {source.name for source in sources.TRAIN}


@pytest.mark.parametrize("length", [0, 1, 799, 1_000, 1_001, 1_800, 1_801, 5_432])
def test_training_cuts_windows_where_the_guardrail_does(length: int) -> None:
    text = "".join(chr(97 + at % 26) for at in range(length))
    assert corpus.windows(text) == list(learned.windows(text))


def test_a_label_counts_only_where_it_was_judged() -> None:
    source = sources.Source("s", weak=("SEXUAL",), weak_weight=0.25, weight=2.0)
    row = corpus.Row("text", frozenset({"HATE"}), frozenset({"HATE", "INSULTS"}), "s")
    (example,) = corpus.examples([row], source, 1)
    assert dict(zip(sources.HEADS, example.target, strict=True))["HATE"] == 1
    weights = dict(zip(sources.HEADS, example.weight, strict=True))
    assert weights == {"HATE": 2.0, "INSULTS": 2.0, "SEXUAL": 0.5, "VIOLENCE": 0.0, "MISCONDUCT": 0.0, "PROMPT_ATTACK": 0.0}


def test_the_same_seed_makes_the_same_texts_and_every_slot_is_filled() -> None:
    made = generated.generated_examples(["A harmless document. It has two sentences."], 1)
    assert made == generated.generated_examples(["A harmless document. It has two sentences."], 1)
    assert made != generated.generated_examples(["A harmless document. It has two sentences."], 2)
    assert len(made) > 30_000
    plain = [example.text for example in made if example.source != "generated_garbled"]
    assert not [text for text in plain if grammar._SLOT.search(text) and "{raw}" not in text]


@pytest.mark.shared
def test_our_own_texts_are_not_those_that_measure(shared: Path) -> None:
    def shingles(text: str) -> set[tuple[str, ...]]:
        words = text.lower().split()
        return {tuple(words[at : at + SHINGLE]) for at in range(len(words) - SHINGLE + 1)}

    made: set[tuple[str, ...]] = set()
    for example in generated.generated_examples([], 1):
        made |= shingles(example.text)
    entries = corpus.manifest(shared / "datasets")
    close = []
    for name in (*sources.MEASURE, *sources.CALIBRATE, *sources.CHECK, *sources.ALARMING):
        for row in corpus.read(shared / "datasets", entries[name], training=False):
            own = shingles(row.text)
            if len(own & made) > 0.6 * len(own):
                close.append(row.text)
    assert len(close) <= 2, close[:10]


def test_fragments_are_pieces_of_harmless_windows_without_what_harm_is_told_with_or_what_measures() -> None:
    harmless = ["the stone bridge leads over the quiet river"] * 60 + ["a quiet dolt sleeps under the bridge"] * 5
    harmful = ["you dolt, you utter dolt"] * 90
    hate = tuple(int(head == "HATE") for head in sources.HEADS)
    weight = (1.0,) * len(sources.HEADS)
    examples = [corpus.Example(text, (0,) * len(sources.HEADS), weight, "h") for text in harmless]
    examples += [corpus.Example(text, hate, weight, "b") for text in harmful]
    found = said.fragments(examples, 1, 40)
    assert found == said.fragments(examples, 1, 40)
    assert not any(any(each.target) for each in found)
    texts = {each.text.lower() for each in found}
    alone, pieces = {text for text in texts if " " not in text}, {text for text in texts if " " in text}
    assert {"leads", "over", "quiet"} <= alone <= {"the", "leads", "over", "quiet", "a", "sleeps", "under"}
    assert {"stone", "bridge", "river"} <= set(grammar.load("apart")["words"])
    assert not any("dolt" in text for text in texts)
    assert any(piece in "the stone bridge leads over the quiet river" for piece in pieces)
    assert all(len(text.split()) <= 4 for text in texts)
