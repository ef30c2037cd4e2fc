"""The faces of other vendors: OpenAI chat completions and Anthropic messages, in their own dialects, errors and streams.

Whoever calls comes with an API key (`Authorization: Bearer KEY`, Anthropic's `x-api-key: KEY`) or a signature for `bedrock`. A request
names its guardrail in Bedrock's own headers; the account's enforced one applies whatever a request says.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, NamedTuple

import msgspec

from ringwall.api.aws.asking import guardrail_condition, model_resource, open_answer
from ringwall.api.aws.operation import Call, Operation
from ringwall.api.exchange import Exchange
from ringwall.api.faces.chat_errors import STYLES, status_of
from ringwall.api.logs import locate
from ringwall.errors import Bug, InvalidRequest, RingwallError, Unserved
from ringwall.inference.gateway import Wanted
from ringwall.vocabulary import Limits
from ringwall.wire import BearerClaim, HttpResponse, SignatureDoesNotMatch, SigV4Claim, parse_credentials
from ringwall.wire.dialects.dialect import Dialect
from ringwall.wire.dialects.model import Ask, Event
from ringwall.wire.dialects.table import DIALECTS
from ringwall.wire.strict_json import decode_json

log = logging.getLogger("ringwall.api")

IDENTIFIER_HEADER = "x-amzn-bedrock-guardrailidentifier"
VERSION_HEADER = "x-amzn-bedrock-guardrailversion"
SIGNING_NAME = "bedrock"


class PathUnserved(Unserved, code="operation-unserved"):
    """ringwall does not serve this operation of that vendor's API."""

    remedy = "docs/wire/dialects.md lists what is served"


class Answer(NamedTuple):
    """What a handler answers: whole, or as it comes."""

    ask: Ask
    events: list[Event] | AsyncGenerator[Event, None]


class _Place(NamedTuple):
    """What stands at a path."""

    dialect: str
    vendor: str


VENDORS = {"openai_chat": "openai", "anthropic_messages": "anthropic"}
_PLACES: Mapping[bytes, _Place] = {
    b"/v1/chat/completions": _Place("openai_chat", "openai"),
    b"/v1/messages": _Place("anthropic_messages", "anthropic"),
}
_UNSERVED = {b"/v1/responses": "Responses", b"/v1/embeddings": "Embeddings", b"/v1/models": "Models", b"/v1/completions": "Completions"}


def is_chat(path: bytes) -> bool:
    """Say whether a path is one of these vendors'."""
    return path in _PLACES or path in _UNSERVED


async def _ask(call: Call, given: tuple[Ask, Wanted | None]) -> Answer:
    ask, wanted = given
    asked = await open_answer(call, ask, wanted, route=VENDORS[ask.dialect])
    return Answer(asked.answering.ask, asked.streamed() if ask.stream else await asked.whole())


def _model(call: Call, given: tuple[Ask, Wanted | None]) -> Sequence[str]:
    return model_resource(call, given[0].model)


def _conditions(call: Call, given: tuple[Ask, Wanted | None]) -> dict[str, Any]:
    return guardrail_condition(call, given[1])


def _row(name: str, action: str) -> Operation:
    return Operation("bedrock-runtime", name, action, _ask, _model, read_only=True, conditions=_conditions)


_ROWS: Mapping[tuple[str, bool], Operation] = {
    ("openai_chat", False): _row("ChatCompletions", "bedrock:InvokeModel"),
    ("openai_chat", True): _row("ChatCompletions", "bedrock:InvokeModelWithResponseStream"),
    ("anthropic_messages", False): _row("Messages", "bedrock:InvokeModel"),
    ("anthropic_messages", True): _row("Messages", "bedrock:InvokeModelWithResponseStream"),
}


class ChatFace:
    """Serves the dialects of other vendors."""

    name = "chat"

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def route(self, exchange: Exchange) -> None:
        """Find the dialect by the path; what is not served is refused after the caller is known."""
        path = exchange.request.raw_path
        place = exchange.match = _PLACES.get(path)
        if place is None:
            exchange.unserved = lambda: PathUnserved(f"ringwall does not serve {path.decode('ascii', 'replace')[:100]}")
        elif exchange.request.method != "POST":
            exchange.unserved = lambda: InvalidRequest("this path takes POST")
        else:
            exchange.operation = _ROWS[place.dialect, False]

    async def authenticate(self, exchange: Exchange) -> None:
        """Check the API key or the signature."""
        request = exchange.request
        key = request.header("x-api-key")
        claim = BearerClaim(key) if key is not None and request.header("authorization") is None else parse_credentials(request)
        if isinstance(claim, SigV4Claim):
            exchange.signed_region = claim.region
            if claim.service != SIGNING_NAME:
                raise SignatureDoesNotMatch(f"Credential should be scoped to correct service: '{SIGNING_NAME}'.")
        exchange.principal = await exchange.rooms.identity.authenticate(request, claim)

    def endpoint(self, exchange: Exchange) -> str | None:
        """Return the vendor whose path it is."""
        return exchange.match.vendor if exchange.match is not None else None

    def decode(self, exchange: Exchange) -> None:
        """Read the question, and which guardrail it asks for."""
        body = decode_json(exchange.request.body, self._limits.json_depth)
        if not isinstance(body, dict):
            raise InvalidRequest("the body must be a JSON object")
        dialect = exchange.match.dialect
        ask = DIALECTS[dialect].read_request(body)
        exchange.operation = _ROWS[dialect, ask.stream]
        exchange.input = (ask, wanted_of(exchange))

    def encode(self, exchange: Exchange) -> HttpResponse:
        """Write the answer in the dialect of the question."""
        answer: Answer = exchange.output
        dialect = DIALECTS[exchange.match.dialect]
        created = int(exchange.now.timestamp())
        if isinstance(answer.events, list):
            body = dialect.write_answer(answer.events, answer.ask, answer_id=exchange.request_id, created=created)
            return HttpResponse(200, (("content-type", "application/json"),), msgspec.json.encode(body))
        stream = _written(exchange, dialect, answer.ask, answer.events, created)
        return HttpResponse(200, (("content-type", "text/event-stream"),), b"", stream)

    def refuse(self, exchange: Exchange, error: RingwallError) -> HttpResponse:
        """Render an error in the vendor's shape."""
        style = STYLES[exchange.match.vendor if exchange.match is not None else "openai"]
        body = msgspec.json.encode(style(error, exchange.request_id))
        wait = error.facts.get("retry_after_s")
        retry = (("retry-after", str(wait)),) if isinstance(wait, int) and wait >= 0 else ()
        return HttpResponse(status_of(error), (("content-type", "application/json"), *retry), body)

    def error_code(self, exchange: Exchange, error: RingwallError) -> str:  # noqa: ARG002 - a face's method; the code needs no exchange here
        """Return the error's own code."""
        return error.code


def wanted_of(exchange: Exchange) -> Wanted | None:
    """Read Bedrock's guardrail headers.

    Raises:
        InvalidRequest: one of the two without the other.
    """
    identifier, version = exchange.request.header(IDENTIFIER_HEADER), exchange.request.header(VERSION_HEADER)
    if identifier is None and version is None:
        return None
    if not identifier or not version:
        raise InvalidRequest(f"`{IDENTIFIER_HEADER}` and `{VERSION_HEADER}` go together")
    return Wanted(identifier=identifier, version=version)


async def _written(
    exchange: Exchange, dialect: Dialect, ask: Ask, events: AsyncGenerator[Event, None], created: int
) -> AsyncGenerator[bytes, None]:
    """Write a stream; what goes wrong ends it with an event that says so, never with nothing."""
    writer = dialect.stream_writer(ask, answer_id=exchange.request_id, created=created)
    async with aclosing(events):
        try:
            async for event in events:
                yield writer.write(event)
            yield writer.end()
        except RingwallError as error:
            yield writer.fail(error.code, error.message, error.status)
        except Exception as error:  # noqa: BLE001 - the request rim: whatever breaks in the middle of a stream, the client hears of it
            log.error("api.stream.failed %s %s", exchange.request_id, locate(error))  # noqa: TRY400 - a traceback would quote texts
            bug = Bug("an internal failure; the server's log has it under this request id")
            yield writer.fail(bug.code, bug.message, bug.status)
