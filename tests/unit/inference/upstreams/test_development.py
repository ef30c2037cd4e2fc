"""The built-in model: a function of the conversation, in every dialect's form."""

from __future__ import annotations

import ast
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringwall.inference.upstreams.development import respond
from ringwall.inference.upstreams.errors import UpstreamBrokeOff
from ringwall.wire.dialects.model import (
    Ask,
    BlockDelta,
    BlockStart,
    BlockStop,
    Event,
    MessageStart,
    MessageStop,
    Sampling,
    Text,
    Tool,
    ToolResult,
    Turn,
    Usage,
)
from ringwall.wire.dialects.table import DIALECTS

WEATHER = Tool("weather", "Tells the weather.", {"type": "object"})


def asked(text: str, **members: Any) -> Ask:
    return Ask(model="development", turns=(Turn("user", (Text(text, "user"),)),), **members)


def said(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, BlockDelta))


def stop_of(events: list[Event]) -> str:
    return next(event.reason for event in events if isinstance(event, MessageStop))


def test_it_repeats_what_it_is_told() -> None:
    events = list(respond(asked("My card is 4111 1111 1111 1111.")))
    assert said(events) == "My card is 4111 1111 1111 1111."
    assert (stop_of(events), events[-1]) == ("end_turn", Usage(7, 7))


def test_it_writes_code_that_is_code() -> None:
    code = said(list(respond(asked('code that "quotes" \\ and ends'))))
    assert code.startswith("```python\n")
    ast.parse(code.removeprefix("```python\n").removesuffix("```"))


def test_it_calls_a_tool_that_the_request_offers() -> None:
    events = list(respond(asked('call weather {"city": "Lisbon", "days": 3}', tools=(WEATHER,))))
    start = next(event for event in events if isinstance(event, BlockStart))
    assert (start.kind, start.name) == ("tool_use", "weather")
    assert start.tool_use_id
    assert json.loads(said(events)) == {"city": "Lisbon", "days": 3}
    assert stop_of(events) == "tool_use"


@pytest.mark.parametrize("text", ["call weather {]", "call weather [1]", "call thunder {}", "call", "call me"])
def test_it_repeats_a_call_that_is_none(text: str) -> None:
    assert said(list(respond(asked(text, tools=(WEATHER,))))) == text


def test_it_calls_nothing_when_it_may_not() -> None:
    assert stop_of(list(respond(asked("call weather", tools=(WEATHER,), tool_choice="none")))) == "end_turn"


def test_it_tells_what_a_tool_answered() -> None:
    turn = Turn("user", (ToolResult("1", (Text("rain", "tool"), Text("wind", "tool"))),))
    assert said(list(respond(Ask(model="m", turns=(turn,))))) == "The tool answered: rain wind"


def test_it_thinks_aloud_first() -> None:
    events = list(respond(asked("think about walls")))
    assert [event.kind for event in events if isinstance(event, BlockStart)] == ["reasoning", "text"]


def test_it_counts_up_to_a_bound() -> None:
    assert said(list(respond(asked("count 5")))) == "1 2 3 4 5"
    assert said(list(respond(asked("count 999999999")))).endswith(" 10000")


def test_it_fails_when_it_is_told_to() -> None:
    answer = respond(asked("fail"))
    assert said([next(answer), next(answer), next(answer)])
    with pytest.raises(UpstreamBrokeOff):
        next(answer)
    assert said(list(respond(asked("fail safe")))) == "fail safe"


def test_its_answer_ends_where_it_must() -> None:
    events = list(respond(asked("one two three four", sampling=Sampling(max_tokens=2))))
    assert (said(events), stop_of(events)) == ("one two", "max_tokens")
    events = list(respond(asked("one two three four", sampling=Sampling(stop_sequences=("four", "three")))))
    assert (said(events), stop_of(events)) == ("one two ", "stop_sequence")


words = st.text(max_size=200) | st.sampled_from(["call weather {}", "think a", "code b", "count 30", "  code", "call weather"])


@given(words, st.none() | st.integers(0, 5), st.lists(st.text(max_size=3), max_size=2))
def test_any_conversation_has_one_answer_in_good_form(text: str, most: int | None, stops: list[str]) -> None:
    if text.strip().lower() == "fail":
        return
    ask = asked(text, tools=(WEATHER,), sampling=Sampling(max_tokens=most, stop_sequences=tuple(stops)))
    events = list(respond(ask, "development"))
    assert events == list(respond(ask, "development"))
    assert isinstance(events[0], MessageStart)
    assert isinstance(events[-2], MessageStop)
    assert isinstance(events[-1], Usage)
    starts = [event.index for event in events if isinstance(event, BlockStart)]
    assert starts == [event.index for event in events if isinstance(event, BlockStop)] == list(range(len(starts)))


@pytest.mark.parametrize("text", ["hello there", "think about it", 'call weather {"a": 1}', "code it", "count 3"])
@pytest.mark.parametrize("name", DIALECTS)
def test_its_answers_can_be_written_and_read_in_every_dialect(name: str, text: str) -> None:
    ask = asked(text, tools=(WEATHER,), stream=True)
    events = list(respond(ask, "development"))
    writer = DIALECTS[name].stream_writer(ask, answer_id="a", created=0)
    reader = DIALECTS[name].stream_reader()
    written = b"".join(writer.write(event) for event in events) + writer.end()
    read = [*reader.feed(written), *reader.end()]
    assert said(read) == said(events)
    assert stop_of(read) == stop_of(events)
