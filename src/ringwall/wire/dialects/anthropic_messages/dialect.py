"""Anthropic messages as one of the dialects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ringwall.wire.dialects.answer import answer_of, events_of
from ringwall.wire.dialects.anthropic_messages import answer, request, writing
from ringwall.wire.dialects.anthropic_messages.stream import MessagesStreamReader, MessagesStreamWriter
from ringwall.wire.dialects.model import Ask, Event
from ringwall.wire.dialects.texts import body_of
from ringwall.wire.dialects.translation import with_stream


class AnthropicMessages:
    """Anthropic messages; the methods are those of `Dialect`."""

    name = request.NAME

    def read_request(self, body: dict[str, Any], *, model: str = "") -> Ask:
        """See `Dialect.read_request`."""
        return request.read_request(body, model)

    def write_request(self, ask: Ask, *, model: str) -> dict[str, Any]:
        """See `Dialect.write_request`."""
        if ask.dialect != self.name:
            return writing.write_request(ask, model)
        return with_stream({**body_of(ask), "model": model}, ask)

    def read_answer(self, body: dict[str, Any]) -> list[Event]:
        """See `Dialect.read_answer`."""
        return events_of(answer.read_answer(body))

    def write_answer(self, events: Sequence[Event], ask: Ask, *, answer_id: str, created: int) -> dict[str, Any]:  # noqa: ARG002 -- the seam's
        """See `Dialect.write_answer`; this dialect does not say when."""
        return answer.write_answer(answer_of(events), ask, answer_id)

    def stream_reader(self) -> MessagesStreamReader:
        """See `Dialect.stream_reader`."""
        return MessagesStreamReader()

    def stream_writer(self, ask: Ask, *, answer_id: str, created: int) -> MessagesStreamWriter:  # noqa: ARG002 -- the seam's
        """See `Dialect.stream_writer`; this dialect does not say when."""
        return MessagesStreamWriter(ask, answer_id)
