"""Converse as one of the dialects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ringwall.wire.dialects.answer import answer_of, events_of
from ringwall.wire.dialects.converse import answer, request, writing
from ringwall.wire.dialects.converse.stream import ConverseStreamReader, ConverseStreamWriter
from ringwall.wire.dialects.model import Ask, Event
from ringwall.wire.dialects.texts import body_of


class Converse:
    """Converse and ConverseStream; the methods are those of `Dialect`.

    The model stands in the path of a request, so `write_request` has no use for it, and takes out `modelId`, where a caller has it among
    the members, with `guardrailConfig`, which names a guardrail of ringwall's.
    """

    name = request.NAME

    def read_request(self, body: dict[str, Any], *, model: str = "") -> Ask:
        """See `Dialect.read_request`."""
        return request.read_request(body, model)

    def write_request(self, ask: Ask, *, model: str) -> dict[str, Any]:  # noqa: ARG002 -- the seam's
        """See `Dialect.write_request`."""
        if ask.dialect != self.name:
            return writing.write_request(ask)
        return {name: value for name, value in body_of(ask).items() if name not in {"modelId", request.OWN}}

    def read_answer(self, body: dict[str, Any]) -> list[Event]:
        """See `Dialect.read_answer`."""
        return events_of(answer.read_answer(body))

    def write_answer(self, events: Sequence[Event], ask: Ask, *, answer_id: str, created: int) -> dict[str, Any]:  # noqa: ARG002 -- the seam's
        """See `Dialect.write_answer`; this dialect names neither the answer nor its model."""
        return answer.write_answer(answer_of(events))

    def stream_reader(self) -> ConverseStreamReader:
        """See `Dialect.stream_reader`."""
        return ConverseStreamReader()

    def stream_writer(self, ask: Ask, *, answer_id: str, created: int) -> ConverseStreamWriter:  # noqa: ARG002 -- the seam's
        """See `Dialect.stream_writer`."""
        return ConverseStreamWriter()
