"""What the dialects refuse for its size, and what they do at the end of a stream."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ringwall.errors import Bug, LimitExceeded
from ringwall.wire.dialects.answer import answer_of
from ringwall.wire.dialects.errors import AnswerTooLarge, MalformedAnswer, Untranslatable
from ringwall.wire.dialects.limits import EVENT_BYTES, MOST_BLOCKS, MOST_PARTS, MOST_STOP_SEQUENCES, MOST_TOOLS
from ringwall.wire.dialects.model import (
    Ask,
    BlockDelta,
    BlockStart,
    BlockStop,
    Event,
    MessageStart,
    MessageStop,
    Reasoning,
    Sampling,
    Text,
    Turn,
    Usage,
)
from ringwall.wire.dialects.table import DIALECTS
from ringwall.wire.errors import MalformedRequest
from ringwall.wire.event_stream import encode_message

CHAT, MESSAGES, CONVERSE = DIALECTS["openai_chat"], DIALECTS["anthropic_messages"], DIALECTS["converse"]
SAID: list[Event] = [MessageStart(), BlockStart(0, "text"), BlockDelta(0, "hi"), BlockStop(0), MessageStop("end_turn"), Usage(1, 2)]
MANY = [{"role": "user", "content": "x"}] * (MOST_PARTS + 1)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("openai_chat", {"model": "m", "messages": MANY}),
        ("anthropic_messages", {"model": "m", "max_tokens": 1, "messages": MANY}),
        ("converse", {"modelId": "m", "messages": [{"role": "user", "content": []}] * (MOST_PARTS + 1)}),
        ("openai_chat", {"model": "m", "messages": [{"role": "user", "content": [{"type": "text", "text": "x"}] * (MOST_PARTS + 1)}]}),
        (
            "anthropic_messages",
            {"model": "m", "max_tokens": 1, "system": [{"type": "text", "text": "x"}] * (MOST_PARTS + 1), "messages": []},
        ),
        ("converse", {"modelId": "m", "messages": [{"role": "user", "content": [{"text": "x"}] * (MOST_PARTS + 1)}]}),
        ("openai_chat", {"model": "m", "messages": [], "tools": [{"type": "function", "function": {"name": "f"}}] * (MOST_TOOLS + 1)}),
        (
            "anthropic_messages",
            {"model": "m", "max_tokens": 1, "messages": [], "tools": [{"name": "f", "input_schema": {}}] * (MOST_TOOLS + 1)},
        ),
        ("converse", {"modelId": "m", "messages": [], "toolConfig": {"tools": [{"toolSpec": {}}] * (MOST_TOOLS + 1)}}),
        ("openai_chat", {"model": "m", "messages": [], "stop": ["x"] * (MOST_STOP_SEQUENCES + 1)}),
        ("anthropic_messages", {"model": "m", "max_tokens": 1, "messages": [], "stop_sequences": ["x"] * (MOST_STOP_SEQUENCES + 1)}),
        ("converse", {"modelId": "m", "messages": [], "inferenceConfig": {"stopSequences": ["x"] * (MOST_STOP_SEQUENCES + 1)}}),
    ],
)
def test_a_request_of_too_many_parts_is_refused(name: str, body: dict[str, Any]) -> None:
    with pytest.raises(LimitExceeded):
        DIALECTS[name].read_request(body)


@pytest.mark.parametrize("name", DIALECTS)
def test_an_answer_of_too_many_blocks_is_refused(name: str) -> None:
    blocks = [(BlockStart(i, "tool_use", f"t{i}", "f"), BlockDelta(i, "{}"), BlockStop(i)) for i in range(MOST_BLOCKS + 1)]
    said: list[Event] = [MessageStart("i", "m"), *(event for block in blocks for event in block), MessageStop("tool_use"), Usage(1, 2)]
    writer = DIALECTS[name].stream_writer(Ask(model="m"), answer_id="i", created=1)
    stream = b"".join([writer.write(event) for event in said]) + writer.end()
    with pytest.raises(AnswerTooLarge):
        DIALECTS[name].stream_reader().feed(stream)
    with pytest.raises(AnswerTooLarge):
        DIALECTS[name].read_answer(DIALECTS[name].write_answer(said, Ask(model="m"), answer_id="i", created=1))


@pytest.mark.parametrize("name", DIALECTS)
def test_an_event_that_is_too_large_is_refused_before_it_is_whole(name: str) -> None:
    head = (EVENT_BYTES + 1).to_bytes(4, "big") + bytes(12) if name == "converse" else b"data: "
    reader = DIALECTS[name].stream_reader()
    with pytest.raises(AnswerTooLarge):
        [reader.feed(chunk) for chunk in (head, *[b"x" * (EVENT_BYTES // 4)] * 5)]


def test_bytes_that_are_no_event_stream_are_no_answer() -> None:
    for stream in (
        b"<html>" + bytes(5) + b"not found",
        bytes(16),
        encode_message({":message-type": "event"}, b"{}"),
        encode_message({}, b""),
    ):
        with pytest.raises(MalformedAnswer):
            CONVERSE.stream_reader().feed(stream)


# -- the end of a stream --


@pytest.mark.parametrize(
    ("name", "status", "word"),
    [
        ("openai_chat", 400, "invalid_request_error"),
        ("openai_chat", 502, "server_error"),
        ("anthropic_messages", 429, "rate_limit_error"),
        ("anthropic_messages", 422, "invalid_request_error"),
        ("anthropic_messages", 502, "api_error"),
        ("converse", 429, "throttlingException"),
        ("converse", 502, "modelStreamErrorException"),
        ("converse", 400, "validationException"),
        ("converse", 500, "internalServerException"),
    ],
)
def test_a_failure_in_the_middle_is_said_and_nothing_follows(name: str, status: int, word: str) -> None:
    writer = DIALECTS[name].stream_writer(Ask(model="m"), answer_id="i", created=1)
    begun = b"".join([writer.write(event) for event in SAID[:3]])
    said = writer.fail("upstream-failed", "the upstream failed", status)
    assert word.encode() in said
    assert b"the upstream failed" in said
    assert b"upstream-failed" in said
    assert writer.end() == b""
    reader = DIALECTS[name].stream_reader()
    reader.feed(begun)
    with pytest.raises(Exception, match="upstream") as refusal:
        reader.feed(said)
    assert refusal.value.code == "upstream-failed"


@pytest.mark.parametrize("asked", [True, False])
def test_openai_says_what_an_answer_cost_only_where_it_was_asked(asked: bool) -> None:
    body = {"model": "m", "messages": [], "stream": True, "stream_options": {"include_usage": asked}}
    ask = CHAT.read_request(body)
    assert CHAT.write_request(ask, model="theirs")["stream_options"] == {"include_usage": True}
    writer = CHAT.stream_writer(ask, answer_id="i", created=1)
    stream = b"".join([writer.write(event) for event in SAID]) + writer.end()
    assert (b'"usage"' in stream) is asked
    assert stream.endswith(b"data: [DONE]\n\n")


def test_a_request_streams_as_it_is_asked_to_now() -> None:
    body = {"model": "m", "messages": [], "stream": True, "stream_options": {"include_usage": True}}
    assert CHAT.write_request(_unstreamed(CHAT.read_request(body)), model="m") == {"model": "m", "messages": [], "stream": False}
    body = {"model": "m", "max_tokens": 1, "messages": [], "stream": True}
    assert MESSAGES.write_request(_unstreamed(MESSAGES.read_request(body)), model="m") == body | {"stream": False}


def _unstreamed(ask: Ask) -> Ask:
    return Ask(**{name: getattr(ask, name) for name in ask.__struct_fields__} | {"stream": False})


# -- what one dialect can say and another cannot --


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("openai_chat", Reasoning("", "c2VhbGVk", sealed=True)),
        ("anthropic_messages", Reasoning("I think")),
    ],
)
def test_reasoning_that_a_dialect_cannot_say_is_refused(name: str, part: Reasoning) -> None:
    ask = Ask(model="m", turns=(Turn("user", (Text("hi", "user"),)), Turn("assistant", (part,))))
    with pytest.raises(Untranslatable, match="reasoning"):
        DIALECTS[name].write_request(ask, model="m")


def test_broken_arguments_are_refused_where_they_have_to_be_an_object() -> None:
    body = {
        "model": "m",
        "messages": [{"role": "assistant", "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": '{"a":1,"a":2}'}}]}],
    }
    for dialect in (MESSAGES, CONVERSE):
        with pytest.raises(Untranslatable, match="arguments"):
            dialect.write_request(CHAT.read_request(body), model="m")
    said = [MessageStart(), BlockStart(0, "tool_use", "t", "f"), BlockDelta(0, '{"a'), BlockStop(0), MessageStop("max_tokens")]
    for dialect in (MESSAGES, CONVERSE):
        with pytest.raises(MalformedAnswer, match="arguments"):
            dialect.write_answer(said, Ask(model="m"), answer_id="i", created=1)
    assert (
        CHAT.write_answer(said, Ask(model="m"), answer_id="i", created=1)["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"]
        == '{"a'
    )


def test_tools_that_are_not_to_be_called_are_refused_for_converse() -> None:
    body = {"model": "m", "messages": [], "tool_choice": "none", "tools": [{"type": "function", "function": {"name": "f"}}]}
    with pytest.raises(Untranslatable, match="not to be called"):
        CONVERSE.write_request(CHAT.read_request(body), model="m")


def test_many_members_beyond_are_named_up_to_a_limit() -> None:
    body = {"model": "m", "messages": []} | {f"x_{number}": 1 for number in range(30)}
    with pytest.raises(Untranslatable, match=r"`x_0`, .*`x_19` and 10 more"):
        MESSAGES.write_request(CHAT.read_request(body), model="m")


def test_a_number_in_a_body_stays_the_number_it_was() -> None:
    body = json.loads('{"model": "m", "messages": [], "temperature": 1, "top_p": 0.1}')
    assert (
        json.dumps(CHAT.write_request(CHAT.read_request(body), model="m"))
        == '{"model": "m", "messages": [], "temperature": 1, "top_p": 0.1}'
    )
    assert json.dumps(CONVERSE.write_request(CHAT.read_request(body), model="m")) == '{"inferenceConfig": {"temperature": 1, "topP": 0.1}}'


@pytest.mark.parametrize(
    "broken",
    [
        SAID[1:],
        SAID[:4],
        [*SAID, SAID[-1]],
        [SAID[0], *SAID],
        [SAID[0], *SAID[2:]],
        [*SAID[:3], *SAID[4:]],
        [SAID[0], BlockStart(1, "text")],
    ],
)
def test_events_out_of_order_are_our_own_mistake(broken: list[Event]) -> None:
    with pytest.raises(Bug):
        answer_of(broken)


# -- what nobody judges has no room for words --


@pytest.mark.parametrize("sequence", ["END", "call 555-1234"])
def test_a_stop_sequence_is_told_only_where_it_was_asked_for(sequence: str) -> None:
    ask = Ask(model="m", sampling=Sampling(stop_sequences=("END",)))
    said = [MessageStart(), MessageStop("stop_sequence", sequence)]
    told = sequence if sequence == "END" else None
    assert MESSAGES.write_answer(said, ask, answer_id="i", created=1)["stop_sequence"] == told
    writer = MESSAGES.stream_writer(ask, answer_id="i", created=1)
    stream = b"".join([writer.write(event) for event in said]) + writer.end()
    assert (sequence.encode() in stream) is (told is not None)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("anthropic_messages", {"type": "thinking", "thinking": "", "signature": "call 555-1234"}),
        ("anthropic_messages", {"type": "redacted_thinking", "data": "bob@example.com"}),
        ("converse", {"reasoningContent": {"reasoningText": {"text": "", "signature": "call 555-1234"}}}),
        ("converse", {"reasoningContent": {"redactedContent": "bob@example.com"}}),
        ("anthropic_messages", {"type": "tool_use", "id": "call 555", "name": "f", "input": {}}),
        ("converse", {"toolUse": {"toolUseId": "t", "name": "call 555", "input": {}}}),
    ],
)
def test_signatures_and_names_are_no_place_for_words(name: str, content: dict[str, Any]) -> None:
    answer = {"content": [content], "stop_reason": "end_turn"}
    if name == "converse":
        answer = {"output": {"message": {"role": "assistant", "content": [content]}}, "stopReason": "end_turn"}
    with pytest.raises(MalformedAnswer):
        DIALECTS[name].read_answer(answer)
    with pytest.raises(MalformedRequest):
        DIALECTS[name].read_request(
            {"model": "m", "modelId": "m", "max_tokens": 1, "messages": [{"role": "assistant", "content": [content]}]}
        )
