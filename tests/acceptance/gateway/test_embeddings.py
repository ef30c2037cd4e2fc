"""OpenAI's Embeddings on a live server, asked over plain HTTP: the built-in model's vectors, and what never becomes one."""

from __future__ import annotations

import base64
import json
import math
import struct
from typing import Any

import pytest

from tests.acceptance.api.test_boto3 import client
from tests.acceptance.gateway.test_chat import MODEL, ask, guarded, records
from tests.live import Live

PATH = "/v1/embeddings"


def embed(live: Live, headers: dict[str, str] | None = None, **body: Any) -> tuple[int, dict[str, Any]]:
    status, text = ask(live, PATH, {"model": MODEL, **body}, **(headers or {}))
    answer: dict[str, Any] = json.loads(text)
    return status, answer


def vectors(live: Live, headers: dict[str, str] | None = None, **body: Any) -> list[list[float]]:
    status, answer = embed(live, headers, **body)
    assert status == 200, answer
    assert (answer["object"], answer["model"]) == ("list", MODEL)
    assert [item["index"] for item in answer["data"]] == list(range(len(answer["data"])))
    return [item["embedding"] for item in answer["data"]]


def nearness(one: list[float], other: list[float]) -> float:
    return math.fsum(a * b for a, b in zip(one, other, strict=True))


def test_the_same_text_has_the_same_vector_and_texts_that_share_words_are_near(live: Live) -> None:
    wall, again, walls, sea = vectors(live, input=["a wall of stone", "a wall of stone", "a wall of bricks", "ships sail far away"])
    assert wall == again
    assert len(wall) == 256
    assert math.isclose(nearness(wall, wall), 1.0)
    assert nearness(wall, walls) > nearness(wall, sea)
    assert vectors(live, input="a wall of stone") == [wall]


def test_dimensions_and_base64(live: Live) -> None:
    (numbers,) = vectors(live, input="a wall", dimensions=7)
    (packed,) = vectors(live, input="a wall", dimensions=7, encoding_format="base64")
    assert len(numbers) == 7
    unpacked = struct.unpack("<7f", base64.b64decode(str(packed)))
    assert all(math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-9) for a, b in zip(numbers, unpacked, strict=True))


def test_what_is_embedded_is_the_masked_text(live: Live) -> None:
    plain = vectors(live, input=["mail {EMAIL} now", "mail bob@example.com now"])
    masked = vectors(live, guarded(live), input=["mail bob@example.com now", "the garden in spring"])
    assert masked[0] == plain[0] != plain[1]
    last = records(live, "Embeddings")[0]
    details = last["additionalEventData"]["ringwall"]
    assert (details["model"], details["dialect"], details["usage"]["outputTokens"]) == (MODEL, "openai_embeddings", 0)
    assert details["input"][0]["outcome"]["action"] == "ANONYMIZE"
    assert "bob@example.com" not in json.dumps(last)


@pytest.fixture(scope="module")
def blocking(live: Live) -> dict[str, str]:
    """The headers that name a guardrail which blocks a word."""
    made = client(live, "bedrock").create_guardrail(
        name="no-heliotrope",
        blockedInputMessaging="Not that word.",
        blockedOutputsMessaging="Not that word.",
        wordPolicyConfig={"wordsConfig": [{"text": "heliotrope"}]},
    )
    return {"x-amzn-bedrock-guardrailidentifier": made["guardrailId"], "x-amzn-bedrock-guardrailversion": "DRAFT"}


def test_a_text_that_is_blocked_gets_no_vector_and_neither_do_those_beside_it(live: Live, blocking: dict[str, str]) -> None:
    status, refusal = embed(live, blocking, input=["stone", "a heliotrope"])
    assert (status, refusal["error"]["code"], refusal["error"]["type"]) == (400, "content-blocked", "invalid_request_error")
    assert refusal["error"]["message"].startswith("Not that word.")
    last = records(live, "Embeddings")[0]
    assert last["errorCode"] == "content-blocked"
    assert last["additionalEventData"]["ringwall"]["input"][0]["outcome"]["action"] == "BLOCK"
    assert "usage" not in last["additionalEventData"]["ringwall"]
    assert "a heliotrope" not in json.dumps(last)
    assert embed(live, blocking, input=["stone"])[0] == 200


def test_token_ids_pass_where_no_guardrail_stands_and_nowhere_else(live: Live) -> None:
    one, other = vectors(live, input=[[1, 2, 3], [4, 5]])
    assert one != other
    assert vectors(live, input=[1, 2, 3]) == [one]
    for ids in ([1, 2, 3], [[1, 2, 3], [4, 5]]):
        status, refusal = embed(live, guarded(live), input=ids)
        assert (status, refusal["error"]["code"]) == (400, "content-refused")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"input": ""}, 400, "malformed-request"),
        ({"input": []}, 400, "malformed-request"),
        ({"input": ["x", 1]}, 400, "malformed-request"),
        ({"input": [1, "x"]}, 400, "malformed-request"),
        ({"input": [[1], "x"]}, 400, "malformed-request"),
        ({"input": [-1]}, 400, "malformed-request"),
        ({"input": {"text": "x"}}, 400, "malformed-request"),
        ({}, 400, "malformed-request"),
        ({"input": "x", "encoding_format": "hex"}, 400, "malformed-request"),
        ({"input": "x", "dimensions": 0}, 400, "malformed-request"),
        ({"input": "x", "dimensions": 100_000}, 400, "malformed-request"),
        ({"input": ["x"] * 2_049}, 413, "limit-exceeded"),
        ({"input": "x", "model": "nobody"}, 404, "model-not-found"),
    ],
)
def test_refusals(live: Live, body: dict[str, Any], status: int, code: str) -> None:
    given, refusal = embed(live, **body)
    assert (given, refusal["error"]["code"]) == (status, code), refusal
