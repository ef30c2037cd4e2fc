"""Tokens: what was said, else an estimate that is marked as one."""

from __future__ import annotations

import json

import pytest

from ringwall.inference.upstreams.counting import Tally
from ringwall.wire.dialects.model import Ask, BlockDelta, BlockStart, Reasoning, Text, Tool, ToolResult, ToolUse, Turn, Usage
from ringwall.wire.dialects.table import DIALECTS

ASK = Ask(
    model="m",
    system=(Text("s" * 8, "system"),),
    turns=(
        Turn("user", (Text("é" * 4, "user"),)),
        Turn("assistant", (Reasoning("r" * 4), ToolUse("1", "tool", '{"a": 1}'))),
        Turn("user", (ToolResult("1", (Text("t" * 8, "tool"),)),)),
    ),
    tools=(Tool("tool", "does", {}),),
)


def test_nothing_that_was_not_sent_costs_anything() -> None:
    assert Tally(ASK).counted.input_tokens == 0
    assert not Tally(ASK).counted.estimated


def test_everything_with_words_is_counted() -> None:
    tally = Tally(ASK, sent=True)
    # bytes: 8 + 8 + 4 + 4 + 8 + 8, and the tool's 4 + 4 + 2; four messages at 4 tokens
    assert tally.counted.input_tokens == -(-50 // 4) + 16
    tally.note(BlockStart(0, "tool_use", name="four"))
    tally.note(BlockDelta(0, "x" * 9))
    tally.note(BlockDelta(0, "", opaque="y" * 4))
    assert (tally.counted.output_tokens, tally.counted.estimated) == (5, True)


def test_what_the_upstream_says_counts() -> None:
    tally = Tally(ASK, sent=True)
    tally.note(BlockDelta(0, "x" * 900))
    tally.note(Usage(11, 22))
    assert (tally.counted.input_tokens, tally.counted.output_tokens, tally.counted.estimated) == (11, 22, False)


def test_an_estimate_is_no_less_than_what_the_upstream_has_said_of_the_question() -> None:
    tally = Tally(ASK, sent=True)
    tally.input_is(500_000)
    tally.input_is(0)
    assert (tally.counted.input_tokens, tally.counted.estimated) == (500_000, True)


MESSAGE_START = {"type": "message_start", "message": {"id": "a", "model": "m", "usage": {"input_tokens": 4, "cache_read_input_tokens": 30}}}
CHUNK = {"id": "a", "choices": [{"index": 0, "delta": {"content": "x"}}], "usage": {"prompt_tokens": 34, "completion_tokens": 1}}


@pytest.mark.parametrize(
    ("dialect", "beginning"),
    [
        ("anthropic_messages", f"event: message_start\ndata: {json.dumps(MESSAGE_START)}\n\n"),
        ("openai_chat", f"data: {json.dumps(CHUNK)}\n\n"),
    ],
)
def test_readers_tell_what_a_stream_says_of_the_question_before_it_ends(dialect: str, beginning: str) -> None:
    reader = DIALECTS[dialect].stream_reader()
    assert reader.input_tokens == 0
    reader.feed(beginning.encode())
    assert reader.input_tokens == 34
