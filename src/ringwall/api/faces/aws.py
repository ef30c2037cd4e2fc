"""The AWS face: any AWS protocol in, an operation's input; its output or error back out, as an unmodified SDK expects them."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing

import msgspec

from ringwall.api.aws.operation import Operation, Streamed
from ringwall.api.exchange import Exchange
from ringwall.api.faces.aws_errors import AwsError, aws_error
from ringwall.api.faces.unserved import name_operation
from ringwall.api.logs import locate
from ringwall.errors import Bug, RingwallError, Unserved
from ringwall.vocabulary import Limits
from ringwall.wire import (
    HttpResponse,
    Router,
    SigV4Claim,
    UnknownOperation,
    UnservedService,
    decode_input,
    encode_error,
    encode_event,
    encode_exception_event,
    encode_output,
    guess_protocol,
    parse_credentials,
)

log = logging.getLogger("ringwall.api")

BEARER_SIGNING_NAME = "bedrock"
"""The service that API keys are for."""


_ENDPOINTS = {
    "bedrock": "bedrock",
    "bedrock-runtime": "bedrock",
    "sagemaker": "sagemaker",
    "sagemaker-featurestore-runtime": "sagemaker",
    "sagemaker-runtime": "sagemaker",
}


class OperationUnserved(Unserved, code="operation-unserved"):
    """ringwall does not serve this AWS operation."""

    remedy = "docs/wire/operations.md lists what is served"


class AwsFace:
    """Serves the rows of an operation table over every protocol their services speak."""

    name = "aws"

    def __init__(self, operations: Sequence[Operation], limits: Limits) -> None:
        self._rows: Mapping[tuple[str, str], Operation] = {(row.service, row.name): row for row in operations}
        self._router = Router(sorted({row.service for row in operations}))
        self._limits = limits

    def route(self, exchange: Exchange) -> None:
        """Find the operation by target header, form action or path.

        What is not there, or not served, is refused only after the caller is known: strangers learn nothing, and the refusal is recorded.
        """
        claim = exchange.claim = parse_credentials(exchange.request)
        signing_name = None
        if isinstance(claim, SigV4Claim):
            signing_name, exchange.signed_region = claim.service, claim.region
        try:
            match = exchange.match = self._router.match(exchange.request, signing_name)
        except (UnservedService, UnknownOperation) as error:
            refusal = error
            exchange.unserved = lambda: self._name_unserved(exchange, signing_name or BEARER_SIGNING_NAME, refusal)
            return
        exchange.operation = self._rows.get((match.service.name, match.operation.name))
        if exchange.operation is None:
            exchange.unserved = lambda: _unserved(match.service.name, match.operation.name)

    @staticmethod
    def _name_unserved(exchange: Exchange, signing_name: str, error: RingwallError) -> RingwallError:
        request = exchange.request
        if request.header("x-amz-target") is not None or guess_protocol(request) != "rest-json":
            return error  # it names the operation already
        named = name_operation(signing_name, request.method, request.raw_path)
        return _unserved(*named) if named is not None else error

    async def authenticate(self, exchange: Exchange) -> None:
        """Check the signature or the API key."""
        exchange.principal = await exchange.rooms.identity.authenticate(exchange.request, exchange.claim)

    def endpoint(self, exchange: Exchange) -> str | None:
        """Return the endpoint by the service; control services (IAM, STS, WAFV2) have none, so that no web ACL locks its owner out."""
        return _ENDPOINTS.get(exchange.operation.service) if exchange.operation is not None else None

    def decode(self, exchange: Exchange) -> None:
        """Turn the request into the operation's input, checked against the service model."""
        exchange.input = decode_input(exchange.match, exchange.request, self._limits)

    def encode(self, exchange: Exchange) -> HttpResponse:
        """Render the output in the protocol that the request came in."""
        if isinstance(exchange.output, Streamed):
            response = encode_output(exchange.match, exchange.output.head, exchange.request_id)
            return msgspec.structs.replace(response, stream=_frames(exchange, exchange.output))
        return encode_output(exchange.match, exchange.output, exchange.request_id)

    def refuse(self, exchange: Exchange, error: RingwallError) -> HttpResponse:
        """Render an error as the operation's modelled exception, or as one that all services share."""
        named = self._named(exchange, error)
        message = f"{error.message} ({error.how_to_mend.rstrip('.')})" if error.how_to_mend and error.status < 500 else error.message
        return encode_error(exchange.match, _protocol(exchange), named.code, message, named.status, named.fault, exchange.request_id, {})

    def error_code(self, exchange: Exchange, error: RingwallError) -> str:
        """Return the exception's name."""
        return self._named(exchange, error).code

    @staticmethod
    def _named(exchange: Exchange, error: RingwallError) -> AwsError:
        row = exchange.operation
        return aws_error(error, row.service if row else "", row.name if row else "", _protocol(exchange))


async def _frames(exchange: Exchange, output: Streamed) -> AsyncGenerator[bytes, None]:
    """Frame a stream's events; what goes wrong ends it with a message that says so, never with nothing."""
    service, operation = exchange.match.service, exchange.match.operation
    async with aclosing(output.events) as events:
        try:
            async for name, payload in events:
                yield encode_event(service, operation, name, payload)
        except RingwallError as error:
            yield _last_words(exchange, error)
        except Exception as error:  # noqa: BLE001 - the request rim: whatever breaks in the middle of a stream, the client hears of it
            log.error("api.stream.failed %s %s", exchange.request_id, locate(error))  # noqa: TRY400 - a traceback would quote texts
            yield _last_words(exchange, Bug("an internal failure; the server's log has it under this request id"))


def _last_words(exchange: Exchange, error: RingwallError) -> bytes:
    service, operation = exchange.match.service, exchange.match.operation
    name = _STREAM_EXCEPTIONS.get(error.status, "internalServerException" if error.status >= 500 else "validationException")
    return encode_exception_event(service, operation, name, error.message)


_STREAM_EXCEPTIONS = {429: "throttlingException", 502: "modelStreamErrorException", 503: "serviceUnavailableException"}


def _unserved(service: str, operation: str) -> OperationUnserved:
    return OperationUnserved(f"ringwall does not serve the operation {operation} of {service}", service=service, operation=operation)


def _protocol(exchange: Exchange) -> str:
    return str(exchange.match.protocol) if exchange.match is not None else guess_protocol(exchange.request)
