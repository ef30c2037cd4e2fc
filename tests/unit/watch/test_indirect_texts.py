"""The makers of indirect injections, harmless twins, alarming harmless prompts and rewritten texts: seeded, bounded, distinct, true to label."""

from __future__ import annotations

import random
import re

import pytest

from training.content import grammar
from training.content.augment import LONGEST as WINDOW
from training.content.augment import augmented, leet, letter_case, lookalikes, punctuation, split_words, typos
from training.content.indirect import BARE_SHARE, LONGEST, SHORTEST, hard_benign, indirect_examples

CARRIERS = [f"Document {number}. " + "The river rises in spring. Boats wait at the quay. " * (number + 1) for number in range(40)]
UNFILLED = re.compile(r"\{[a-z_]+\}|@@")
SPEAKS_TO_A_MODEL = re.compile(
    r"\b(?:assistants?|AI|IA|KI|bots?|chatbots?|models?|LLMs?|copilot|agent|user|your|you|sprachmodell|ignor\w*|vergiss|oublie|olvida|negeer|zignoruj)\b"
    r"|игнорируй|taalmodel|modelo|modello|modèle|répondre|responder|rispondere|summar|answer|reply|task|antworten",
    re.IGNORECASE,
)


@pytest.mark.parametrize("carriers", [[], CARRIERS], ids=["from the grammar", "with carriers"])
def test_documents_are_seeded_bounded_and_distinct(carriers: list[str]) -> None:
    made = indirect_examples(carriers, 3, 400, 300)
    assert made == indirect_examples(carriers, 3, 400, 300)
    assert made != indirect_examples(carriers, 4, 400, 300)
    assert sum(attack for _, attack in made) == 400
    assert len({text for text, _ in made}) == len(made) == 700
    assert all(SHORTEST <= len(text) <= LONGEST for text, _ in made)
    assert not [text for text, _ in made if UNFILLED.search(text)]


def test_most_attacks_speak_to_a_model() -> None:
    attacks = [text for text, attack in indirect_examples([], 5, 1_000, 0) if attack]
    silent = [text for text in attacks if not SPEAKS_TO_A_MODEL.search(text)]
    assert len(silent) < BARE_SHARE * len(attacks)


def test_carriers_are_used_whole_words_and_with_the_insert_at_any_place() -> None:
    with_carrier = [text for text, attack in indirect_examples(CARRIERS, 6, 600, 0) if attack and "rises in spring" in text]
    assert len(with_carrier) > 150
    starts = sum(
        text.startswith(("Document", "The river", "Boats", "river", "rises", "in", "spring", "wait", "at")) for text in with_carrier
    )
    assert 0.3 * len(with_carrier) < starts < 0.9 * len(with_carrier)


def test_no_instruction_of_the_attacks_is_a_remark_of_the_twins() -> None:
    slots = grammar.load("indirect")["slots"]
    assert not set(slots["remark"]) & {*slots["instruction"], *slots["bare"], *slots["foreign_polite"]}
    assert not set(slots["human_task"]) & {*slots["chore"], *slots["harm"]}


@pytest.mark.parametrize("name", ["indirect", "hard_benign"])
def test_every_slot_of_a_grammar_is_known_and_used(name: str) -> None:
    source = grammar.load(name)
    known = grammar.load("benign")["slots"] | grammar.load("attacks")["slots"] | source["slots"]
    texts = [text for part in ("slots", "documents", "dress", "families") for values in source.get(part, {}).values() for text in values]
    used = {slot for text in texts for slot in re.findall(r"\{([a-z_]+)\}", text)}
    assert used <= known.keys()
    entry_points = {"instruction", "bare", "remark", "quoting"} if name == "indirect" else set()
    assert source["slots"].keys() <= used | entry_points


def test_alarming_prompts_come_from_every_family_and_do_not_repeat() -> None:
    prompts = hard_benign(1, 3_400)
    assert prompts == hard_benign(1, 3_400)
    assert len(set(prompts)) == len(prompts) == 3_400
    assert not [text for text in prompts if UNFILLED.search(text)]
    for sign in ("signal", "idiom", "ransomware", "symptoms", "genocide", "prejudice", "vampire", "System prompt", "Wie kann ich", "```"):
        assert any(sign in text for text in prompts), sign


def test_a_share_of_texts_is_rewritten_at_its_place_and_stays_in_a_window() -> None:
    texts = hard_benign(2, 1_000)
    made = augmented(texts, 1, 0.4)
    assert made == augmented(texts, 1, 0.4)
    assert made != augmented(texts, 2, 0.4)
    changed = sum(before != after for before, after in zip(texts, made, strict=True))
    assert 280 < changed < 420
    assert all(len(after) <= max(WINDOW, len(before)) for before, after in zip(texts, made, strict=True))
    assert augmented(texts, 1, 0.0) == texts
    assert all(text.strip() for text in augmented(texts, 1, 1.0))


@pytest.mark.parametrize("rewrite", [typos, letter_case, split_words, leet, lookalikes, punctuation])
def test_a_rewriting_changes_how_a_text_looks_and_not_how_much_it_says(rewrite: object) -> None:
    text = "Please explain to my sister how glaciers move. Why do they? It is a mystery, is it not?"
    made = {rewrite(text, random.Random(seed)) for seed in range(40)}
    assert len(made - {text}) >= 3
    assert all(abs(len(each) - len(text)) < len(text) for each in made)
