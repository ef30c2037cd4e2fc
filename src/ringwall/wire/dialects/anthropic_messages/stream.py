"""Anthropic messages: a streamed answer, read and written."""

from __future__ import annotations

from typing import Any

from ringwall.wire.dialects.answer import BlockNumbers
from ringwall.wire.dialects.anthropic_messages.answer import (
    COUNTS,
    block_of,
    raise_failure,
    reason_of,
    stopped_at,
    usage_of,
    word_of,
    write_usage,
)
from ringwall.wire.dialects.errors import MalformedAnswer
from ringwall.wire.dialects.members import ANSWER, answer_json
from ringwall.wire.dialects.model import Ask, BlockDelta, BlockStart, BlockStop, Event, MessageStart, MessageStop, Usage
from ringwall.wire.dialects.sse import SseReader, write_sse
from ringwall.wire.strict_json import encode_json

_DELTAS = {"text_delta": ("text", "text"), "thinking_delta": ("reasoning", "thinking"), "input_json_delta": ("tool_use", "partial_json")}


class MessagesStreamReader:
    """Reads a stream of events; a type of event that it does not know is passed over, as the vendor asks."""

    def __init__(self) -> None:
        self._sse = SseReader()
        self._numbers = BlockNumbers()
        self._started = False
        self._stop: MessageStop | None = None
        self._done = False
        self._usage: dict[str, Any] = {}

    def feed(self, data: bytes) -> list[Event]:
        """See `StreamReader.feed`."""
        events: list[Event] = []
        for event in self._sse.feed(data):
            if not self._done:
                events += self._event(answer_json(event.data))
        return events

    @property
    def input_tokens(self) -> int:
        """See `StreamReader.input_tokens`."""
        return usage_of(self._usage).input_tokens

    def end(self) -> list[Event]:
        """See `StreamReader.end`."""
        if not self._done:
            raise MalformedAnswer("the stream ended before the answer did")
        return []

    def _event(self, body: dict[str, Any]) -> list[Event]:
        raise_failure(body)
        kind = body.get("type")
        if kind == "message_start":
            return self._message_start(ANSWER.object(body.get("message"), ("message",)))
        if kind not in ("content_block_start", "content_block_delta", "content_block_stop", "message_delta", "message_stop"):
            return []  # `ping`, and what will be
        if not self._started:
            raise MalformedAnswer("the answer has no beginning")
        if kind == "message_delta":
            self._message_delta(body)
            return []
        if kind == "message_stop":
            return self._message_stop()
        if self._stop is not None:
            raise MalformedAnswer("the answer goes on after its end")
        return self._block_event(str(kind), body)

    def _message_start(self, message: dict[str, Any]) -> list[Event]:
        if self._started:
            raise MalformedAnswer("the answer begins twice")
        self._started = True
        self._count(message.get("usage"))
        return [MessageStart(ANSWER.optional_text(message.get("id"), ("id",)), ANSWER.optional_text(message.get("model"), ("model",)))]

    def _count(self, usage: Any) -> None:
        """Take counts: each is of the whole answer so far, and one that is left out stands."""
        if usage is not None:
            said = ANSWER.object(usage, ("usage",))
            self._usage |= {name: said[name] for name in COUNTS if said.get(name) is not None}

    def _message_delta(self, body: dict[str, Any]) -> None:
        delta = ANSWER.object(body.get("delta"), ("delta",))
        self._count(body.get("usage"))
        if delta.get("stop_reason") is not None:
            stop = ANSWER.optional_text(delta.get("stop_sequence"), ("delta", "stop_sequence"))
            self._stop = MessageStop(reason_of(delta["stop_reason"]), stop)

    def _message_stop(self) -> list[Event]:
        if self._stop is None or self._numbers.opened is not None:
            raise MalformedAnswer("the answer ends with no reason, or in the middle of a block")
        self._done = True
        return [self._stop, usage_of(self._usage)] if self._usage else [self._stop]

    def _block_event(self, kind: str, body: dict[str, Any]) -> list[Event]:
        index = ANSWER.whole(body.get("index"), ("index",))
        opened = self._numbers.opened
        if kind == "content_block_start":
            if opened is not None or index != self._numbers.at + 1:
                raise MalformedAnswer("the answer has a block out of order")
            return self._start(ANSWER.object(body.get("content_block"), ("content_block",)))
        if opened is None or index != opened.index:
            raise MalformedAnswer("the answer goes on with a block that is not open")
        if kind == "content_block_stop":
            return self._numbers.close()
        return self._delta(ANSWER.object(body.get("delta"), ("delta",)))

    def _start(self, content: dict[str, Any]) -> list[Event]:
        block = block_of(content, ("content_block",))
        events = self._numbers.open(block.kind, block.tool_use_id, block.name, sealed=block.sealed)
        words = "" if block.kind == "tool_use" and block.text == "{}" else block.text  # it stands there until the input's text comes
        if words or block.opaque:
            events.append(BlockDelta(self._numbers.at, words, block.opaque))
        return events

    def _delta(self, delta: dict[str, Any]) -> list[Event]:
        kind = delta.get("type")
        if kind == "signature_delta":
            self._numbers.in_block("reasoning")
            return [BlockDelta(self._numbers.at, "", ANSWER.opaque(delta.get("signature"), ("delta", "signature")))]
        if type(kind) is not str or kind not in _DELTAS:
            return []  # citations
        block, member = _DELTAS[kind]
        here = self._numbers.opened
        if here is None or here.kind != block or here.sealed:
            raise MalformedAnswer(f"the answer goes on with a block of the kind `{block}` that is not open")
        words = ANSWER.text(delta.get(member), ("delta", member))
        return [BlockDelta(self._numbers.at, words)] if words else []


class MessagesStreamWriter:
    """Writes a stream of events.

    What is opaque is sent once, when its block is whole: clients take the last signature for all of it, and encrypted reasoning has no
    deltas. The usage stands in the same event as the reason to stop, so that waits for it.
    """

    def __init__(self, ask: Ask, answer_id: str) -> None:
        self._ask = ask
        self._id = answer_id
        self._block: BlockStart | None = None
        self._opaque: list[str] = []
        self._stop: MessageStop | None = None
        self._usage: Usage | None = None
        self._failed = False

    def write(self, event: Event) -> bytes:
        """See `StreamWriter.write`."""
        if isinstance(event, MessageStart):
            return self._start_message()
        if isinstance(event, BlockStart):
            self._block, self._opaque = event, []
            return b"" if event.sealed else _start_block(event.index, _opening(event))
        if isinstance(event, BlockDelta):
            self._opaque.append(event.opaque)
            return self._delta(event)
        if isinstance(event, BlockStop):
            return self._stop_block(event.index)
        if isinstance(event, MessageStop):
            self._stop = event
        else:
            self._usage = event
        return b""

    def fail(self, code: str, message: str, status: int) -> bytes:
        """See `StreamWriter.fail`."""
        self._failed = True
        return _event({"type": "error", "error": {"type": _error_type(status), "message": f"{message} ({code})"}})

    def end(self) -> bytes:
        """See `StreamWriter.end`."""
        if self._failed or self._stop is None:
            return b""
        sequence = stopped_at(self._stop.reason, self._stop.stop_sequence, self._ask.sampling.stop_sequences)
        delta = {"stop_reason": word_of(self._stop.reason), "stop_sequence": sequence}
        return _event({"type": "message_delta", "delta": delta, "usage": write_usage(self._usage)}) + _event({"type": "message_stop"})

    def _start_message(self) -> bytes:
        message: dict[str, Any] = {
            "id": self._id,
            "type": "message",
            "role": "assistant",
            "model": self._ask.model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {"input_tokens": 0, "output_tokens": 0},
        }
        return _event({"type": "message_start", "message": message})

    def _delta(self, event: BlockDelta) -> bytes:
        if self._block is None or self._block.sealed or not event.text:
            return b""
        kind = self._block.kind
        if kind == "tool_use":
            return _delta(event.index, {"type": "input_json_delta", "partial_json": event.text})
        if kind == "reasoning":
            return _delta(event.index, {"type": "thinking_delta", "thinking": event.text})
        return _delta(event.index, {"type": "text_delta", "text": event.text})

    def _stop_block(self, index: int) -> bytes:
        said, opaque = b"", "".join(self._opaque)
        if self._block is not None and self._block.sealed:
            said = _start_block(index, {"type": "redacted_thinking", "data": opaque})
        elif opaque:
            said = _delta(index, {"type": "signature_delta", "signature": opaque})
        self._block = None
        return said + _event({"type": "content_block_stop", "index": index})


def _opening(event: BlockStart) -> dict[str, Any]:
    if event.kind == "tool_use":
        return {"type": "tool_use", "id": event.tool_use_id, "name": event.name, "input": {}}
    if event.kind == "reasoning":
        return {"type": "thinking", "thinking": "", "signature": ""}
    return {"type": "text", "text": ""}


def _start_block(index: int, block: dict[str, Any]) -> bytes:
    return _event({"type": "content_block_start", "index": index, "content_block": block})


def _delta(index: int, delta: dict[str, Any]) -> bytes:
    return _event({"type": "content_block_delta", "index": index, "delta": delta})


def _event(body: dict[str, Any]) -> bytes:
    return write_sse(encode_json(body), body["type"])


_ERRORS = {400: "invalid_request_error", 401: "authentication_error", 403: "permission_error", 404: "not_found_error"} | {
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    529: "overloaded_error",
}


def _error_type(status: int) -> str:
    return _ERRORS.get(status, "invalid_request_error" if status < 500 else "api_error")
