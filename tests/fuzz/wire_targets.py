"""What is fuzzed in the wire: functions over bytes that may refuse with a RingwallError and do nothing else.

A request is written as text (`METHOD target`, header lines, an empty line, the body) so that a fuzzer can reach every part of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

import cbor2

from ringwall.errors import RingwallError
from ringwall.vocabulary import Limits
from ringwall.wire import (
    HttpRequest,
    Router,
    SigningKey,
    SigV4Claim,
    decode_input,
    decode_messages,
    encode_error,
    guess_protocol,
    load_service,
    parse_credentials,
    sign_request,
    verify_sigv4,
)
from ringwall.wire.event_stream import encode_event, encode_message
from ringwall.wire.pattern import pattern
from ringwall.wire.strict_cbor import decode_cbor
from ringwall.wire.strict_json import decode_json

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
LIMITS = Limits(body_bytes=1 << 20)
ROUTER = Router(["bedrock", "bedrock-runtime", "iam", "sts", "cloudwatch"])
_PATTERNS = sorted({shape.pattern for service in ROUTER.services.values() for shape in service.shapes.values() if shape.pattern})


def request_from(data: bytes) -> HttpRequest:
    """Read a request from its text; every text is one."""
    head, _, body = data.partition(b"\n\n")
    first, *lines = head.split(b"\n")
    method, _, target = first.partition(b" ")
    path, _, query = target.partition(b"?")
    headers = []
    for line in lines:
        name, _, value = line.decode("latin-1").partition(":")
        headers.append((name.strip().lower(), value.strip()))
    return HttpRequest(method.decode("latin-1"), path, query, tuple(headers), body, secure=len(data) % 2 == 0)


def text_of(request: HttpRequest) -> bytes:
    """Write a request as text."""
    target = request.raw_path + (b"?" + request.query if request.query else b"")
    lines = [f"{name}: {value}".encode("latin-1") for name, value in request.headers]
    return b"\n".join([request.method.encode() + b" " + target, *lines]) + b"\n\n" + request.body


def route_and_decode(data: bytes) -> None:
    request = request_from(data)
    match = None
    for signing_name in (None, "bedrock", "iam"):
        try:
            match = ROUTER.match(request, signing_name)
            decode_input(match, request, LIMITS)
        except RingwallError as error:
            protocol = match.protocol if match is not None else guess_protocol(request)
            answer = encode_error(match, protocol, "ValidationException", error.message, error.status, "client", "request-1", {})
            assert answer.body


def signature(data: bytes) -> None:
    request = request_from(data)
    claim = parse_credentials(request)
    if isinstance(claim, SigV4Claim):
        verify_sigv4(claim, request, SECRET, NOW)


def events(data: bytes) -> None:
    messages, rest = decode_messages(data)
    assert sum(len(encode_message(message.headers, message.payload)) for message in messages) <= len(data) - len(rest) + 8 * len(data)


def cbor(data: bytes) -> None:
    decode_cbor(data, LIMITS.json_depth)


def json_text(data: bytes) -> None:
    value = decode_json(data, LIMITS.json_depth)
    assert json.loads(data, object_pairs_hook=_once) == value  # what we read, Python reads alike, with every name once


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    assert len({name for name, _ in pairs}) == len(pairs)
    return dict(pairs)


def patterns(data: bytes) -> None:
    text = data[1:].decode("utf-8", "surrogateescape")
    pattern(_PATTERNS[(data[0] if data else 0) % len(_PATTERNS)]).matches(text)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "route_and_decode": route_and_decode,
    "signature": signature,
    "events": events,
    "cbor": cbor,
    "json_text": json_text,
    "patterns": patterns,
}


def run(target: str, data: bytes) -> None:
    """Run one case: a refusal is an answer, anything else raised is a failure."""
    try:
        TARGETS[target](data)
    except RingwallError:
        return


def _requests() -> list[HttpRequest]:
    json_header = ("content-type", "application/json")
    guardrail = {
        "name": "g",
        "blockedInputMessaging": "no",
        "blockedOutputsMessaging": "no",
        "contentPolicyConfig": {"filtersConfig": [{"type": "HATE", "inputStrength": "HIGH", "outputStrength": "LOW"}]},
        "tags": [{"key": "k", "value": "é"}],
    }
    datum = {"Namespace": "n", "MetricData": [{"MetricName": "m", "Value": 1.5, "Timestamp": NOW}]}
    form = b"Action=CreateUser&Version=2010-05-08&UserName=bob&Tags.member.1.Key=team&Tags.member.1.Value=red%20one"
    form_header = ("content-type", "application/x-www-form-urlencoded; charset=utf-8")
    apply = b'{"source":"INPUT","content":[{"text":{"text":"a: \\u00e9 {\\"b\\":1}","qualifiers":["query"]}}],"outputScope":"FULL"}'
    host = ("host", "127.0.0.1:8741")
    target = ("x-amz-target", "GraniteServiceVersion20100801.DescribeAlarms")
    cbor_headers = (host, ("smithy-protocol", "rpc-v2-cbor"), ("content-type", "application/cbor"))
    rpc = b"/service/GraniteServiceVersion20100801/operation/PutMetricData"
    return [
        HttpRequest("POST", b"/guardrails", b"", (host, json_header), json.dumps(guardrail).encode(), secure=False),
        HttpRequest("POST", b"/guardrail/arn%3Aaws%3Abedrock/version/DRAFT/apply", b"", (host, json_header), apply, secure=False),
        HttpRequest("GET", b"/guardrails", b"maxResults=10&nextToken=a%2Bb", (host,), b"", secure=False),
        HttpRequest("POST", b"/model/a.b-c/converse-stream", b"", (host, json_header), b'{"messages":[]}', secure=False),
        HttpRequest("POST", b"/", b"", (host, form_header), form, secure=False),
        HttpRequest("POST", b"/", b"", (host, target, ("content-type", "application/x-amz-json-1.0")), b'{"MaxRecords":5}', secure=False),
        HttpRequest("POST", rpc, b"", cbor_headers, cbor2.dumps(datum, datetime_as_timestamp=True), secure=False),
    ]


def seeds(target: str) -> list[bytes]:
    """Valid cases to begin from."""
    if target == "route_and_decode":
        return [text_of(request) for request in _requests()]
    if target == "signature":
        key = SigningKey("AKIDEXAMPLE", SECRET, "us-east-1", "bedrock", "token")
        return [text_of(sign_request(request, key, NOW)) for request in _requests()] + [b"GET /\nauthorization: Bearer abc\n\n"]
    if target == "events":
        runtime = load_service("bedrock-runtime")
        event = encode_event(
            runtime, runtime.operation("ConverseStream"), "contentBlockDelta", {"delta": {"text": "x"}, "contentBlockIndex": 0}
        )
        return [event, event + event, encode_message({"a": True, "b": 7, "c": b"x", "d": "y", "e": NOW}, b"payload")]
    if target == "cbor":
        return [
            cbor2.dumps({"a": [1, -2, 1.5, b"x", "é", None, True], "b": {"c": NOW}}, datetime_as_timestamp=True),
            b"\xbf\x61a\x9f\x01\xff\xff",
        ]
    if target == "json_text":
        return [request.body for request in _requests() if request.body.startswith(b"{")] + [b'[1e5,-0.1,"\\ud83d\\ude00"," "]']
    return [b"\x00abc", b"\x10arn:aws:bedrock:us-east-1:123456789012:guardrail/abc"]
