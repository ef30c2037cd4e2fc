"""Chat completions as one of the dialects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ringwall.wire.dialects.answer import answer_of, events_of
from ringwall.wire.dialects.model import Ask, Event
from ringwall.wire.dialects.openai_chat import answer, request, writing
from ringwall.wire.dialects.openai_chat.stream import ChatStreamReader, ChatStreamWriter
from ringwall.wire.dialects.texts import body_of
from ringwall.wire.dialects.translation import with_stream


class OpenAIChat:
    """Chat completions; the methods are those of `Dialect`.

    A stream asks the upstream for its usage, whether the client wants to see it or not: what an answer costs must be known.
    """

    name = request.NAME

    def read_request(self, body: dict[str, Any], *, model: str = "") -> Ask:
        """See `Dialect.read_request`."""
        return request.read_request(body, model)

    def write_request(self, ask: Ask, *, model: str) -> dict[str, Any]:
        """See `Dialect.write_request`."""
        if ask.dialect != self.name:
            return writing.write_request(ask, model)
        body = with_stream({**body_of(ask), "model": model}, ask)
        if not ask.stream and ask.body.get("stream"):
            body.pop("stream_options", None)
        if ask.stream and not request.wants_usage(body):
            body["stream_options"] = {**(body.get("stream_options") or {}), "include_usage": True}
        return body

    def read_answer(self, body: dict[str, Any]) -> list[Event]:
        """See `Dialect.read_answer`."""
        return events_of(answer.read_answer(body))

    def write_answer(self, events: Sequence[Event], ask: Ask, *, answer_id: str, created: int) -> dict[str, Any]:
        """See `Dialect.write_answer`."""
        return answer.write_answer(answer_of(events), model=ask.model, answer_id=answer_id, created=created)

    def stream_reader(self) -> ChatStreamReader:
        """See `Dialect.stream_reader`."""
        return ChatStreamReader()

    def stream_writer(self, ask: Ask, *, answer_id: str, created: int) -> ChatStreamWriter:
        """See `Dialect.stream_writer`."""
        return ChatStreamWriter(model=ask.model, answer_id=answer_id, created=created, usage=request.wants_usage(ask.body))
