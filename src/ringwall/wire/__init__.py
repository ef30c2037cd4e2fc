"""AWS protocols (rest-json, json, query, CBOR, event stream, SigV4), OpenAI, Anthropic and SSE encodings: bytes in, values out.

Today: the AWS protocols, Signature Version 4 and bearer keys; of other vendors, chat completions, responses,
embeddings and messages (`dialects`); rows of numbers in JSON, CSV and NumPy's format (`tabular`).
"""

from ringwall.wire.decode import decode_input
from ringwall.wire.encode import encode_output
from ringwall.wire.errors import (
    ConstraintsViolated,
    ExpiredToken,
    IncompleteSignature,
    MalformedRequest,
    MissingAuthenticationToken,
    PayloadHashMismatch,
    PresignedUrlRefused,
    SignatureDoesNotMatch,
    SignatureExpired,
    StreamingPayloadRefused,
    UnknownOperation,
    UnrecognizedClient,
    UnservedService,
    UnsignedPayloadRefused,
    UnsupportedEncoding,
    UntranslatablePattern,
)
from ringwall.wire.event_stream import EventMessage, decode_messages, encode_error_event, encode_event, encode_exception_event
from ringwall.wire.fault import encode_error
from ringwall.wire.message import HttpRequest, HttpResponse
from ringwall.wire.model import Operation, Service, load_service
from ringwall.wire.router import Match, Router, guess_protocol
from ringwall.wire.sigv4 import BearerClaim, SigningKey, SigV4Claim, parse_credentials, sign_request, verify_sigv4

__all__ = [
    "BearerClaim",
    "ConstraintsViolated",
    "EventMessage",
    "ExpiredToken",
    "HttpRequest",
    "HttpResponse",
    "IncompleteSignature",
    "MalformedRequest",
    "Match",
    "MissingAuthenticationToken",
    "Operation",
    "PayloadHashMismatch",
    "PresignedUrlRefused",
    "Router",
    "Service",
    "SigV4Claim",
    "SignatureDoesNotMatch",
    "SignatureExpired",
    "SigningKey",
    "StreamingPayloadRefused",
    "UnknownOperation",
    "UnrecognizedClient",
    "UnservedService",
    "UnsignedPayloadRefused",
    "UnsupportedEncoding",
    "UntranslatablePattern",
    "decode_input",
    "decode_messages",
    "encode_error",
    "encode_error_event",
    "encode_event",
    "encode_exception_event",
    "encode_output",
    "guess_protocol",
    "load_service",
    "parse_credentials",
    "sign_request",
    "verify_sigv4",
]
