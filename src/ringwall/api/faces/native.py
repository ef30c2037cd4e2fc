"""The native face: JSON under `/ringwall/v1`, refusals as RFC 9457 problem details, one operation table."""

from __future__ import annotations

import hmac
import re
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from ringwall.api.exchange import Exchange
from ringwall.api.faces.problem import problem
from ringwall.api.native.operation import NativeOperation, Static
from ringwall.errors import InvalidRequest, NotAuthenticated, NotFound, RingwallError
from ringwall.vocabulary import Principal
from ringwall.wire import BearerClaim, HttpResponse, SigV4Claim, parse_credentials

PREFIX = b"/ringwall/v1/"
SIGNING_NAME = "ringwall"
ACCOUNT_HEADER = "x-ringwall-account"
LOOPBACK = frozenset({"127.0.0.1", "::1", "::ffff:127.0.0.1"})

_ACCOUNT_ID = re.compile(r"[0-9]{12}", re.ASCII)


class NoSuchPath(NotFound, code="no-such-path"):
    """The native API has nothing here."""

    remedy = "GET /ringwall/v1/openapi.json describes every operation"


class MethodNotAllowed(InvalidRequest, code="method-not-allowed", status=405):
    """The native API does not take this method here."""


class WrongSigningName(NotAuthenticated, code="wrong-signing-name"):
    """The request was signed for another service."""

    remedy = f"sign for the service name `{SIGNING_NAME}`"


class Operator:
    """The local operator: whoever can read server.json in the data directory, from this machine.

    Upholds: the token is compared in constant time, opens nothing from another machine, and lives as long as the process.
    """

    def __init__(self, token: str, principal: Callable[[str | None], Awaitable[Principal]]) -> None:
        """Take the token, and a function from an account id (None: the first account) to its root."""
        self._token = token.encode()
        self._principal = principal

    async def recognise(self, token: str, source_ip: str, account: str | None) -> Principal | None:
        """Return who the operator acts as; None when this is not the operator's token."""
        if not hmac.compare_digest(token.encode(), self._token) or source_ip not in LOOPBACK:
            return None
        if account is not None and not _ACCOUNT_ID.fullmatch(account):
            raise InvalidRequest(f"`{ACCOUNT_HEADER}` must be 12 digits")
        return await self._principal(account)


class NativeFace:
    """Serves a native operation table."""

    name = "native"

    def __init__(self, operations: Sequence[NativeOperation], operator: Operator, openapi: Callable[[], bytes]) -> None:
        self._operations = tuple(operations)
        self._operator = operator
        self._openapi = openapi

    def route(self, exchange: Exchange) -> None:
        """Find the operation by method and path; what is not there is refused after the caller is known."""
        request = exchange.request
        segments = request.raw_path.removeprefix(PREFIX).decode("ascii", "replace").split("/")
        here: list[NativeOperation] = []
        for operation in self._operations:
            try:
                parameters = operation.match(segments)
            except UnicodeDecodeError:
                raise InvalidRequest("the path is not percent-encoded UTF-8") from None
            if parameters is None:
                continue
            here.append(operation)
            if operation.method == request.method:
                exchange.match = (operation, parameters)
                exchange.operation = operation.row
                return
        methods = ", ".join(sorted({operation.method for operation in here}))
        path = request.raw_path[:200].decode("ascii", "replace")
        if here:
            exchange.unserved = lambda: MethodNotAllowed(f"`{path}` takes {methods}")
        else:
            exchange.unserved = lambda: NoSuchPath(f"there is nothing at `{path}`")

    async def authenticate(self, exchange: Exchange) -> None:
        """Take the operator's token, an API key or a signature."""
        claim = parse_credentials(exchange.request)
        if isinstance(claim, BearerClaim):
            exchange.principal = await self._operator.recognise(claim.token, exchange.source_ip, exchange.request.header(ACCOUNT_HEADER))
            if exchange.principal is not None:
                return
        elif isinstance(claim, SigV4Claim):
            exchange.signed_region = claim.region
            if claim.service != SIGNING_NAME:
                raise WrongSigningName(f"the request was signed for `{claim.service[:64]}`")
        exchange.principal = await exchange.rooms.identity.authenticate(exchange.request)

    def endpoint(self, exchange: Exchange) -> str | None:  # noqa: ARG002 - a face's method; here there is one
        """Return the native API's endpoint."""
        return "native"

    def decode(self, exchange: Exchange) -> None:
        """Join path, query and body into the operation's input."""
        operation, parameters = exchange.match
        exchange.input = operation.read(exchange.request, parameters)

    def encode(self, exchange: Exchange) -> HttpResponse:
        """Render the output as JSON; what is static goes out as it is, and may be kept by whoever was allowed to read it."""
        operation: NativeOperation = exchange.match[0]
        if isinstance(exchange.output, Static):
            kept = "private, max-age=31536000, immutable" if exchange.output.immutable else "no-store"
            return HttpResponse(200, (("content-type", exchange.output.media), ("cache-control", kept)), exchange.output.content)
        if operation.output is None:
            return HttpResponse(204, (), b"")
        return HttpResponse(operation.status, (("content-type", "application/json"),), msgspec.json.encode(exchange.output))

    def refuse(self, exchange: Exchange, error: RingwallError) -> HttpResponse:
        """Render problem details."""
        return problem(error, exchange.request_id)

    def error_code(self, exchange: Exchange, error: RingwallError) -> str:  # noqa: ARG002 - a face's method; the code needs no exchange here
        """Return the error's own code."""
        return error.code

    def describe(self) -> HttpResponse:
        """Return the OpenAPI document, which needs no key."""
        return HttpResponse(200, (("content-type", "application/json"),), self._openapi())
