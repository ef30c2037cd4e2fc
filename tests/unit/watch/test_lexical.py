"""Words, stems and sentences."""

from __future__ import annotations

import math

import pytest

from ringwall.errors import LimitExceeded
from ringwall.watch import lexical

STEMS = {
    "plurals": ("investments", "investment"),
    "present participles": ("running", "run"),
    "past participles": ("invested", "invest"),
    "agents": ("investors", "investor"),
    "possessives": ("bank's", "bank"),
    "ies": ("companies", "company"),
    "case": ("Banks", "bank"),
}


@pytest.mark.parametrize(("left", "right"), STEMS.values(), ids=STEMS)
def test_words_of_one_family_share_a_stem(left: str, right: str) -> None:
    assert lexical.stem(left) == lexical.stem(right)


def test_short_words_are_left_alone() -> None:
    assert [lexical.stem(word) for word in ("gas", "is", "bed", "us")] == ["gas", "is", "bed", "us"]


def test_function_words_are_no_content() -> None:
    assert lexical.stems("What is it that you would do?") == []


def test_sentences_end_at_full_stops_and_line_ends() -> None:
    assert lexical.sentences("One. Two! Three?\nFour\n\n---\n") == ["One.", "Two!", "Three?", "Four"]


def test_a_common_stem_weighs_less_than_a_rare_one() -> None:
    assert 0.0 <= lexical.weight(lexical.stem("write")) < lexical.weight("zyzzyva") <= 1.0


def test_a_vector_has_length_one_or_is_empty() -> None:
    assert math.isclose(lexical.cosine(lexical.vector(["tax", "fraud"]), lexical.vector(["fraud", "tax"])), 1.0)
    assert lexical.cosine(lexical.vector([]), lexical.vector(["tax"])) == 0.0


def test_a_text_beyond_the_limit_is_refused() -> None:
    with pytest.raises(LimitExceeded):
        lexical.words("x" * (lexical.MAX_CHARACTERS + 1))
