"""The dialects' own vectors; Converse also against botocore's model and its event streams. aws = modelled: botocore is the other side, not AWS."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from botocore.eventstream import EventStreamBuffer
from botocore.parsers import create_parser
from botocore.session import get_session

from ringwall.errors import RingwallError
from ringwall.wire import encode_event, load_service
from ringwall.wire.dialects.converse import ConverseStreamWriter
from ringwall.wire.dialects.model import Ask, Sampling
from ringwall.wire.dialects.table import DIALECTS
from ringwall.wire.dialects.texts import judged_texts, unjudged

from .dialect_cases import NAMES, bytes_of, cases, events_of, ids

STOP = Sampling(stop_sequences=("END",))


def test_every_dialect_has_vectors() -> None:
    assert sorted(DIALECTS) == sorted(NAMES)
    assert [dialect.name for dialect in DIALECTS.values()] == list(DIALECTS)


@pytest.mark.parametrize(("name", "case"), cases("requests"), ids=ids("requests"))
def test_a_request_is_read(name: str, case: dict[str, Any]) -> None:
    ask = DIALECTS[name].read_request(case["body"])
    assert [[text.text, text.origin, sorted(text.qualifiers)] for text in judged_texts(ask)] == case["texts"]
    assert sorted(ask.beyond) == sorted(case.get("beyond", []))
    assert [part.kind for part in unjudged(ask)] == case.get("unjudged", [])
    assert (ask.model, ask.dialect) == ("small", name)


@pytest.mark.parametrize(("name", "case"), cases("requests"), ids=ids("requests"))
def test_every_text_stands_where_its_path_leads(name: str, case: dict[str, Any]) -> None:
    ask = DIALECTS[name].read_request(case["body"])
    for text in judged_texts(ask):
        here: Any = case["body"]
        for step in text.path:
            here = here[step]
        assert text.path
        assert text.text == (here if isinstance(here, str) else json.dumps(here, separators=(",", ":"), ensure_ascii=False))


@pytest.mark.parametrize(("name", "case"), cases("refusals"), ids=ids("refusals"))
def test_a_bad_request_is_refused(name: str, case: dict[str, Any]) -> None:
    with pytest.raises(RingwallError) as refusal:
        DIALECTS[name].read_request(case["body"])
    assert (refusal.value.code, refusal.value.status) == (case["code"], 400)


@pytest.mark.parametrize(("name", "case"), cases("answers"), ids=ids("answers"))
def test_an_answer_is_read_and_written(name: str, case: dict[str, Any]) -> None:
    dialect = DIALECTS[name]
    events = events_of(case["events"])
    assert dialect.read_answer(case["body"]) == events
    written = dialect.write_answer(
        events, Ask(model=case["body"].get("model", ""), sampling=STOP), answer_id=case["body"].get("id", ""), created=1
    )
    assert dialect.read_answer(written) == events


@pytest.mark.parametrize(("name", "case"), cases("bad_answers"), ids=ids("bad_answers"))
def test_a_bad_answer_is_refused_and_not_repeated(name: str, case: dict[str, Any]) -> None:
    with pytest.raises(RingwallError) as refusal:
        DIALECTS[name].read_answer(case["body"])
    assert (refusal.value.code, refusal.value.status) == (case["code"], 502)
    assert refusal.value.how_to_mend
    assert "secret words" not in refusal.value.message


@pytest.mark.parametrize(("name", "case"), cases("streams"), ids=ids("streams"))
def test_a_stream_is_read_and_written(name: str, case: dict[str, Any]) -> None:
    dialect = DIALECTS[name]
    events = events_of(case["events"])
    for line_end in ("\n", "\r\n", "\r"):
        reader = dialect.stream_reader()
        assert [*reader.feed(bytes_of(case, line_end)), *reader.end()] == events
    ask = Ask(model=getattr(events[0], "model", ""), dialect=name, sampling=STOP, body={"stream_options": {"include_usage": True}})
    writer = dialect.stream_writer(ask, answer_id=getattr(events[0], "id", ""), created=1)
    written = b"".join([writer.write(event) for event in events]) + writer.end()
    reader = dialect.stream_reader()
    again = [*reader.feed(written), *reader.end()]
    assert again[: len(events)] == events  # a dialect that must say a usage says one where none is known


@pytest.mark.parametrize(("name", "case"), cases("bad_streams"), ids=ids("bad_streams"))
def test_a_bad_stream_is_refused_and_not_repeated(name: str, case: dict[str, Any]) -> None:
    """It is refused where it is bad; `late` is what only its end shows."""
    reader = DIALECTS[name].stream_reader()
    if case.get("late"):
        reader.feed(bytes_of(case))
    with pytest.raises(RingwallError) as refusal:
        reader.end() if case.get("late") else reader.feed(bytes_of(case))
    assert (refusal.value.code, refusal.value.status) == (case["code"], 502)
    assert "secret words" not in refusal.value.message


# -- Converse, beside botocore --


@pytest.mark.parametrize("case", [case for name, case in cases("streams") if name == "converse"], ids=lambda case: case["name"])
def test_botocore_reads_what_the_stream_writer_writes(case: dict[str, Any]) -> None:
    model = get_session().get_service_model("bedrock-runtime").operation_model("ConverseStream")
    shape = model.output_shape.members["stream"]
    buffer, writer = EventStreamBuffer(), ConverseStreamWriter()
    buffer.add_data(b"".join([writer.write(event) for event in events_of(case["events"])]) + writer.end())
    parser = create_parser("rest-json")
    read = [parser._event_stream_parser.parse(message.to_response_dict(), shape) for message in buffer]
    said = [(next(iter(event)), next(iter(event.values()))) for event in read]
    assert said[0] == ("messageStart", {"role": "assistant"})
    assert ("contentBlockDelta", {"delta": {"reasoningContent": {"redactedContent": b"sealed"}}, "contentBlockIndex": 1}) in said
    assert said[-2:] == [
        ("messageStop", {"stopReason": "tool_use"}),
        ("metadata", {"usage": {"inputTokens": 2, "outputTokens": 3, "totalTokens": 5}, "metrics": {"latencyMs": 7}}),
    ]


def test_the_stream_writer_frames_as_the_model_of_the_service_does() -> None:
    service = load_service("bedrock-runtime")
    operation = service.operation("ConverseStream")
    case = next(case for name, case in cases("streams") if name == "converse")
    writer = ConverseStreamWriter()
    for event in events_of(case["events"]):
        for name, payload in writer.payloads(event):
            assert writer.frame(name, payload) == encode_event(service, operation, name, payload)


def test_what_converse_sees_as_bytes_and_as_base64_is_one_thing() -> None:
    case = next(
        case
        for _, case in cases("requests")
        if case["name"].startswith("tools called and answered, reasoning with a signature and sealed") and "modelId" in case["body"]
    )
    body = json.loads(json.dumps(case["body"]))
    body["messages"][1]["content"][1]["reasoningContent"]["redactedContent"] = base64.b64decode("c2VhbGVk")
    assert DIALECTS["converse"].read_request(body).turns == DIALECTS["converse"].read_request(case["body"]).turns
