"""AWS protocols (rest-json, json, query, CBOR, event stream, SigV4), OpenAI, Anthropic and SSE encodings: bytes in, values out."""

from ringwall.wire.message import HttpRequest, HttpResponse
from ringwall.wire.sigv4 import BearerClaim, SigningKey, SigV4Claim, parse_credentials, sign_request, verify_sigv4

__all__ = [
    "BearerClaim",
    "HttpRequest",
    "HttpResponse",
    "SigV4Claim",
    "SigningKey",
    "parse_credentials",
    "sign_request",
    "verify_sigv4",
]
