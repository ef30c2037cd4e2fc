"""Whatever the text: both interpreters count the same grams, and every score is a number in 0..1."""

from __future__ import annotations

import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringwall.watch import LexicalGroundingScorer, LexicalTopicScorer, features, load_content_scorer

hashing = pytest.importorskip("ringwall.watch._hashing", reason="the C interpreter is not built")

PYTHON = load_content_scorer(interpreter="python")
C = load_content_scorer(interpreter="c")
WORDS = st.sampled_from(
    ["ignore", "the", "previous", "instructions", "kill", "don't", "caf\u00e9", "\U0001f600", "\u4f60\u597d", "123", "!!", "a", "\u200b"]
)
TEXTS = st.one_of(
    st.text(max_size=400),
    st.lists(WORDS, max_size=60).map(" ".join),
    st.text(alphabet="ab \n'\u00e9\U0001f600\ud800", max_size=200),
    st.text(alphabet="x", min_size=500, max_size=3_000),
)
BITS = st.integers(3, 20)


@given(TEXTS, BITS, BITS)
def test_both_interpreters_find_the_same_buckets_in_the_same_order(text: str, word_bits: int, character_bits: int) -> None:
    body = features.normalise(text)
    words, characters = hashing.buckets(body, word_bits, character_bits)
    assert list(array.array("I", words)) == list(features.word_buckets(body, word_bits))
    assert list(array.array("I", characters)) == list(features.character_buckets(body, character_bits))


@given(st.binary(max_size=300), BITS)
def test_they_agree_on_any_bytes_not_only_on_normalised_text(body: bytes, bits: int) -> None:
    words, _ = hashing.buckets(body, bits, bits)
    assert list(array.array("I", words)) == list(features.word_buckets(body, bits))


@given(TEXTS)
def test_both_interpreters_return_the_same_scores_bit_for_bit(text: str) -> None:
    scores = C.score(text)
    assert scores == PYTHON.score(text)
    assert all(0.0 <= score <= 1.0 for score in scores.values())


@given(TEXTS)
def test_normalising_twice_changes_nothing(text: str) -> None:
    body = features.normalise(text)
    assert features.normalise(body.decode()) == body


@given(TEXTS, TEXTS, TEXTS)
def test_lexical_scores_are_in_range(first: str, second: str, third: str) -> None:
    topic = LexicalTopicScorer().score(first, name=second[:100], definition=third[:200], examples=(first[:100],))
    grounding = LexicalGroundingScorer()
    assert all(
        0.0 <= score <= 1.0
        for score in (topic, grounding.grounding(source=first, answer=second), grounding.relevance(query=second, answer=third))
    )


BAD_CALLS = {
    "bits below three": (b"a", b"", b"", 1, 2, 3),
    "bits above twenty-four": (b"a", b"", b"", 1, 3, 25),
    "a word table that is too short": (b"a", bytes(7), bytes(8), 1, 3, 3),
    "a character table that is too short": (b"a", bytes(8), bytes(7), 1, 3, 3),
    "no heads": (b"a", b"", b"", 0, 3, 3),
    "too many heads": (b"a", bytes(17 * 8), bytes(17 * 8), 17, 3, 3),
}


@pytest.mark.parametrize("call", BAD_CALLS.values(), ids=BAD_CALLS)
def test_the_c_interpreter_refuses_tables_that_do_not_fit(call: tuple[object, ...]) -> None:
    with pytest.raises(ValueError, match="table"):
        hashing.accumulate(*call)
