"""A dialect with as little in it as an upstream's can have, so that these tests are about the way and not about the words.

A stream is lines of JSON: text, or a number of tokens that ends the answer. A whole answer is the same in one object.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ringwall.wire.dialects.errors import MalformedAnswer
from ringwall.wire.dialects.model import Ask, BlockDelta, BlockStart, BlockStop, Event, MessageStart, MessageStop, Text, Turn, Usage


def question(text: str = "a question", *, stream: bool = True, model: str = "m") -> Ask:
    """One user turn."""
    return Ask(model=model, turns=(Turn("user", (Text(text, "user"),)),), stream=stream, dialect="tiny")


def line(value: str | int) -> bytes:
    """One event of a stream."""
    return json.dumps(value).encode() + b"\n"


class TinyReader:
    """Lines to events."""

    def __init__(self) -> None:
        self.rest = b""
        self.begun = False
        self.done = False

    @property
    def input_tokens(self) -> int:
        return 0  # this dialect says it last

    def feed(self, data: bytes) -> list[Event]:
        *lines, self.rest = (self.rest + data).split(b"\n")
        return [event for each in lines if each and each != b":" for event in self._events(each)]

    def _events(self, data: bytes) -> list[Event]:
        try:
            value = json.loads(data)
        except ValueError:
            raise MalformedAnswer("not a line of JSON") from None
        events: list[Event] = []
        if not self.begun:
            self.begun = True
            events = [MessageStart("tiny"), BlockStart(0, "text")]
        if isinstance(value, str):
            return [*events, BlockDelta(0, value)]
        self.done = True
        return [*events, BlockStop(0), MessageStop("end_turn"), *([Usage(value, value)] if value else [])]

    def end(self) -> list[Event]:
        if not self.done:
            raise MalformedAnswer("the stream ended before its end")
        return []


class Tiny:
    """The dialect. What it writes is never needed here."""

    name = "tiny"

    def write_request(self, ask: Ask, *, model: str) -> dict[str, Any]:
        return {"model": model, "stream": ask.stream, "texts": [part.text for turn in ask.turns for part in turn.parts]}

    def read_answer(self, body: dict[str, Any]) -> list[Event]:
        if not isinstance(body.get("text"), str):
            raise MalformedAnswer("no text")
        reader = TinyReader()
        return reader.feed(line(body["text"]) + line(body.get("tokens", 0)))

    def stream_reader(self) -> TinyReader:
        return TinyReader()


def text_of(events: Sequence[Event]) -> str:
    """The words of an answer."""
    return "".join(event.text for event in events if isinstance(event, BlockDelta))
