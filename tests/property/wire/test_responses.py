"""What holds of Responses: an answer is told the same however it came; a question reaches every upstream; no word of one is overlooked."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringwall.errors import CallerError
from ringwall.wire.dialects.answer import Answer, Block, events_of
from ringwall.wire.dialects.errors import Untranslatable
from ringwall.wire.dialects.model import Ask, Text, ToolResult, ToolUse
from ringwall.wire.dialects.openai_responses import OpenAIResponses
from ringwall.wire.dialects.table import DIALECTS
from ringwall.wire.dialects.texts import judged_texts, replace_texts, unjudged
from tests.conformance.wire.test_responses import CASES

from .conversations import answers, arguments, asks, bare, events, pieces, some_words
from .responses_reader import read_answer, read_events, read_stream
from .test_dialects import CANARY, READ_BY_NO_MODEL, leaves, with_canary

RESPONSES = OpenAIResponses()
REQUESTS = [case["body"] for case in CASES["requests"]]
UPSTREAMS = tuple(DIALECTS)
UNFINISHED = {
    "max_tokens": "max_tokens",
    "model_context_window_exceeded": "max_tokens",
    "guardrail_intervened": "content_filtered",
    "content_filtered": "content_filtered",
}


def sayable(answer: Answer) -> Answer:
    """Return what is left of an answer: the losses that docs/wire/dialects.md lists, and no other."""
    assert answer.usage is not None
    return Answer(
        id=answer.id,
        model=answer.model,
        blocks=answer.blocks,
        reason=UNFINISHED.get(answer.reason, "end_turn"),
        usage=type(answer.usage)(
            answer.usage.input_tokens, answer.usage.output_tokens, answer.usage.cache_read_tokens, answer.usage.cache_write_tokens
        ),
    )


# -- answers --


@given(data=st.data())
def test_a_stream_says_what_the_whole_answer_says_however_its_deltas_are_cut(data: st.DataObject) -> None:
    answer = data.draw(answers())
    ask, said = Ask(model=answer.model), data.draw(events(answer))
    whole = RESPONSES.write_answer(said, ask, answer_id=answer.id, created=1)
    writer = RESPONSES.stream_writer(ask, answer_id=answer.id, created=1)
    last = read_stream(b"".join([writer.write(event) for event in said]) + writer.end())
    assert last == json.loads(json.dumps(whole))
    assert read_answer(last) == sayable(answer)


@given(data=st.data())
def test_what_an_upstream_streamed_in_any_pieces_is_told_in_the_same_answer(data: st.DataObject) -> None:
    name, answer = data.draw(st.sampled_from(UPSTREAMS)), data.draw(answers())
    upstream = DIALECTS[name].stream_writer(
        Ask(model="m", dialect=name, body={"stream_options": {"include_usage": True}}), answer_id="i", created=1
    )
    stream = b"".join([upstream.write(event) for event in data.draw(events(answer))]) + upstream.end()
    told = []
    for chunks in ([stream], data.draw(pieces(stream)), [stream[at : at + 1] for at in range(len(stream))]):
        reader = DIALECTS[name].stream_reader()
        found = [event for chunk in chunks for event in reader.feed(chunk)] + reader.end()
        writer = RESPONSES.stream_writer(Ask(model="m"), answer_id="i", created=1)
        told.append(b"".join([writer.write(event) for event in found]) + writer.end())
    assert told[0] == told[1] == told[2]
    read_stream(told[0])


@given(data=st.data())
def test_a_stream_that_fails_anywhere_says_so_last(data: st.DataObject) -> None:
    said = data.draw(events(data.draw(answers())))
    at = data.draw(st.integers(0, len(said) - 1))
    writer = RESPONSES.stream_writer(Ask(model="m"), answer_id="i", created=1)
    stream = b"".join([writer.write(event) for event in said[:at]])
    stream += writer.fail("upstream-failed", "the upstream failed", 502) + writer.end()
    *_, error, failed = read_events(stream)
    assert (error["type"], error["code"], error["error"]["message"]) == ("error", "upstream-failed", "the upstream failed")
    assert (failed["type"], failed["response"]["status"]) == ("response.failed", "failed")
    assert failed["response"]["error"] == {"code": "server_error", "message": "the upstream failed"}


# -- requests --


def items_of(ask: Ask) -> list[dict[str, Any]]:
    """Say the turns of a question as items."""
    items: list[dict[str, Any]] = []
    for turn in ask.turns:
        for part in turn.parts:
            if isinstance(part, ToolUse):
                items.append({"type": "function_call", "call_id": part.id, "name": part.name, "arguments": part.arguments})
            elif isinstance(part, ToolResult):
                output = [{"type": "input_text", "text": text.text} for text in part.content if isinstance(text, Text)]
                items.append({"type": "function_call_output", "call_id": part.id, "output": output})
            else:
                assert isinstance(part, Text)
                kind = "input_text" if turn.role == "user" else "output_text"
                items.append({"type": "message", "role": turn.role, "content": [{"type": kind, "text": part.text}]})
    return items


def body_of(ask: Ask) -> dict[str, Any]:
    """Say a question as an application of Responses does; it has no stop sequences."""
    instructions = [{"role": "developer", "content": part.text} for part in ask.system if isinstance(part, Text)]
    choice = ask.tool_choice
    body = {
        "model": "m",
        "input": instructions + items_of(ask),
        "max_output_tokens": ask.sampling.max_tokens,
        "temperature": ask.sampling.temperature,
        "top_p": ask.sampling.top_p,
        "tool_choice": {"type": "function", "name": choice[5:]} if choice.startswith("tool:") else {"any": "required"}.get(choice, choice),
        "tools": [
            {"type": "function", "name": tool.name, "description": tool.description, "parameters": tool.schema, "strict": tool.strict}
            for tool in ask.tools
        ],
        "stream": ask.stream,
    }
    return {name: value for name, value in body.items() if value != ""}


@given(ask=asks(), data=st.data())
def test_a_question_reaches_every_upstream_and_says_the_same(ask: Ask, data: st.DataObject) -> None:
    asked = RESPONSES.read_request(body_of(ask))
    told = bare(asked)
    assert isinstance(told, tuple)
    assert told[:4] == bare(ask)[:4]  # type: ignore[index]
    assert (asked.sampling.max_tokens, asked.sampling.temperature) == (ask.sampling.max_tokens, ask.sampling.temperature)
    for name in UPSTREAMS:
        body = json.loads(json.dumps(DIALECTS[name].write_request(asked, model="m")))
        there = DIALECTS[name].read_request(body, model="m")
        assert bare(there) == told
        assert bool(body.get("stream")) is (ask.stream and name != "converse")


@pytest.mark.parametrize("body", REQUESTS, ids=[case["name"] for case in CASES["requests"]])
def test_what_an_upstream_cannot_be_told_is_refused_by_name(body: dict[str, Any]) -> None:
    ask = RESPONSES.read_request(body)
    for name in UPSTREAMS:
        alike = {"text.format", "text.verbosity", "reasoning.effort", "parallel_tool_calls", "user", "safety_identifier", "service_tier"}
        lost = [member for member in ask.beyond if name != "openai_chat" or member not in alike]
        refused = ""
        try:
            DIALECTS[name].write_request(ask, model="m")
        except Untranslatable as refusal:
            refused = refusal.message
        assert all(f"`{member}`" in refused for member in lost)
        assert bool(refused) is bool(lost or unjudged(ask) or "reasoning" in refused)


@given(data=st.data())
def test_changed_texts_stand_in_the_question_and_in_what_an_upstream_gets(data: st.DataObject) -> None:
    ask = RESPONSES.read_request(data.draw(st.sampled_from(REQUESTS)))
    before = judged_texts(ask)
    plain = [index for index, text in enumerate(before) if not text.text.startswith(("{", "["))]
    changed = {index: data.draw(some_words) for index in (data.draw(st.sets(st.sampled_from(plain))) if plain else ())}
    new = replace_texts(ask, changed)
    expected = [changed.get(index, text.text) for index, text in enumerate(before)]
    assert [text.text for text in judged_texts(new)] == expected
    assert [text.text for text in judged_texts(RESPONSES.read_request(new.body))] == expected


def test_a_schema_that_was_masked_goes_on_masked() -> None:
    ask = RESPONSES.read_request(next(case["body"] for case in CASES["requests"] if "chat completions have too" in case["name"]))
    (index,) = [number for number, text in enumerate(judged_texts(ask)) if "say so" in text.text]
    masked = judged_texts(ask)[index].text.replace("say so", "{NAME}")
    sent = DIALECTS["openai_chat"].write_request(replace_texts(ask, {index: masked}), model="m")
    assert sent["response_format"]["json_schema"]["schema"]["description"] == "{NAME}"
    assert "say so" not in json.dumps(sent)


@given(said=arguments(), name=st.sampled_from(["", "c2ln"]), words=some_words)
def test_what_was_answered_can_be_sent_back_and_is_read_as_it_was_meant(said: str, name: str, words: str) -> None:
    blocks = (
        Block("reasoning", words, name),
        Block("text", words),
        Block("tool_use", said, tool_use_id="call_1", name="f"),
    )
    answer = Answer(blocks=blocks, reason="tool_use")
    body = RESPONSES.write_answer(events_of(answer), Ask(model="m"), answer_id="i", created=1)
    again = [*body["output"], {"type": "function_call_output", "call_id": "call_1", "output": "done"}]
    ask = RESPONSES.read_request({"model": "m", "input": [{"role": "user", "content": "go"}, *again]})
    _, assistant, result = ask.turns
    thought, text, call = assistant.parts
    assert (thought.text, thought.opaque, text.text, call.arguments) == (words, name, words, said)  # type: ignore[union-attr]
    assert isinstance(result.parts[0], ToolResult)
    assert not ask.beyond


# -- no word overlooked, and nothing that is not an error of ours --


def test_every_string_of_a_request_is_judged_or_refused_or_said_not_to_be_judged() -> None:
    judged = 0
    for body in REQUESTS:
        for path in leaves(body):
            if ((READ_BY_NO_MODEL | {"metadata"}) - {"role", "type", "status"}) & set(path[:1]):
                continue
            try:
                ask = RESPONSES.read_request(with_canary(body, path))
            except CallerError:
                continue  # a name, a type: it has no room for prose
            hidden = any(path[: len(part.path)] == part.path for part in unjudged(ask))
            assert hidden or any(CANARY in text.text for text in judged_texts(ask)), path
            judged += not hidden
    assert judged >= 20


def test_a_member_that_nobody_knows_is_judged_wherever_it_stands() -> None:
    for body in REQUESTS:
        for path in list(leaves(body)):
            copy = json.loads(json.dumps(body))
            here = copy
            for step in path[:-1]:
                here = here[step]
            if not isinstance(here, dict) or "metadata" in path:
                continue
            here["x_future"] = {"deep": [CANARY]}
            ask = RESPONSES.read_request(copy)
            hidden = any(path[: len(part.path)] == part.path for part in unjudged(ask))
            assert hidden or any(CANARY in text.text for text in judged_texts(ask)), path


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | some_words,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "text", "content", "role", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(data=st.data())
def test_odd_input_is_read_or_refused_with_an_error_of_the_caller(data: st.DataObject) -> None:
    body = json.loads(json.dumps(data.draw(st.sampled_from(REQUESTS))))
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(list(nodes(body))))
        here: Any = body
        for step in path[:-1]:
            here = here[step]
        here[path[-1]] = data.draw(json_values)
    try:
        ask = RESPONSES.read_request(body)
        for name in UPSTREAMS:
            DIALECTS[name].write_request(ask, model="m")
    except CallerError as refusal:
        assert refusal.message  # noqa: PT017 -- both ends are right; anything else raised is what we look for


def nodes(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found = [path] if path else []
    for step, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        found += nodes(item, (*path, step))
    return found
