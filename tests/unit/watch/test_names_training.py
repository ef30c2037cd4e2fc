"""The texts that the finder of names is trained and measured on: spans where the slots were, and test texts that share nothing with training."""

from __future__ import annotations

import json
import random

import pytest

pytest.importorskip("numpy", reason="the extra `watch` is not installed")
pytest.importorskip("ringwall.watch.names", reason="the extra `watch` is not installed")

from ringwall.watch.encoder import load_encoder
from training.names import labelled, people, silver, texts
from training.names.labelled import LABELS, Span, Text

FAMILIES = ("chat", "prose", "address", "age", "logins", "negative")
OPEN_CLASSES = (
    "first",
    "last",
    "nick",
    "street_name",
    "german_street",
    "romance_street",
    "other_street",
    "city",
    "country",
    "org_root",
    "work",
)


def test_test_texts_share_no_template_and_no_name_with_training() -> None:
    assert not texts.split_templates(["train"]) & texts.split_templates(["test"])
    train, test = texts.load("train").lists, texts.load("test").lists
    for name in OPEN_CLASSES:
        assert not set(train[name]) & set(test[name]), name


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("grammar", ["train", "test"])
def test_every_template_expands_to_spans_in_order(grammar: str, family: str) -> None:
    made = texts.generated(grammar, family, len(texts.load(grammar).families[family]), 1)
    for text in made:
        at = 0
        for span in text.spans:
            assert span.type in labelled.TYPES
            assert at <= span.start < span.end <= len(text.text)
            at = span.end
    kinds = {span.type for text in made for span in text.spans}
    assert kinds <= set(labelled.HELPING) if family == "negative" else kinds - set(labelled.HELPING)


def test_the_same_seed_gives_the_same_texts() -> None:
    assert texts.generated("train", "chat", 50, 3) == texts.generated("train", "chat", 50, 3)
    assert texts.generated("train", "chat", 50, 3) != texts.generated("train", "chat", 50, 4)


def test_braces_that_are_no_slot_stay() -> None:
    (made,) = [text for text in texts.generated("test", "prose", 22, 5) if text.text.lower().startswith('{"customer"')]
    assert set(json.loads(made.text)) == {"customer"}


def test_invented_names_are_words() -> None:
    rng = random.Random(1)
    made = {people.invented(rng) for _ in range(200)}
    assert len(made) > 150
    assert all(name.isalpha() and name[0].isupper() for name in made)


def test_pieces_carry_the_labels_of_their_spans() -> None:
    text = Text("ask John Smith at Acme", (Span(4, 14, "NAME"), Span(18, 22, "ANY")), "tests")
    pieces = load_encoder().pieces.pieces(text.text)
    said = labelled.targets(text, pieces)
    names = [LABELS[mask.bit_length() - 1] if mask & (mask - 1) == 0 else mask for mask in said]
    assert names[:4] == ["O", "B-NAME", "I-NAME", "O"]
    assert set(said[4:]) == {labelled.ANYTHING}


def test_what_is_not_plain_may_be_all_but_personal() -> None:
    text = Text("the firm", (), "tests", plain=False)
    (first, _) = labelled.targets(text, load_encoder().pieces.pieces(text.text))
    assert {label for index, label in enumerate(LABELS) if first >> index & 1} == {"O", "B-ORG", "I-ORG", "B-PLACE", "I-PLACE"}


PROSE = {
    "a listed first name": ("She met John Smith at noon.", {"John Smith": "NAME", "She": "NONE"}),
    "a biography": ("Zorbla Quux (born 3 July 1960) is an artist.", {"Zorbla Quux": "NAME", "July": "NONE"}),
    "who directed it": ("The film was directed by Zorbla Quux.", {"Zorbla Quux": "NAME", "The": "NONE"}),
    "a county": ("It lies in Zorbla County.", {"Zorbla County": "NONE", "It": "NONE"}),
    "a possessive": ("They took John Smith's car.", {"John Smith": "NAME", "They": "NONE"}),
    "what nobody knows": ("We saw Zorbla there.", {"Zorbla": "ANY", "We": "NONE"}),
}


@pytest.mark.parametrize("what", PROSE)
def test_prose_is_labelled_by_what_stands_around(what: str) -> None:
    sentence, wanted = PROSE[what]
    labels = silver.Silver(["she they it we the a film was met"] * silver.COMMON)
    found = labels.labelled(sentence, "tests")
    assert {found.text[span.start : span.end]: span.type for span in found.spans} == wanted
    assert not found.plain
