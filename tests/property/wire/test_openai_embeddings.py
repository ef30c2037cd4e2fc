"""What holds of embeddings on the wire: every text is judged, odd input is refused, and numbers are the same in both encodings."""

from __future__ import annotations

import base64
import json
import math
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringwall.errors import CallerError
from ringwall.wire.dialects.errors import MalformedAnswer
from ringwall.wire.dialects.openai_embeddings import TOKENS, Embedded, read_question, read_vectors, write_question, write_vectors
from ringwall.wire.dialects.texts import judged_texts, replace_texts, unjudged

from .conversations import some_words

singles = st.floats(width=32, allow_nan=False, allow_infinity=False)
vectors = st.integers(1, 8).flatmap(lambda size: st.lists(st.lists(singles, min_size=size, max_size=size), min_size=1, max_size=4))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | some_words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(some_words, inner, max_size=3),
    max_leaves=8,
)


@given(texts=st.lists(some_words, min_size=1, max_size=5), new=some_words, extra=some_words)
def test_every_text_is_judged_and_what_is_masked_goes_on_masked(texts: list[str], new: str, extra: str) -> None:
    for value in (texts, texts[0]):
        body = {"model": "m", "input": value, "x_future": {"deep": [extra]}}
        question = read_question(body)
        told = [text.text for text in judged_texts(question.ask)]
        assert told[:-1] == (texts if value is texts else texts[:1])
        assert extra in json.loads(told[-1])["deep"]
        assert not unjudged(question.ask)
        masked = write_question(type(question)(ask=replace_texts(question.ask, {0: new}), inputs=question.inputs), "theirs")
        assert masked["input"] == ([new, *texts[1:]] if value is texts else new)
        assert masked | {"input": value, "model": "m"} == body


@given(ids=st.lists(st.lists(st.integers(0, 10**6), min_size=1, max_size=4), min_size=1, max_size=3))
def test_token_ids_are_content_that_nobody_judges(ids: list[list[int]]) -> None:
    for value, inputs, tokens in ((ids, len(ids), sum(map(len, ids))), (ids[0], 1, len(ids[0]))):
        question = read_question({"model": "m", "input": value})
        assert [part.kind for part in unjudged(question.ask)] == [TOKENS]
        assert (question.inputs, question.tokens, judged_texts(question.ask)) == (inputs, tokens, ())


@given(value=json_values, name=st.sampled_from(["input", "model", "encoding_format", "dimensions", "user", "x"]))
def test_odd_input_is_read_or_refused_with_an_error_of_the_caller(value: Any, name: str) -> None:
    try:
        question = read_question({"model": "m", "input": "a", name: value})
    except CallerError as refusal:
        assert refusal.message  # noqa: PT017 -- both ends are right; anything else raised is what we look for
    else:
        assert judged_texts(question.ask) or unjudged(question.ask)


@given(said=vectors)
def test_numbers_are_the_same_in_both_encodings_and_both_ways(said: list[list[float]]) -> None:
    texts = ["a"] * len(said)
    wants = {encoding: read_question({"model": "m", "input": texts, "encoding_format": encoding}) for encoding in ("float", "base64")}
    body = write_vectors(Embedded(tuple(said)), wants["base64"], 3)
    for index, item in enumerate(body["data"]):
        assert struct.unpack(f"<{len(said[index])}f", base64.b64decode(item["embedding"])) == tuple(said[index])
    again = read_vectors(json.dumps(body).encode(), len(said))
    assert write_vectors(again, wants["base64"], 3) == body
    assert [item["embedding"] for item in write_vectors(again, wants["float"], 3)["data"]] == said
    plain = write_vectors(Embedded(tuple(said)), wants["float"], 3)
    assert read_vectors(json.dumps(plain).encode(), len(said)) == Embedded(tuple(said), 3)
    assert body["usage"] == {"prompt_tokens": 3, "total_tokens": 3}


@given(raw=st.binary(max_size=60) | json_values.map(lambda value: json.dumps({"data": value}).encode()))
def test_odd_answers_are_refused_with_an_error_of_the_upstream(raw: bytes) -> None:
    try:
        found = read_vectors(raw, 1)
    except MalformedAnswer:
        return
    assert len(found.vectors) == 1


def test_a_number_too_large_for_32_bits_is_refused_where_it_has_to_fit() -> None:
    wants = read_question({"model": "m", "input": "a", "encoding_format": "base64"})
    with pytest.raises(MalformedAnswer):
        write_vectors(Embedded(([1e300],)), wants, 1)
    assert math.isclose(
        write_vectors(Embedded(([1e300],)), read_question({"model": "m", "input": "a"}), 1)["data"][0]["embedding"][0], 1e300
    )
