"""What is fuzzed in the wire: functions over bytes that may refuse with a RingwallError and do nothing else.

A request is written as text (`METHOD target`, header lines, an empty line, the body) so that a fuzzer can reach every part of it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cbor2

from ringwall.errors import DependencyError, RingwallError
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
from ringwall.wire.dialects.answer import answer_of
from ringwall.wire.dialects.dialect import Dialect
from ringwall.wire.dialects.errors import Untranslatable
from ringwall.wire.dialects.model import Ask, Event
from ringwall.wire.dialects.openai_embeddings import read_question, read_vectors, write_question, write_vectors
from ringwall.wire.dialects.sse import SseReader, write_sse
from ringwall.wire.dialects.table import APPLICATION_DIALECTS, DIALECTS
from ringwall.wire.dialects.texts import judged_texts, replace_texts
from ringwall.wire.event_stream import encode_event, encode_message
from ringwall.wire.pattern import pattern
from ringwall.wire.strict_cbor import decode_cbor
from ringwall.wire.strict_json import decode_json
from ringwall.wire.tabular.rows import CSV, JSON, NPY, read_rows

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
LIMITS = Limits(body_bytes=1 << 20)
ROUTER = Router(["bedrock", "bedrock-runtime", "iam", "sts", "cloudwatch"])
DIALECT_NAMES = tuple(DIALECTS)
_VECTORS = Path(__file__).resolve().parents[1] / "conformance" / "vectors" / "dialects"
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


def _dialect(data: bytes) -> tuple[Dialect, bytes]:
    """The first byte chooses the dialect."""
    return DIALECTS[DIALECT_NAMES[(data[0] if data else 0) % len(DIALECT_NAMES)]], data[1:]


def _object(data: bytes) -> dict[str, Any] | None:
    """Read a JSON object; None where it is something else, which faces and upstreams refuse before a dialect sees it."""
    body = decode_json(data, LIMITS.json_depth)
    return body if isinstance(body, dict) else None


def dialect_request(data: bytes) -> None:
    dialect, given = _dialect(data)
    body = _object(given)
    if body is None:
        return
    ask = dialect.read_request(body, model="m")
    texts = judged_texts(ask)
    assert dialect.read_request(dialect.write_request(ask, model="m"), model="m").turns == ask.turns
    changed = replace_texts(ask, {index: text.text + "!" for index, text in enumerate(texts) if not text.text.startswith(("{", "["))})
    assert [text.path for text in judged_texts(changed)] == [text.path for text in texts]
    for other in DIALECTS.values():
        try:
            other.read_request(other.write_request(ask, model="m"), model="m")
        except Untranslatable:
            if other is dialect:
                raise AssertionError("a dialect has a word for all that it read") from None


def responses_request(data: bytes) -> None:
    body = _object(data)
    if body is None:
        return
    ask = APPLICATION_DIALECTS["openai_responses"].read_request(body, model="m")
    texts = judged_texts(ask)
    changed = replace_texts(ask, {index: text.text + "!" for index, text in enumerate(texts) if not text.text.startswith(("{", "["))})
    assert [text.path for text in judged_texts(changed)] == [text.path for text in texts]
    for other in DIALECTS.values():
        with suppress(Untranslatable):
            other.read_request(other.write_request(ask, model="m"), model="m")


def embeddings(data: bytes) -> None:
    """The first byte says whether the rest is a question or an answer to one."""
    if data[:1] == b"\x01":
        found = read_vectors(data[1:], 2)
        asked = read_question({"model": "m", "input": ["a", "b"], "encoding_format": "base64"})
        assert len(write_vectors(found, asked, 1)["data"]) == 2
        return
    body = _object(data[1:])
    if body is None:
        return
    question = read_question(body)
    assert bool(judged_texts(question.ask)) or question.tokens
    assert write_question(question, "m")["input"] == question.ask.body["input"]


def dialect_answer(data: bytes) -> None:
    dialect, given = _dialect(data)
    body = _object(given)
    if body is None:
        return
    said = dialect.read_answer(body)
    written = dialect.write_answer(said, Ask(model="m"), answer_id="i", created=1)
    assert len(answer_of(dialect.read_answer(written)).blocks) <= len(answer_of(said).blocks)


def dialect_stream(data: bytes) -> None:
    dialect, stream = _dialect(data)
    step = 1 + len(stream) % 7
    whole, cut = _outcome(dialect, [stream]), _outcome(dialect, [stream[at : at + step] for at in range(0, len(stream), step)])
    assert whole == cut
    if isinstance(whole, list):
        answer_of(whole)  # raises where events are out of order


def _outcome(dialect: Dialect, chunks: list[bytes]) -> list[Event] | str:
    """The events of a stream, or the code of what is wrong with it."""
    reader = dialect.stream_reader()
    try:
        return [event for chunk in chunks for event in reader.feed(chunk)] + reader.end()
    except DependencyError as error:
        return error.code


def sse(data: bytes) -> None:
    found = SseReader().feed(data)
    again = SseReader().feed(b"".join([write_sse(event.data, event.event) for event in found]))
    assert [event.data for event in again] == [event.data for event in found]


def tabular(data: bytes) -> None:
    rows = read_rows((JSON, CSV, NPY)[data[0] % 3] if data else "", data[1:])
    assert rows
    assert all(isinstance(value, float) and abs(value) < math.inf for row in rows for value in row)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "route_and_decode": route_and_decode,
    "signature": signature,
    "events": events,
    "cbor": cbor,
    "json_text": json_text,
    "patterns": patterns,
    "dialect_request": dialect_request,
    "dialect_answer": dialect_answer,
    "responses_request": responses_request,
    "embeddings": embeddings,
    "dialect_stream": dialect_stream,
    "sse": sse,
    "tabular": tabular,
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
    if target == "patterns":
        return [b"\x00abc", b"\x10arn:aws:bedrock:us-east-1:123456789012:guardrail/abc"]
    if target == "tabular":
        vectors = json.loads((_VECTORS.parent / "tabular.json").read_text(encoding="utf-8"))["read"]
        kinds = (JSON, CSV, NPY)
        return [bytes([kinds.index(case["type"].partition(";")[0])]) + bytes.fromhex(case["body"]) for case in vectors]
    if target == "responses_request":
        return [json.dumps(case["body"]).encode() for case in _vectors("openai_responses")["requests"]]
    if target == "embeddings":
        cases = _vectors("openai_embeddings")
        asked = [b"\x00" + json.dumps(case["body"]).encode() for case in cases["questions"]]
        return asked + [b"\x01" + json.dumps(case["body"]).encode() for case in cases["answers"] if case["inputs"] == 2]
    return _dialect_seeds(target)


def _vectors(name: str) -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = json.loads((_VECTORS / f"{name}.json").read_text(encoding="utf-8"))
    return found


def _dialect_seeds(target: str) -> list[bytes]:
    """The dialects' own vectors, each after the byte that chooses its dialect."""
    found = []
    for number, name in enumerate(DIALECT_NAMES):
        vectors = json.loads((_VECTORS / f"{name}.json").read_text(encoding="utf-8"))
        if target == "dialect_request":
            found += [bytes([number]) + json.dumps(case["body"]).encode() for case in vectors["requests"]]
        elif target == "dialect_answer":
            found += [bytes([number]) + json.dumps(case["body"]).encode() for case in vectors["answers"]]
        else:
            head = b"" if target == "sse" else bytes([number])
            found += [head + _stream(case) for case in vectors["streams"]]
    return found


def _stream(case: dict[str, list[str] | list[tuple[str, dict[str, object]]]]) -> bytes:
    if "lines" in case:
        return "\n".join(case["lines"]).encode()
    framed = [
        encode_message({":message-type": "event", ":event-type": name}, json.dumps(payload).encode()) for name, payload in case["frames"]
    ]
    return b"".join(framed)
