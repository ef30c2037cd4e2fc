"""Responses: a streamed answer, written.

An item's end is told with how far it came, so it waits for what comes next: another item, or the end of the answer. The whole answer stands
once more in the last event, as clients want it there.
"""

from __future__ import annotations

from typing import Any

from ringwall.errors import Bug
from ringwall.wire.dialects.answer import Block
from ringwall.wire.dialects.model import BlockDelta, BlockStart, BlockStop, Event, MessageStart, MessageStop, StopReason, Usage
from ringwall.wire.dialects.openai_responses.answer import Frame, item_of, part_of, status_of
from ringwall.wire.dialects.sse import write_sse
from ringwall.wire.strict_json import encode_json

_FAILURES = {429: "rate_limit_exceeded"}


class _Item:
    """The item that is open."""

    def __init__(self, start: BlockStart, number: int, frame: Frame) -> None:
        self.start = start
        self.texts: list[str] = []
        self.opaques: list[str] = []
        self.place: dict[str, Any] = {"item_id": frame.item_id(number, self.block()), "output_index": number}

    @property
    def id(self) -> str:
        name: str = self.place["item_id"]
        return name

    def block(self) -> Block:
        """Return it as far as it came."""
        start = self.start
        text, opaque = "".join(self.texts), "".join(self.opaques)
        return Block(start.kind, text, opaque, start.tool_use_id, start.name, start.sealed, start.refusal)

    @property
    def words(self) -> tuple[str, str] | None:
        """Return what its events are called, and its member; None where it is encrypted and has no words."""
        if self.start.kind == "tool_use":
            return "function_call_arguments", "arguments"
        if self.start.kind == "reasoning":
            return None if self.start.sealed else ("reasoning_text", "text")
        return ("refusal", "refusal") if self.start.refusal else ("output_text", "text")

    @property
    def part(self) -> dict[str, Any]:
        """Return where its one part stands; nothing for a call, which has none."""
        return {} if self.start.kind == "tool_use" else {"content_index": 0}


class ResponsesStreamWriter:
    """Writes a stream of events, numbered from 0."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._number = 0
        self._output: list[dict[str, Any]] = []
        self._open: _Item | None = None
        self._whole: _Item | None = None  # its end is not told yet
        self._reason: StopReason | None = None
        self._ended = False

    def write(self, event: Event) -> bytes:
        """See `StreamWriter.write`."""
        match event:
            case MessageStart():
                return self._begin()
            case BlockStart():
                return self._close("completed") + self._start(event)
            case BlockDelta():
                return self._delta(event)
            case BlockStop():
                return self._stop()
            case MessageStop():
                self._reason = event.reason
                return self._close(status_of(event.reason))
            case Usage():
                return self._finish(event)

    def fail(self, code: str, message: str, status: int) -> bytes:
        """See `StreamWriter.fail`: the event `error`, as clients raise it, and the answer as one that failed."""
        self._ended = True
        kind = "invalid_request_error" if status < 500 else "server_error"
        error = {"code": code, "message": message, "param": None}
        why = _FAILURES.get(status, "server_error" if status >= 500 else "invalid_prompt")
        failed = self._frame.response("failed", self._output, error={"code": why, "message": message})
        return self._event("error", **error, error={"type": kind, **error}) + self._event("response.failed", response=failed)

    def end(self) -> bytes:
        """See `StreamWriter.end`; there is no other mark of the end than the last event."""
        return b"" if self._ended else self._finish(None)

    def _begin(self) -> bytes:
        begun = self._frame.response("in_progress", [])
        return self._event("response.created", response=begun) + self._event("response.in_progress", response=begun)

    def _start(self, event: BlockStart) -> bytes:
        item = self._open = _Item(event, len(self._output), self._frame)
        nothing: dict[str, Any] = {"arguments": ""} if event.kind == "tool_use" else {"content": []}
        shown = item_of(item.block(), item.id, "in_progress") | nothing
        added = self._event("response.output_item.added", output_index=item.place["output_index"], item=shown)
        if item.part and item.words is not None:
            added += self._event("response.content_part.added", **item.place, **item.part, part=part_of(item.block()))
        return added

    def _delta(self, event: BlockDelta) -> bytes:
        item = self._open
        if item is None:
            raise Bug("an answer has a delta outside of its blocks")
        if event.opaque:
            item.opaques.append(event.opaque)
        if not event.text or item.words is None:
            return b""
        item.texts.append(event.text)
        return self._event(f"response.{item.words[0]}.delta", **item.place, **item.part, delta=event.text, **_chances(item))

    def _stop(self) -> bytes:
        item, self._open = self._open, None
        if item is None:
            raise Bug("an answer has the end of a block that did not begin")
        self._whole = item
        if item.words is None:
            return b""
        name, member = item.words
        block = item.block()
        if not item.part:
            arguments = block.text or "{}"
            sent = b"" if block.text else self._event(f"response.{name}.delta", **item.place, delta=arguments)  # clients read JSON there
            return sent + self._event(f"response.{name}.done", **item.place, name=block.name, arguments=arguments)
        done = self._event(f"response.{name}.done", **item.place, **item.part, **{member: block.text}, **_chances(item))
        return done + self._event("response.content_part.done", **item.place, **item.part, part=part_of(block))

    def _close(self, status: str) -> bytes:
        """Tell the end of the last item."""
        item, self._whole = self._whole, None
        if item is None:
            return b""
        written = item_of(item.block(), item.id, status)
        self._output.append(written)
        return self._event("response.output_item.done", output_index=item.place["output_index"], item=written)

    def _finish(self, usage: Usage | None) -> bytes:
        if self._reason is None:
            raise Bug("an answer has no end")
        self._ended = True
        finished = self._frame.finished(self._reason, self._output, usage)
        return self._event(f"response.{finished['status']}", response=finished)

    def _event(self, kind: str, **members: Any) -> bytes:
        body = {"type": kind, **members, "sequence_number": self._number}
        self._number += 1
        return write_sse(encode_json(body), kind)


def _chances(item: _Item) -> dict[str, Any]:
    """Return the log probabilities of a text, of which there are none: clients want the member."""
    return {"logprobs": []} if item.words == ("output_text", "text") else {}
