"""AWS protocols (rest-json, json, query, CBOR, event stream, SigV4), OpenAI, Anthropic and SSE encodings: bytes in, values out."""

from ringwall.wire.decode import decode_input
from ringwall.wire.message import HttpRequest, HttpResponse
from ringwall.wire.model import Operation, Service, load_service
from ringwall.wire.router import Match, Router, guess_protocol
from ringwall.wire.sigv4 import BearerClaim, SigningKey, SigV4Claim, parse_credentials, sign_request, verify_sigv4

__all__ = [
    "BearerClaim",
    "HttpRequest",
    "HttpResponse",
    "Match",
    "Operation",
    "Router",
    "Service",
    "SigV4Claim",
    "SigningKey",
    "decode_input",
    "guess_protocol",
    "load_service",
    "parse_credentials",
    "sign_request",
    "verify_sigv4",
]
