"""The built-in model's vectors: the same everywhere and for ever, of length 1, and not without bound."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringwall.errors import LimitExceeded
from ringwall.inference.upstreams.development_vectors import vector_of, words_of
from ringwall.inference.upstreams.embeddings import MOST_NUMBERS, developed, estimated_tokens
from ringwall.wire.dialects.openai_embeddings import read_question


def test_a_text_has_this_vector_and_no_other() -> None:
    """Worked out by hand from what coreutils' `b2sum -l 64` says of `ox`, `<ox` and `ox>`: first bytes 52, 28 and 3d.

    The last bit is the sign, the three before it are the dimension: -1 at 1, -1 at 4, +1 at 6.
    """
    assert [number * math.sqrt(3) for number in vector_of("Ox", 8)] == pytest.approx([0, -1, 0, 0, -1, 0, 1, 0])


@given(text=st.text(max_size=60), dimensions=st.integers(1, 64))
def test_every_text_has_a_vector_of_length_one(text: str, dimensions: int) -> None:
    vector = vector_of(text, dimensions)
    assert len(vector) == dimensions
    assert math.isclose(math.fsum(number * number for number in vector), 1.0)
    assert vector == vector_of(text, dimensions)
    assert words_of(text) == len(text.split())


def test_a_million_numbers_are_the_most() -> None:
    inputs = ["a"] * 128
    most = MOST_NUMBERS // len(inputs)
    assert len(developed(read_question({"model": "m", "input": inputs, "dimensions": most})).vectors) == len(inputs)
    with pytest.raises(LimitExceeded):
        developed(read_question({"model": "m", "input": inputs, "dimensions": most + 1}))


def test_what_a_question_is_taken_to_cost() -> None:
    assert estimated_tokens(read_question({"model": "m", "input": ["twelve bytes", "é" * 4]})) == 5
    assert estimated_tokens(read_question({"model": "m", "input": [[1, 2], [3]]})) == 3
