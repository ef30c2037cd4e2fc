"""What holds of every dialect: however bytes are cut, the same events; what is written is what was read; no word of a request is overlooked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringwall.errors import RingwallError
from ringwall.wire.dialects.answer import Answer, Block, answer_of, events_of
from ringwall.wire.dialects.errors import MalformedAnswer, Unmaskable, Untranslatable
from ringwall.wire.dialects.model import Ask, Event, MessageStop, Reasoning, Sampling
from ringwall.wire.dialects.table import DIALECTS
from ringwall.wire.dialects.texts import judged_texts, replace_texts, unjudged
from tests.conformance.wire.dialect_cases import NAMES, bytes_of, cases

from .conversations import answers, arguments, asks, bare, events, pieces, sayable, some_words

ALL = pytest.mark.parametrize("name", NAMES)
REQUESTS = cases("requests")


def streamed(name: str, said: list[Event], answer_id: str, model: str) -> bytes:
    stop = Sampling(stop_sequences=tuple(event.stop_sequence for event in said if isinstance(event, MessageStop)))
    ask = Ask(model=model, dialect=name, sampling=stop, body={"stream_options": {"include_usage": True}})
    writer = DIALECTS[name].stream_writer(ask, answer_id=answer_id, created=1)
    return b"".join([writer.write(event) for event in said]) + writer.end()


def read(name: str, chunks: list[bytes]) -> list[Event]:
    reader = DIALECTS[name].stream_reader()
    found = [event for chunk in chunks for event in reader.feed(chunk)]
    return found + reader.end()


# -- answers --


@ALL
@given(data=st.data())
def test_events_become_a_stream_and_events_again_but_for_what_the_dialect_cannot_say(name: str, data: st.DataObject) -> None:
    answer = data.draw(answers())
    said = data.draw(events(answer))
    found = read(name, data.draw(pieces(streamed(name, said, answer.id, answer.model))))
    assert answer_of(found) == sayable(answer, name)


@ALL
@given(data=st.data())
def test_any_cut_of_a_streams_bytes_gives_the_same_events(name: str, data: st.DataObject) -> None:
    stream = data.draw(st.sampled_from([bytes_of(case) for dialect, case in cases("streams") if dialect == name]))
    whole = read(name, [stream])
    assert read(name, data.draw(pieces(stream))) == whole
    assert whole


@ALL
def test_every_single_cut_and_every_byte_alone(name: str) -> None:
    for dialect, case in cases("streams"):
        if dialect == name:
            for stream in {bytes_of(case, line_end) for line_end in ("\n", "\r\n", "\r")}:
                whole = read(name, [stream])
                assert all(read(name, [stream[:at], stream[at:]]) == whole for at in range(len(stream) + 1))
                assert read(name, [stream[at : at + 1] for at in range(len(stream))]) == whole


@ALL
@given(data=st.data())
def test_a_stream_cut_short_is_never_taken_for_whole(name: str, data: st.DataObject) -> None:
    answer = data.draw(answers())
    stream = streamed(name, events_of(answer), answer.id, answer.model)
    at = data.draw(st.integers(0, len(stream)))
    reader = DIALECTS[name].stream_reader()
    found = reader.feed(stream[:at])
    if any(isinstance(event, MessageStop) for event in found):  # only what an answer cost may be missing
        assert answer_of(found + reader.end()).blocks == sayable(answer, name).blocks
    else:
        with pytest.raises(MalformedAnswer):
            reader.end()


@ALL
@given(data=st.data())
def test_a_whole_answer_is_written_and_read_again_but_for_what_the_dialect_cannot_say(name: str, data: st.DataObject) -> None:
    answer = data.draw(answers())
    ask = Ask(model=answer.model, sampling=Sampling(stop_sequences=(answer.stop_sequence,)))
    body = DIALECTS[name].write_answer(data.draw(events(answer)), ask, answer_id=answer.id, created=1)
    sent = msgspec.json.decode(msgspec.json.encode(body))
    assert answer_of(DIALECTS[name].read_answer(sent)) == sayable(answer, name, whole=True)


@given(said=arguments())
def test_arguments_are_the_same_however_they_are_sent(said: str) -> None:
    block = Block("tool_use", said, tool_use_id="t", name="f")
    said_so = events_of(Answer(blocks=(block,), reason="tool_use"))
    for name in NAMES:
        body = DIALECTS[name].write_answer(said_so, Ask(model="m"), answer_id="i", created=1)
        for found in (read(name, [streamed(name, said_so, "i", "m")]), DIALECTS[name].read_answer(body)):
            assert answer_of(found).blocks == (block,)


# -- requests --


def sent_on(name: str, body: dict[str, Any]) -> dict[str, Any]:
    """The body that an upstream of the same dialect gets."""
    if name == "converse":
        return {member: value for member, value in body.items() if member not in {"modelId", "guardrailConfig"}}
    return body | {"model": "theirs"}


@pytest.mark.parametrize(("name", "case"), REQUESTS, ids=[f"{name}: {case['name']}" for name, case in REQUESTS])
def test_a_request_sent_on_in_its_dialect_is_the_same(name: str, case: dict[str, Any]) -> None:
    before = json.dumps(case["body"])
    ask = DIALECTS[name].read_request(case["body"])
    assert DIALECTS[name].write_request(ask, model="theirs") == sent_on(name, case["body"])
    assert json.dumps(case["body"]) == before


@ALL
@given(ask=asks())
def test_a_request_goes_through_every_dialect_and_says_the_same(name: str, ask: Ask) -> None:
    first = DIALECTS[name].read_request(json.loads(json.dumps(DIALECTS[name].write_request(ask, model="m"))), model="m")
    assert bare(first) == bare(ask)
    for other in NAMES:
        body = json.loads(json.dumps(DIALECTS[other].write_request(first, model="m")))
        assert bare(DIALECTS[other].read_request(body, model="m")) == bare(ask)
        if other == name:
            assert body == sent_on(name, first.body) | ({} if name == "converse" else {"model": "m"})


@pytest.mark.parametrize(("name", "case"), REQUESTS, ids=[f"{name}: {case['name']}" for name, case in REQUESTS])
def test_what_another_dialect_cannot_say_is_refused_by_name(name: str, case: dict[str, Any]) -> None:
    ask = DIALECTS[name].read_request(case["body"])
    unsayable = [*ask.beyond, *(f"a part of the kind {part.kind}" for part in unjudged(ask))]
    for other in NAMES:
        if other == name:
            continue
        if unsayable or _has_unsayable_reasoning(ask, other):
            with pytest.raises(Untranslatable) as refusal:
                DIALECTS[other].write_request(ask, model="m")
            assert all(f"`{member}`" in refusal.value.message for member in unsayable)
            assert unsayable or "reasoning" in refusal.value.message
            continue
        body = DIALECTS[other].write_request(ask, model="m")
        told = [text.text for text in judged_texts(DIALECTS[other].read_request(json.loads(msgspec.json.encode(body)), model="m"))]
        assert sorted(map(_compact, told)) == sorted(_compact(text.text) for text in judged_texts(ask))


def _has_unsayable_reasoning(ask: Ask, other: str) -> bool:
    thoughts = [part for turn in ask.turns for part in turn.parts if isinstance(part, Reasoning)]
    sealed, unsigned = any(part.sealed for part in thoughts), any(not part.opaque for part in thoughts)
    return {"openai_chat": sealed, "anthropic_messages": unsigned, "converse": False}[other]


def _compact(text: str) -> str:
    try:
        return json.dumps(json.loads(text), separators=(",", ":"))
    except ValueError:
        return text


@given(data=st.data())
def test_changed_texts_stand_in_the_request_and_in_its_body_and_nothing_else_changes(data: st.DataObject) -> None:
    name, case = data.draw(st.sampled_from(REQUESTS))
    ask = DIALECTS[name].read_request(case["body"])
    before = judged_texts(ask)
    chosen = data.draw(st.sets(st.integers(0, len(before) - 1))) if before else set()
    new_words = {index: data.draw(some_words) for index in chosen if not before[index].text.startswith("[")}
    new_words |= {index: "{MASK}" for index in new_words if before[index].path[-1] in {"name", "type", "prompt_cache_key"}}
    changed = {index: json.dumps({"new": text}) if before[index].text.startswith("{") else text for index, text in new_words.items()}
    new = replace_texts(ask, changed)
    expected = [changed.get(index, text.text) for index, text in enumerate(before)]
    assert [_compact(text.text) for text in judged_texts(new)] == [_compact(text) for text in expected]
    again = DIALECTS[name].read_request(new.body)
    assert [_compact(text.text) for text in judged_texts(again)] == [_compact(text) for text in expected]
    assert (again.beyond, unjudged(again)) == (ask.beyond, unjudged(ask))
    assert DIALECTS[name].write_request(new, model="theirs") == sent_on(name, new.body)


def test_a_text_that_has_to_be_json_and_is_none_any_more_is_refused() -> None:
    body = {
        "modelId": "m",
        "messages": [{"role": "user", "content": [{"toolResult": {"toolUseId": "t", "content": [{"json": {"card": 4111111111111111}}]}}]}],
    }
    ask = DIALECTS["converse"].read_request(body)
    for text in ('{"card":{CREDIT_DEBIT_CARD_NUMBER}}', "[1]", '"x"', "", '{"a":1,"a":2}'):
        with pytest.raises(Unmaskable):
            replace_texts(ask, {0: text})


# -- no word overlooked --

CANARY = "a canary sings"
READ_BY_NO_MODEL = {
    *("model", "modelId", "role", "type", "format", "status"),
    *("guardrailConfig", "guardrailVersion"),
}
"""Members that no model reads as words, by name: the list that the dialects keep to, and this test with them."""


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from leaves(item, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, (*path, index))
    elif isinstance(value, str):
        yield path


def with_canary(body: dict[str, Any], path: tuple[str | int, ...]) -> dict[str, Any]:
    copy = json.loads(json.dumps(body))
    here = copy
    for step in path[:-1]:
        here = here[step]
    here[path[-1]] = CANARY
    return copy


@ALL
def test_every_string_of_a_request_is_judged_or_refused_or_said_not_to_be_judged(name: str) -> None:
    judged = 0
    for dialect, case in REQUESTS:
        for path in leaves(case["body"]) if dialect == name else ():
            if READ_BY_NO_MODEL & set(path):
                continue
            try:
                ask = DIALECTS[name].read_request(with_canary(case["body"], path))
            except RingwallError:
                continue  # a name, a type: it has no room for prose
            hidden = any(path[: len(part.path)] == part.path for part in unjudged(ask))
            assert hidden or any(CANARY in text.text for text in judged_texts(ask)), path
            judged += not hidden
    assert judged >= 20


@ALL
def test_a_member_that_nobody_knows_is_judged_wherever_it_stands(name: str) -> None:
    for dialect, case in REQUESTS:
        for path in list(leaves(case["body"])) if dialect == name else ():
            copy = json.loads(json.dumps(case["body"]))
            here = copy
            for step in path[:-1]:
                here = here[step]
            if not isinstance(here, dict) or READ_BY_NO_MODEL & set(path[:-1]):
                continue
            here["x_future"] = {"deep": [CANARY]}
            try:
                ask = DIALECTS[name].read_request(copy)
            except RingwallError:
                continue  # a union takes one member
            hidden = any(path[: len(part.path)] == part.path for part in unjudged(ask))
            assert hidden or any(CANARY in text.text for text in judged_texts(ask)), path


@pytest.mark.parametrize(
    "hint", [CANARY, {"type": "ephemeral", "note": CANARY}, {CANARY: 1}, {"type": "ephemeral", "more": {"a": [CANARY]}}, [CANARY]], ids=str
)
@pytest.mark.parametrize("place", ["tools", "system", "body"])
def test_what_calls_itself_a_cache_hint_and_has_room_for_prose_is_judged(place: str, hint: Any) -> None:
    tool = {"type": "function", "function": {"name": "t"}}
    body: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}], "tools": [tool]}
    where = {"tools": tool, "system": body["messages"][0]["content"][0], "body": body}[place]
    where["cache_control"] = hint
    assert any(CANARY in text.text for text in judged_texts(DIALECTS["openai_chat"].read_request(body)))
    where["cache_control"] = {"type": "ephemeral", "ttl": "5m"}
    ask = DIALECTS["openai_chat"].read_request(body)
    assert [text.text for text in judged_texts(ask)] == ["hi"]
    assert ask.beyond == ()
