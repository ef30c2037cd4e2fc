"""ConverseStream: a streamed answer, read and written."""

from __future__ import annotations

import re
import struct
from typing import Any

from ringwall.errors import LimitExceeded
from ringwall.wire.dialects.answer import BlockNumbers
from ringwall.wire.dialects.converse.answer import bytes_of, read_usage, reason_of, sealed_of, word_of, write_usage
from ringwall.wire.dialects.errors import AnswerTooLarge, MalformedAnswer, UpstreamFailed
from ringwall.wire.dialects.limits import EVENT_BYTES
from ringwall.wire.dialects.members import ANSWER, answer_json
from ringwall.wire.dialects.model import BlockDelta, BlockStart, BlockStop, Event, MessageStart, MessageStop, Path, Usage
from ringwall.wire.errors import MalformedRequest
from ringwall.wire.event_stream import EventMessage, decode_messages, encode_message
from ringwall.wire.strict_json import encode_json

_LEAST_MESSAGE = 16
_NAME = re.compile(r"[A-Za-z]{1,64}")


class ConverseStreamReader:
    """Reads a stream of events.

    Only a tool use has an event where it begins; other blocks begin with their first delta. A block without any is none.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._numbers = BlockNumbers()
        self._index = -1  # of the last block, in the upstream's numbers
        self._started = False
        self._stopped = False
        self._counted = False

    def feed(self, data: bytes) -> list[Event]:
        """See `StreamReader.feed`."""
        self._buffer += data
        events: list[Event] = []
        while (message := self._message()) is not None:
            events += self._event(message)
        return events

    @property
    def input_tokens(self) -> int:
        """See `StreamReader.input_tokens`: this dialect says it last."""
        return 0

    def end(self) -> list[Event]:
        """See `StreamReader.end`."""
        if not self._stopped:
            raise MalformedAnswer("the stream ended before the answer did")
        return []

    def _message(self) -> EventMessage | None:
        """Cut the next message off the buffer, if it is whole; an incomplete one is not looked at again until it is."""
        if len(self._buffer) < _LEAST_MESSAGE:
            return None
        (total,) = struct.unpack_from("!I", self._buffer)
        if total > EVENT_BYTES:
            raise AnswerTooLarge(f"an event of the answer has more than {EVENT_BYTES} bytes")
        if len(self._buffer) < max(total, _LEAST_MESSAGE):
            return None
        piece = bytes(self._buffer[: max(total, _LEAST_MESSAGE)])
        del self._buffer[: len(piece)]
        try:
            messages, rest = decode_messages(piece)
        except (MalformedRequest, LimitExceeded):
            raise MalformedAnswer("the answer is no event stream") from None
        if len(messages) != 1 or rest:
            raise MalformedAnswer("the answer is no event stream")
        return messages[0]

    def _event(self, message: EventMessage) -> list[Event]:
        kind = message.headers.get(":message-type")
        if kind in ("exception", "error"):
            name = message.headers.get(":exception-type", message.headers.get(":error-code"))
            known = name if type(name) is str and _NAME.fullmatch(name) else "unknown"
            raise UpstreamFailed(f"the upstream ended its stream with an error: `{known}`")
        name = message.headers.get(":event-type")
        if kind != "event" or type(name) is not str:
            raise MalformedAnswer("the answer has a message that is no event")
        body = answer_json(message.payload)
        if name == "messageStart":
            return self._start()
        if name == "metadata":
            return self._metadata(body)
        if name not in {"contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop"}:
            return []  # what will be
        if not self._started or self._stopped:
            raise MalformedAnswer(f"the answer has a `{name}` before its beginning or after its end")
        if name == "messageStop":
            self._stopped = True
            return [*self._numbers.close(), MessageStop(reason_of(body.get("stopReason")))]
        return self._block_event(name, body)

    def _start(self) -> list[Event]:
        if self._started:
            raise MalformedAnswer("the answer begins twice")
        self._started = True
        return [MessageStart()]

    def _metadata(self, body: dict[str, Any]) -> list[Event]:
        usage = read_usage(body)
        if not self._stopped or self._counted or usage is None:
            raise MalformedAnswer("the answer has its usage before its end, twice, or empty")
        self._counted = True
        return [usage]

    def _block_event(self, name: str, body: dict[str, Any]) -> list[Event]:
        index = ANSWER.whole(body.get("contentBlockIndex"), ("contentBlockIndex",))
        if name == "contentBlockStop":
            if (index == self._index) != (self._numbers.opened is not None) or index < self._index:
                raise MalformedAnswer("the answer has a block out of order")
            self._index = index
            return self._numbers.close()
        if index < self._index or (index == self._index and self._numbers.opened is None):
            raise MalformedAnswer("the answer has a block out of order")
        if index > self._index:
            if self._numbers.opened is not None:
                raise MalformedAnswer("the answer has a block inside another")
            self._index = index
        elif name == "contentBlockStart":
            raise MalformedAnswer("the answer begins a block twice")
        if name == "contentBlockStart":
            return self._block_start(ANSWER.object(body.get("start"), ("start",)))
        return self._delta(ANSWER.object(body.get("delta"), ("delta",)))

    def _block_start(self, start: dict[str, Any]) -> list[Event]:
        if start.get("toolUse") is None:
            raise ANSWER.fail(("start",), "must have `toolUse`: other blocks are not read")
        path: Path = ("start", "toolUse")
        use = ANSWER.object(start["toolUse"], path)
        tool_id = ANSWER.name(use.get("toolUseId"), (*path, "toolUseId"))
        return self._numbers.open("tool_use", tool_id, ANSWER.name(use.get("name"), (*path, "name")))

    def _delta(self, delta: dict[str, Any]) -> list[Event]:
        if delta.get("text") is not None:
            return self._say("text", ANSWER.text(delta["text"], ("delta", "text")))
        if delta.get("toolUse") is not None:
            use = ANSWER.object(delta["toolUse"], ("delta", "toolUse"))
            self._numbers.in_block("tool_use")
            words = ANSWER.optional_text(use.get("input"), ("delta", "toolUse", "input"))
            return [BlockDelta(self._numbers.at, words)] if words else []
        if delta.get("reasoningContent") is not None:
            return self._reasoning(ANSWER.object(delta["reasoningContent"], ("delta", "reasoningContent")))
        if delta.get("citation") is not None:
            return []
        raise ANSWER.fail(("delta",), "must have `text`, `toolUse` or `reasoningContent`: other blocks are not read")

    def _say(self, kind: str, words: str, opaque: str = "", *, sealed: bool = False) -> list[Event]:
        here = self._numbers.opened
        events: list[Event] = []
        if here is None:
            events = self._numbers.open("text" if kind == "text" else "reasoning", sealed=sealed)
        elif here.kind != kind or here.sealed != sealed:
            raise MalformedAnswer("the answer has a block of two kinds")
        return [*events, BlockDelta(self._numbers.at, words, opaque)] if words or opaque else events

    def _reasoning(self, said: dict[str, Any]) -> list[Event]:
        path: Path = ("delta", "reasoningContent")
        if said.get("redactedContent") is not None:
            return self._say("reasoning", "", sealed_of(said["redactedContent"], (*path, "redactedContent")), sealed=True)
        if said.get("signature") is not None:
            return self._say("reasoning", "", ANSWER.opaque(said["signature"], (*path, "signature")))
        return self._say("reasoning", ANSWER.text(said.get("text"), (*path, "text")))


class ConverseStreamWriter:
    """Writes a stream of events.

    `payloads` gives the events' names and members, for a face that has something to add (the trace of a guardrail in `metadata`), and
    `frame` their bytes; `write` is both. Encrypted reasoning is sent when its block is whole, for its base64 may be cut anywhere.
    """

    def __init__(self) -> None:
        self._block: BlockStart | None = None
        self._opaque: list[str] = []
        self._said = False  # something of the open block was written
        self._index = -1
        self._counted = False
        self._ended = False

    def write(self, event: Event) -> bytes:
        """See `StreamWriter.write`."""
        return b"".join([self.frame(name, payload) for name, payload in self.payloads(event)])

    def payloads(self, event: Event) -> list[tuple[str, dict[str, Any]]]:
        """Return the events of the stream that say an event of the model: name and members."""
        if isinstance(event, MessageStart):
            return [("messageStart", {"role": "assistant"})]
        if isinstance(event, BlockStart):
            return self._start(event)
        if isinstance(event, BlockDelta):
            return self._delta(event)
        if isinstance(event, BlockStop):
            return self._stop()
        if isinstance(event, MessageStop):
            return [("messageStop", {"stopReason": word_of(event.reason)})]
        return self._metadata(event)

    @staticmethod
    def frame(name: str, payload: dict[str, Any]) -> bytes:
        """Return the bytes of an event of the stream."""
        headers = {":message-type": "event", ":event-type": name, ":content-type": "application/json"}
        return encode_message(headers, encode_json(payload))

    def fail(self, code: str, message: str, status: int) -> bytes:
        """See `StreamWriter.fail`."""
        self._ended = True
        headers = {":message-type": "exception", ":exception-type": _exception(status), ":content-type": "application/json"}
        return encode_message(headers, encode_json({"message": f"{message} ({code})"}))

    def end(self) -> bytes:
        """See `StreamWriter.end`: clients wait for what the answer cost, known or not."""
        return b"" if self._ended or self._counted else self.write(Usage(0, 0))

    def _metadata(self, usage: Usage) -> list[tuple[str, dict[str, Any]]]:
        self._counted = True
        return [("metadata", write_usage(usage))]

    def _start(self, event: BlockStart) -> list[tuple[str, dict[str, Any]]]:
        self._block, self._opaque, self._said = event, [], False
        if event.kind != "tool_use":
            return []
        return [("contentBlockStart", self._in_block({"start": {"toolUse": {"toolUseId": event.tool_use_id, "name": event.name}}}))]

    def _delta(self, event: BlockDelta) -> list[tuple[str, dict[str, Any]]]:
        block = self._block
        if block is None:
            return []
        said: list[dict[str, Any]] = []
        if block.sealed:
            self._opaque.append(event.opaque)
        elif block.kind == "reasoning":
            said += [{"reasoningContent": {"text": event.text}}] if event.text else []
            said += [{"reasoningContent": {"signature": event.opaque}}] if event.opaque else []
        elif event.text:
            said.append({"toolUse": {"input": event.text}} if block.kind == "tool_use" else {"text": event.text})
        return [("contentBlockDelta", self._in_block({"delta": delta})) for delta in said]

    def _stop(self) -> list[tuple[str, dict[str, Any]]]:
        events = []
        opaque = "".join(self._opaque)
        if self._block is not None and self._block.sealed and opaque:
            delta = {"reasoningContent": {"redactedContent": bytes_of(opaque)}}
            events.append(("contentBlockDelta", self._in_block({"delta": delta})))
        if self._said:
            events.append(("contentBlockStop", self._in_block({})))
        self._block, self._said = None, False
        return events

    def _in_block(self, members: dict[str, Any]) -> dict[str, Any]:
        """Number an event of the open block; blocks of which nothing is written have no number."""
        if not self._said:
            self._said = True
            self._index += 1
        return members | {"contentBlockIndex": self._index}


def _exception(status: int) -> str:
    known = {
        429: "throttlingException",
        503: "serviceUnavailableException",
        502: "modelStreamErrorException",
        424: "modelStreamErrorException",
    }
    return known.get(status, "validationException" if status < 500 else "internalServerException")
