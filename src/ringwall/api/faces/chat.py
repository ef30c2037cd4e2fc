"""The faces of other vendors: OpenAI's and Anthropic's paths, in their own dialects, errors and streams (`endpoint.py`).

Whoever calls comes with an API key (`Authorization: Bearer KEY`, Anthropic's `x-api-key: KEY`) or a signature for `bedrock`. A request
names its guardrail in Bedrock's own headers; the account's enforced one applies whatever a request says.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ringwall.api.exchange import Exchange
from ringwall.api.faces.chat_errors import STYLES, status_of
from ringwall.api.faces.conversations import Conversation
from ringwall.api.faces.embeddings import Embeddings
from ringwall.api.faces.endpoint import Endpoint
from ringwall.api.faces.model_list import PATH as MODELS
from ringwall.api.faces.model_list import ModelList, OneModel
from ringwall.api.faces.token_counts import TokenCounts
from ringwall.errors import InvalidRequest, RingwallError, Unserved
from ringwall.inference.gateway.gateway import Wanted
from ringwall.vocabulary import Limits
from ringwall.wire import BearerClaim, HttpResponse, SignatureDoesNotMatch, SigV4Claim, parse_credentials

IDENTIFIER_HEADER = "x-amzn-bedrock-guardrailidentifier"
VERSION_HEADER = "x-amzn-bedrock-guardrailversion"
SIGNING_NAME = "bedrock"


class PathUnserved(Unserved, code="operation-unserved"):
    """ringwall does not serve this operation of that vendor's API."""

    remedy = "docs/wire/dialects.md lists what is served"


_ENDPOINTS: Mapping[bytes, Endpoint] = {
    b"/v1/chat/completions": Conversation("openai_chat", "openai", "ChatCompletions"),
    b"/v1/responses": Conversation("openai_responses", "openai", "Responses"),
    b"/v1/messages": Conversation("anthropic_messages", "anthropic", "Messages"),
    b"/v1/messages/count_tokens": TokenCounts(),
    b"/v1/embeddings": Embeddings(),
    MODELS: ModelList(),
}
_ONE_MODEL = OneModel()
_UNSERVED = frozenset({b"/v1/completions"})
_BELOW = tuple(path + b"/" for path in _ENDPOINTS)
"""Where the vendors have operations on what was kept, and more: `/v1/responses/ID`, `/v1/messages/batches`."""


def is_chat(path: bytes) -> bool:
    """Say whether a path is one of these vendors'."""
    return _endpoint(path) is not None or path in _UNSERVED or path.startswith(_BELOW)


def _endpoint(path: bytes) -> Endpoint | None:
    found = _ENDPOINTS.get(path)
    return _ONE_MODEL if found is None and path.startswith(MODELS + b"/") else found


class ChatFace:
    """Serves the dialects of other vendors."""

    name = "chat"

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def route(self, exchange: Exchange) -> None:
        """Find the operation by the path; what is not served is refused after the caller is known."""
        path = exchange.request.raw_path
        endpoint = exchange.match = _endpoint(path)
        if endpoint is None:
            exchange.unserved = lambda: PathUnserved(f"ringwall does not serve {path.decode('ascii', 'replace')[:100]}")
        elif exchange.request.method != endpoint.method:
            exchange.unserved = lambda: InvalidRequest(f"this path takes {endpoint.method}")
        else:
            exchange.operation = endpoint.operation

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
        """Read what is asked for, and under which guardrail."""
        exchange.operation, exchange.input = exchange.match.read(exchange, wanted_of(exchange), self._limits)

    def encode(self, exchange: Exchange) -> HttpResponse:
        """Write the answer as the vendor would."""
        response: HttpResponse = exchange.match.write(exchange)
        return response

    def refuse(self, exchange: Exchange, error: RingwallError) -> HttpResponse:
        """Render an error in the vendor's shape."""
        style = STYLES[_vendor(exchange)]
        body = msgspec.json.encode(style(error, exchange.request_id))
        wait = error.facts.get("retry_after_s")
        retry = (("retry-after", str(wait)),) if isinstance(wait, int) and wait >= 0 else ()
        return HttpResponse(status_of(error), (("content-type", "application/json"), *retry), body)

    def error_code(self, exchange: Exchange, error: RingwallError) -> str:  # noqa: ARG002 - a face's method; the code needs no exchange here
        """Return the error's own code."""
        return error.code


def _vendor(exchange: Exchange) -> str:
    if exchange.match is not None:
        return str(exchange.match.vendor)
    return next((found.vendor for path, found in _ENDPOINTS.items() if exchange.request.raw_path.startswith(path + b"/")), "openai")


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
