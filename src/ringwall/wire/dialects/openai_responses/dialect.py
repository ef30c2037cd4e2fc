"""Responses as a dialect that applications ask in. No upstream is asked in it: nothing here writes a request or reads an answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ringwall.wire.dialects.answer import answer_of
from ringwall.wire.dialects.model import Ask, Event
from ringwall.wire.dialects.openai_responses import answer, request
from ringwall.wire.dialects.openai_responses.names import NAME
from ringwall.wire.dialects.openai_responses.stream import ResponsesStreamWriter


class OpenAIResponses:
    """Responses; the methods are those of `ApplicationDialect`."""

    name = NAME

    def read_request(self, body: dict[str, Any], *, model: str = "") -> Ask:
        """See `ApplicationDialect.read_request`.

        Raises also:
            StoresNoText: the request wants something kept, or refers to something that was.
            HostedTool: a tool that the vendor runs itself.
        """
        return request.read_request(body, model)

    def write_answer(self, events: Sequence[Event], ask: Ask, *, answer_id: str, created: int) -> dict[str, Any]:
        """See `ApplicationDialect.write_answer`."""
        return answer.write_answer(answer_of(events), answer.Frame(ask, answer_id, created))

    def stream_writer(self, ask: Ask, *, answer_id: str, created: int) -> ResponsesStreamWriter:
        """See `ApplicationDialect.stream_writer`."""
        return ResponsesStreamWriter(answer.Frame(ask, answer_id, created))
