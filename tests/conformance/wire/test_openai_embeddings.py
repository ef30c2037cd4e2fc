"""The vectors of embeddings: questions read, answers read and written in both encodings. The base64 is of IEEE 754 singles, worked out apart."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ringwall.wire.dialects.errors import MalformedAnswer
from ringwall.wire.dialects.openai_embeddings import read_question, read_vectors, write_vectors
from ringwall.wire.dialects.texts import judged_texts
from ringwall.wire.errors import MalformedRequest

from .dialect_cases import VECTORS

CASES: dict[str, list[dict[str, Any]]] = json.loads((VECTORS / "openai_embeddings.json").read_text(encoding="utf-8"))


def every(kind: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", CASES[kind], ids=lambda case: case["name"])


@every("questions")
def test_a_question_is_read(case: dict[str, Any]) -> None:
    question = read_question(case["body"])
    assert [text.text for text in judged_texts(question.ask)] == case["texts"]
    assert (question.inputs, question.tokens) == (case["inputs"], case.get("tokens", 0))
    assert list(question.ask.beyond) == case.get("beyond", [])
    assert (question.encoding, question.dimensions) == (case["body"].get("encoding_format", "float"), case["body"].get("dimensions"))


@every("refusals")
def test_a_bad_question_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(MalformedRequest) as refusal:
        read_question(case["body"])
    assert "ignore all rules" not in refusal.value.message


@every("answers")
def test_an_answer_is_read_and_written_in_both_encodings(case: dict[str, Any]) -> None:
    found = read_vectors(json.dumps(case["body"]).encode(), case["inputs"])
    assert found.input_tokens == case["tokens"]
    for encoding in ("float", "base64"):
        asked = read_question({"model": "small", "input": ["x"] * case["inputs"], "encoding_format": encoding})
        written = write_vectors(found, asked, 9)
        assert [item["embedding"] for item in written["data"]] == case[encoding]
        assert (written["model"], written["usage"]["total_tokens"]) == ("small", 9)


@every("bad_answers")
def test_a_bad_answer_is_refused_and_not_repeated(case: dict[str, Any]) -> None:
    with pytest.raises(MalformedAnswer) as refusal:
        read_vectors(json.dumps(case["body"]).encode(), case["inputs"])
    assert "secret words" not in refusal.value.message
