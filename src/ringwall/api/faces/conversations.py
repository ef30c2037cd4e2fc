"""Questions to language models in other vendors' dialects, answered whole or as a stream: chat completions, Responses, Messages."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any, NamedTuple

import msgspec

from ringwall.api.aws.asking import guardrail_condition, model_resource, open_answer
from ringwall.api.aws.operation import Call, Operation
from ringwall.api.exchange import Exchange
from ringwall.api.faces.bodies import read_object
from ringwall.api.faces.endpoint import JSON_HEADERS
from ringwall.api.logs import locate
from ringwall.errors import Bug, RingwallError
from ringwall.inference.gateway import Wanted
from ringwall.inference.gateway.batches import Batches
from ringwall.vocabulary import Limits
from ringwall.wire import HttpResponse
from ringwall.wire.dialects.dialect import ApplicationDialect
from ringwall.wire.dialects.model import Ask, Event
from ringwall.wire.dialects.table import APPLICATION_DIALECTS

log = logging.getLogger("ringwall.api")


class Answer(NamedTuple):
    """What a handler answers: whole, or as it comes."""

    ask: Ask
    events: list[Event] | Batches


class Conversation:
    """One dialect; an `Endpoint`."""

    method = "POST"

    def __init__(self, dialect: str, vendor: str, name: str) -> None:
        """Take the dialect, whose it is, and what the audit record calls a question in it."""
        self.vendor = vendor
        self._dialect = APPLICATION_DIALECTS[dialect]
        self.operation = self._row(name, "bedrock:InvokeModel")
        self._streaming = self._row(name, "bedrock:InvokeModelWithResponseStream")

    def _row(self, name: str, action: str) -> Operation:
        return Operation("bedrock-runtime", name, action, self._ask, _model, read_only=True, conditions=_conditions)

    async def _ask(self, call: Call, given: tuple[Ask, Wanted | None]) -> Answer:
        ask, wanted = given
        asked = await open_answer(call, ask, wanted, route=self.vendor)
        return Answer(asked.answering.ask, asked.streamed() if ask.stream else await asked.whole())

    def read(self, exchange: Exchange, wanted: Wanted | None, limits: Limits) -> tuple[Operation, Any]:
        """Read the question."""
        ask = self._dialect.read_request(read_object(exchange, limits))
        return self._streaming if ask.stream else self.operation, (ask, wanted)

    def write(self, exchange: Exchange) -> HttpResponse:
        """Write the answer in the dialect of the question."""
        answer: Answer = exchange.output
        created = int(exchange.now.timestamp())
        if isinstance(answer.events, list):
            body = self._dialect.write_answer(answer.events, answer.ask, answer_id=exchange.request_id, created=created)
            return HttpResponse(200, JSON_HEADERS, msgspec.json.encode(body))
        stream = _written(exchange, self._dialect, answer.ask, answer.events, created)
        return HttpResponse(200, (("content-type", "text/event-stream"),), b"", stream)


def _model(call: Call, given: tuple[Ask, Wanted | None]) -> Sequence[str]:
    return model_resource(call, given[0].model)


def _conditions(call: Call, given: tuple[Ask, Wanted | None]) -> dict[str, Any]:
    return guardrail_condition(call, given[1])


async def _written(
    exchange: Exchange, dialect: ApplicationDialect, ask: Ask, batches: Batches, created: int
) -> AsyncGenerator[bytes, None]:
    """Write a stream; what goes wrong ends it with an event that says so, never with nothing."""
    writer = dialect.stream_writer(ask, answer_id=exchange.request_id, created=created)
    async with aclosing(batches):
        try:
            async for batch in batches:
                yield b"".join([writer.write(event) for event in batch])
            yield writer.end()
        except RingwallError as error:
            yield writer.fail(error.code, error.message, error.status)
        except Exception as error:  # noqa: BLE001 - the request rim: whatever breaks in the middle of a stream, the client hears of it
            log.error("api.stream.failed %s %s", exchange.request_id, locate(error))  # noqa: TRY400 - a traceback would quote texts
            bug = Bug("an internal failure; the server's log has it under this request id")
            yield writer.fail(bug.code, bug.message, bug.status)
