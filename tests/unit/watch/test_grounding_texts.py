"""The texts that the grounding model is trained on: edits of sentences, and invented worlds."""

from __future__ import annotations

import random
import string

import pytest

from training.grounding import edits, world
from training.grounding.rows import Row, is_aside

RNG_SEED = 7
SENTENCE = (
    "In 1883, the engineer Emily Roebling opened the bridge (the longest of its time) with Chester Arthur, and 1,800 carts crossed it."
)


def rng() -> random.Random:
    return random.Random(RNG_SEED)


CHANGES = {
    "a number": lambda: edits.number("It has 1,834 rooms.", rng()),
    "a year": lambda: edits.number("It opened in 1883.", rng()),
    "a decimal": lambda: edits.number("It grew 3.5 percent.", rng()),
    "a negation": lambda: edits.negation("The bridge was opened.", rng()),
    "a negation taken away": lambda: edits.negation("The bridge was not opened.", rng()),
    "an opposite": lambda: edits.opposite("The largest bridge.", rng()),
    "another name": lambda: edits.other_name("It was built by John Roebling there.", rng(), ["Gustave Eiffel"]),
    "two names exchanged": lambda: edits.exchanged("There Alice Adler beat Bob Brown.", rng()),
}
EXPECTED = {
    "a negation taken away": "The bridge was opened.",
    "an opposite": "The smallest bridge.",
    "another name": "It was built by Gustave Eiffel there.",
    "two names exchanged": "There Bob Brown beat Alice Adler.",
}


@pytest.mark.parametrize("kind", CHANGES)
def test_an_edit_changes_what_is_said(kind: str) -> None:
    changed = CHANGES[kind]()
    assert changed is not None
    assert changed == EXPECTED.get(kind, changed)
    again = CHANGES[kind]()
    assert again == changed


def test_a_changed_number_is_another_one() -> None:
    changed = {edits.number("It has 1,834 rooms.", random.Random(seed)) for seed in range(50)}
    assert "It has 1,834 rooms." not in changed
    assert len(changed) > 3


def test_names_that_are_merely_listed_are_not_exchanged() -> None:
    assert edits.exchanged("There met Alice and Bob.", rng()) is None


def test_leaving_out_only_leaves_out() -> None:
    for seed in range(30):
        short = edits.shortened(SENTENCE, random.Random(seed))
        assert short is not None
        plain = str.maketrans("", "", string.punctuation)
        assert {word.casefold() for word in short.translate(plain).split()} <= {
            word.casefold() for word in SENTENCE.translate(plain).split()
        }
        assert len(short) < len(SENTENCE)


def test_a_negated_sentence_is_not_shortened() -> None:
    assert edits.shortened("The bridge was not opened in 1883, which was the year of its end, and nobody came.", rng()) is None


def test_what_leads_a_sentence_can_end_it() -> None:
    assert edits.reordered("In 1883, the bridge was opened.") == "The bridge was opened in 1883."


def test_a_question_made_of_a_sentence_is_answered_by_what_it_lacks() -> None:
    query, right, wrong = edits.cloze("The bridge was opened in 1883.", rng(), [])
    assert "1883" not in query
    assert query.endswith("?")
    assert (right, wrong != "1883") == ("1883", True)


@pytest.mark.parametrize("index", range(len(world.RELATIONS)))
def test_a_relation_tells_all_its_slots_and_asks_for_them(index: int) -> None:
    relation = world.RELATIONS[index]
    for template in relation["says"]:
        assert all("{" + name + "}" in template for name in relation["slots"]), template
    assert len(set(relation["says"]) | set(relation["part"]) | set(relation["not"])) == sum(
        len(relation[kind]) for kind in ("says", "part", "not")
    )
    for question, name in relation["asks"]:
        assert "{" + name + "}" not in question
        assert name in relation["slots"]
        assert any("{" + name + "}" in template for template in relation["says"] + relation["part"])
    for kind in relation["slots"].values():
        assert world.value(kind, rng())


def test_worlds_are_the_same_for_a_seed_and_hold_both_kinds_of_claims() -> None:
    made = [world.claims(random.Random(seed), ["It rained."], world.symmetric_relations()) for seed in range(60)]
    assert made == [world.claims(random.Random(seed), ["It rained."], world.symmetric_relations()) for seed in range(60)]
    labels = [told.grounded for claims in made for told in claims]
    assert 0.4 < sum(labels) / len(labels) < 0.6
    both = [(told.passage, told.claim) for claims in made for told in claims]
    wrong = {(told.passage, told.claim) for claims in made for told in claims if not told.grounded}
    right = {(told.passage, told.claim) for claims in made for told in claims if told.grounded}
    assert not wrong & right, both


def test_a_wrong_answer_is_never_the_right_one() -> None:
    for seed in range(200):
        told, asked = world.answers(random.Random(seed), ["It rained."])
        assert told[0].grounded
        assert all(other.claim != told[0].claim for other in told[1:])
        assert asked[0].answer != asked[1].answer


def test_all_answers_about_one_context_are_on_one_side() -> None:
    rows = [Row(f"context {index}", "q", answer, True, "s") for index in range(400) for answer in ("a", "b")]
    aside = {row.context for row in rows if is_aside(row)}
    assert not aside & {row.context for row in rows if not is_aside(row)}
    assert 0.1 < len(aside) / 400 < 0.3
