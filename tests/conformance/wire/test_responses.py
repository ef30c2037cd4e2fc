"""Responses' own vectors: what applications ask, how it is translated, and what they are answered. No live vendor was asked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ringwall.errors import RingwallError
from ringwall.wire.dialects.openai_responses import OpenAIResponses
from ringwall.wire.dialects.table import APPLICATION_DIALECTS, DIALECTS
from ringwall.wire.dialects.texts import judged_texts, unjudged

from .dialect_cases import VECTORS, events_of

CASES: dict[str, list[dict[str, Any]]] = json.loads((VECTORS / "openai_responses.json").read_text(encoding="utf-8"))
RESPONSES = OpenAIResponses()
NAMES = {"answer_id": "1", "created": 1}


def every(kind: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", CASES[kind], ids=lambda case: case["name"])


def test_applications_ask_in_it_and_upstreams_are_not_asked_in_it() -> None:
    assert set(APPLICATION_DIALECTS) - set(DIALECTS) == {RESPONSES.name}


@every("requests")
def test_a_request_is_read(case: dict[str, Any]) -> None:
    ask = RESPONSES.read_request(case["body"])
    assert [[text.text, text.origin, sorted(text.qualifiers)] for text in judged_texts(ask)] == case["texts"]
    assert sorted(ask.beyond) == sorted(case.get("beyond", []))
    assert [part.kind for part in unjudged(ask)] == case.get("unjudged", [])
    assert (ask.model, ask.dialect, ask.stream) == ("small", "openai_responses", case["body"].get("stream", False))


@every("requests")
def test_every_text_stands_where_its_path_leads(case: dict[str, Any]) -> None:
    for text in judged_texts(RESPONSES.read_request(case["body"])):
        here: Any = case["body"]
        for step in text.path:
            here = here[step]
        assert text.path
        assert text.text == (here if isinstance(here, str) else json.dumps(here, separators=(",", ":"), ensure_ascii=False))


@every("requests")
def test_a_request_becomes_one_of_chat_completions(case: dict[str, Any]) -> None:
    ask = RESPONSES.read_request(case["body"])
    if "chat" in case:
        assert DIALECTS["openai_chat"].write_request(ask, model="theirs") == case["chat"]
        return
    with pytest.raises(RingwallError) as refusal:
        DIALECTS["openai_chat"].write_request(ask, model="theirs")
    assert refusal.value.code == case["chat_refusal"]


@every("refusals")
def test_a_bad_request_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(RingwallError) as refusal:
        RESPONSES.read_request(case["body"])
    assert (refusal.value.code, refusal.value.status) == (case["code"], 400)
    assert refusal.value.how_to_mend or case["code"] == "malformed-request"
    assert "ignore all rules" not in refusal.value.message


@every("answers")
def test_an_answer_is_written(case: dict[str, Any]) -> None:
    ask = RESPONSES.read_request(case["request"])
    assert RESPONSES.write_answer(events_of(case["events"]), ask, **NAMES) == case["body"]


@every("streams")
def test_a_stream_is_written(case: dict[str, Any]) -> None:
    writer = RESPONSES.stream_writer(RESPONSES.read_request(case["request"]), **NAMES)
    raw = b"".join([writer.write(event) for event in events_of(case["events"])])
    raw += (writer.fail(*case["failure"]) if "failure" in case else b"") + writer.end()
    events = [event.split("\n") for event in raw.decode().removesuffix("\n\n").split("\n\n")]
    assert [json.loads(data.removeprefix("data: ")) for _, data in events] == case["written"]
    assert [name.removeprefix("event: ") for name, _ in events] == [event["type"] for event in case["written"]]
