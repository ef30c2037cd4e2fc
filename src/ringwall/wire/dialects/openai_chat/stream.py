"""Chat completions: a streamed answer, read and written."""

from __future__ import annotations

from typing import Any

from ringwall.wire.dialects.answer import BlockNumbers
from ringwall.wire.dialects.errors import MalformedAnswer
from ringwall.wire.dialects.members import ANSWER, answer_json
from ringwall.wire.dialects.model import BlockDelta, BlockStart, BlockStop, Event, MessageStart, MessageStop, Path, Usage
from ringwall.wire.dialects.openai_chat.answer import raise_failure, read_usage, reason_of, the_choice, thought, word_of, write_usage
from ringwall.wire.dialects.sse import SseReader, write_sse
from ringwall.wire.strict_json import encode_json

_DONE = b"[DONE]"
_DELTA: Path = ("choices", 0, "delta")


class ChatStreamReader:
    """Reads a stream of chunks. A block ends where another begins: the dialect does not say so itself."""

    def __init__(self) -> None:
        self._sse = SseReader()
        self._numbers = BlockNumbers()
        self._started = False
        self._stopped = False
        self._done = False
        self._usage: Usage | None = None
        self._call = -1  # the index of the last tool call, in its own numbers

    def feed(self, data: bytes) -> list[Event]:
        """See `StreamReader.feed`."""
        events: list[Event] = []
        for event in self._sse.feed(data):
            if self._done:
                continue
            if event.data.strip() == _DONE:
                events += self._finish()
            else:
                self._chunk(answer_json(event.data), events)
        return events

    @property
    def input_tokens(self) -> int:
        """See `StreamReader.input_tokens`."""
        return 0 if self._usage is None else self._usage.input_tokens

    def end(self) -> list[Event]:
        """See `StreamReader.end`."""
        return self._finish()

    def _finish(self) -> list[Event]:
        if self._done:
            return []
        if not self._stopped:
            raise MalformedAnswer("the stream ended before the answer did")
        self._done = True
        return [] if self._usage is None else [self._usage]

    def _chunk(self, body: dict[str, Any], events: list[Event]) -> None:
        raise_failure(body)
        if body.get("usage") is not None:
            self._usage = read_usage(body["usage"])  # some upstreams count as they go: the last one stands
        choice = the_choice(ANSWER.list(body.get("choices", []), ("choices",)))
        if choice is None:
            return
        if not self._started:
            self._started = True
            events.append(MessageStart(ANSWER.optional_text(body.get("id"), ("id",)), ANSWER.optional_text(body.get("model"), ("model",))))
        if choice.get("delta") is not None:
            self._delta(ANSWER.object(choice["delta"], _DELTA), events)
        if choice.get("finish_reason") is not None and not self._stopped:
            self._stopped = True
            events += self._numbers.close()
            events.append(MessageStop(reason_of(choice["finish_reason"])))

    def _delta(self, delta: dict[str, Any], events: list[Event]) -> None:
        before = len(events)
        self._say(thought(delta, _DELTA), events, "reasoning")
        self._say(ANSWER.optional_text(delta.get("content"), (*_DELTA, "content")), events, "text")
        self._say(ANSWER.optional_text(delta.get("refusal"), (*_DELTA, "refusal")), events, "refusal")
        for number, value in enumerate(ANSWER.list(delta.get("tool_calls") or [], (*_DELTA, "tool_calls"))):
            path = (*_DELTA, "tool_calls", number)
            self._tool_call(ANSWER.object(value, path), path, events)
        if self._stopped and len(events) > before:
            raise MalformedAnswer("the answer goes on after its end")

    def _say(self, words: str, events: list[Event], what: str) -> None:
        if words:
            events += self._numbers.ensure("reasoning" if what == "reasoning" else "text", refusal=what == "refusal")
            events.append(BlockDelta(self._numbers.at, words))

    def _tool_call(self, call: dict[str, Any], path: Path, events: list[Event]) -> None:
        index = ANSWER.whole(call.get("index", 0), (*path, "index"))
        function = ANSWER.object(call.get("function") or {}, (*path, "function"))
        if index > self._call:
            self._call = index
            if call.get("type") not in (None, "function"):
                raise ANSWER.fail((*path, "type"), "must be `function`: calls of other types are not read")
            call_id = ANSWER.name(call.get("id"), (*path, "id"))
            events += self._numbers.open("tool_use", call_id, ANSWER.name(function.get("name"), (*path, "function", "name")))
        elif index != self._call:
            raise MalformedAnswer("the answer goes on with a tool call after the next one began")
        here = self._numbers.in_block("tool_use")
        if call.get("id") not in (None, "", here.tool_use_id) or function.get("name") not in (None, "", here.name):
            raise MalformedAnswer("the answer has two tool calls of one index")
        arguments = ANSWER.optional_text(function.get("arguments"), (*path, "function", "arguments"))
        if arguments:
            events.append(BlockDelta(self._numbers.at, arguments))


class ChatStreamWriter:
    """Writes a stream of chunks; the usage only where the client asked for it, as OpenAI does."""

    def __init__(self, *, model: str, answer_id: str, created: int, usage: bool) -> None:
        self._head = {"id": answer_id, "object": "chat.completion.chunk", "created": created, "model": model}
        self._wants_usage = usage
        self._block: BlockStart | None = None
        self._said = False  # something of the open block was written
        self._call = -1
        self._failed = False

    def write(self, event: Event) -> bytes:
        """See `StreamWriter.write`."""
        if isinstance(event, MessageStart):
            return self._chunk({"role": "assistant", "content": ""})
        if isinstance(event, BlockStart):
            return self._start(event)
        if isinstance(event, BlockDelta):
            return self._delta(event)
        return self._stop() if isinstance(event, BlockStop) else self._ending(event)

    def _ending(self, event: MessageStop | Usage) -> bytes:
        if isinstance(event, MessageStop):
            return self._chunk({}, word_of(event.reason))
        if self._wants_usage:
            return write_sse(encode_json({**self._head, "choices": [], "usage": write_usage(event)}))
        return b""

    def fail(self, code: str, message: str, status: int) -> bytes:
        """See `StreamWriter.fail`."""
        self._failed = True
        kind = "invalid_request_error" if status < 500 else "server_error"
        return write_sse(encode_json({"error": {"message": message, "type": kind, "param": None, "code": code}}))

    def end(self) -> bytes:
        """See `StreamWriter.end`."""
        return b"" if self._failed else write_sse(_DONE)

    def _start(self, event: BlockStart) -> bytes:
        self._block, self._said = event, False
        if event.kind != "tool_use":
            return b""
        self._call += 1
        function = {"name": event.name, "arguments": ""}
        return self._chunk({"tool_calls": [{"index": self._call, "id": event.tool_use_id, "type": "function", "function": function}]})

    def _delta(self, event: BlockDelta) -> bytes:
        block = self._block
        if block is None or not event.text:
            return b""
        self._said = True
        if block.kind == "tool_use":
            return self._chunk({"tool_calls": [{"index": self._call, "function": {"arguments": event.text}}]})
        if block.kind == "reasoning":
            return self._chunk({"reasoning_content": event.text})
        return self._chunk({"refusal" if block.refusal else "content": event.text})

    def _stop(self) -> bytes:
        """End a block: a call without arguments says `{}`, for clients read JSON there."""
        block, self._block = self._block, None
        if block is None or block.kind != "tool_use" or self._said:
            return b""
        return self._chunk({"tool_calls": [{"index": self._call, "function": {"arguments": "{}"}}]})

    def _chunk(self, delta: dict[str, Any], reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return write_sse(encode_json({**self._head, "choices": [choice]}))
