"""botocore's protocol cases (the Smithy protocol tests), run against the server side of the wire.

Input: the serialized request of a case goes through the router and `decode_input`; what comes out must be the case's parameters.
Output: the case's result goes through `encode_output` (or `encode_error`); botocore's own parser must read the same result back.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from botocore.awsrequest import HeadersDict
from botocore.model import ServiceModel
from botocore.parsers import create_parser

from ringwall.vocabulary import Limits
from ringwall.wire import HttpRequest, HttpResponse, Match, Router, decode_input, encode_error, encode_output
from ringwall.wire.model import Service, service_from_model

PROTOCOL_OF_FILE = {
    "rest-json": "rest-json",
    "json": "json",
    "json_1_0": "json",
    "json_1_0-query-compatible": "json",
    "query": "query",
    "smithy-rpc-v2-cbor": "smithy-rpc-v2-cbor",
    "smithy-rpc-v2-cbor-query-compatible": "smithy-rpc-v2-cbor",
    "smithy-rpc-v2-cbor-non-query-compatible": "smithy-rpc-v2-cbor",
}
CONTENT_TYPE = {
    "json": "application/x-amz-json-1.0",
    "query": "application/x-www-form-urlencoded",
    "smithy-rpc-v2-cbor": "application/cbor",
}


class Case(NamedTuple):
    """One case beside the suite (metadata, shapes) that it stands in."""

    file: str
    protocol: str
    suite: dict[str, Any]
    case: dict[str, Any]

    @property
    def id(self) -> str:
        return f"{self.file}:{self.case['id']}"


def cases(folder: Path, direction: str, skipped_suites: frozenset[str] = frozenset()) -> Iterator[Case]:
    """Read the cases of one direction (`input`, `output`)."""
    for file, protocol in PROTOCOL_OF_FILE.items():
        for suite in json.loads((folder / direction / f"{file}.json").read_text(encoding="utf-8")):
            if suite.get("description") in skipped_suites:
                continue
            for case in suite["cases"]:
                yield Case(file, protocol, suite, case)


def _model(case: Case) -> dict[str, Any]:
    operation = {"http": {"method": "POST", "requestUri": "/"}, **case.case["given"]}
    metadata = {"endpointPrefix": "x", "targetPrefix": "T", "apiVersion": "2020-01-01", **case.suite["metadata"]}
    return {"metadata": metadata, "shapes": case.suite.get("shapes", {}), "operations": {operation["name"]: operation}}


def _service(case: Case) -> Service:
    return service_from_model("vector", _model(case))


def plain(value: Any) -> Any:
    """Write a value as the vectors do: moments as seconds, blobs as text, numbers that are not finite as words."""
    if isinstance(value, dt.datetime):
        seconds = value.timestamp()
        return int(seconds) if seconds == int(seconds) else round(seconds, 3)
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, float):
        if math.isfinite(value):
            return int(value) if value == int(value) else value
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def request_of(case: Case, service: Service) -> HttpRequest:
    """Make the request that the case's client sends."""
    sent = case.case["serialized"]
    parts = urlsplit(sent["uri"])
    headers = {name.lower(): value for name, value in (sent.get("headers") or {}).items()}
    if case.protocol != "rest-json":  # there some operations take the content type as a member
        headers.setdefault("content-type", CONTENT_TYPE[case.protocol])
    operation = case.case["given"]["name"]
    if case.protocol == "json":
        headers.setdefault("x-amz-target", f"{service.target_prefix}.{operation}")
    if case.protocol == "smithy-rpc-v2-cbor":
        headers.setdefault("smithy-protocol", "rpc-v2-cbor")
    body = sent.get("body") or ""
    if isinstance(body, dict):
        body = json.dumps(body)
    raw = base64.b64decode(body) if case.protocol == "smithy-rpc-v2-cbor" else body.encode()
    method = sent.get("method") or service.operations[operation].method
    return HttpRequest(method, parts.path.encode(), parts.query.encode(), tuple(headers.items()), raw, secure=True)


def run_input(case: Case) -> None:
    """Decode the case's request; raise AssertionError where the result is another."""
    service = _service(case)
    request = request_of(case, service)
    match = Router([service]).match(request, None)
    assert match.operation.name == case.case["given"]["name"]
    assert plain(decode_input(match, request, Limits())) == plain(case.case["params"])


def _moments(value: Any, shape: Any) -> Any:
    """Give a handler's values to the encoder: numbers where the model has timestamps become moments, text becomes blobs and floats."""
    if value is None or shape is None:
        return value
    if shape.type_name == "structure":
        return value if shape.is_document_type else {k: _moments(v, shape.members.get(k)) for k, v in value.items()}
    if shape.type_name == "list":
        return [_moments(item, shape.member) for item in value]
    if shape.type_name == "map":
        return {key: _moments(item, shape.value) for key, item in value.items()}
    if shape.type_name == "timestamp":
        return dt.datetime.fromtimestamp(value, dt.UTC)
    if shape.type_name == "blob":
        return value.encode() if isinstance(value, str) else value
    if shape.type_name in {"float", "double"} and isinstance(value, str):
        return float(value.replace("Infinity", "inf"))
    return value


def run_output_bytes(case: Case) -> None:
    """Encode the case's result and hold it to the case's own response: for what botocore's parser cannot read."""
    service = _service(case)
    name = case.case["given"]["name"]
    shape = ServiceModel(_model(case)).operation_model(name).output_shape
    answer = encode_output(Match(service, service.operations[name], case.protocol), _moments(case.case["result"], shape), "foo-id")
    wanted = case.case["response"]
    for header, value in wanted.get("headers", {}).items():
        if header.lower() != "content-length":  # the server's, not this room's
            assert answer.header(header.lower()) == value
    body = wanted.get("body") or ""
    assert answer.body.decode() == body or json.loads(answer.body) == (json.loads(body) if body else {})


def _parsed(case: Case, answer: HttpResponse, shape: Any) -> dict[str, Any]:
    parser = create_parser(case.protocol)
    return parser.parse({"status_code": answer.status, "headers": HeadersDict(dict(answer.headers)), "body": answer.body}, shape)


def run_output(case: Case) -> None:
    """Encode the case's result and read it back with botocore; raise AssertionError where it is another."""
    service = _service(case)
    name = case.case["given"]["name"]
    operation_model = ServiceModel(_model(case)).operation_model(name)
    shape = operation_model.output_shape
    match = Match(service, service.operations[name], case.protocol)
    answer = encode_output(match, _moments(case.case.get("result", {}), shape), "foo-id")
    assert answer.status == case.case["response"].get("status_code", 200)
    assert answer.header("x-amzn-requestid") == "foo-id"
    if shape is None:
        assert case.case.get("result", {}) == {}
        return
    parsed = _parsed(case, answer, shape)
    parsed.pop("ResponseMetadata", None)
    assert plain(parsed) == plain(case.case.get("result", {}))


def run_error(case: Case) -> None:
    """Encode the case's error and read code, message, status and modelled members back with botocore."""
    service = _service(case)
    name = case.case["given"]["name"]
    model = ServiceModel(_model(case))
    code = case.case["errorCode"]
    operation = service.operations[name]
    shape_name = operation.errors[code][0] if code in operation.errors else None
    shape = model.shape_for(shape_name) if shape_name else None
    extra = {key: item for key, item in _moments(case.case["error"], shape).items() if key.lower() != "message"}
    message = case.case.get("errorMessage") or ""
    match = Match(service, operation, case.protocol)
    status = case.case["response"]["status_code"]
    answer = encode_error(match, case.protocol, code, message, status, "client", "foo-id", extra)
    modelled_status = shape.metadata.get("error", {}).get("httpStatusCode") if shape is not None else None
    assert answer.status == (modelled_status or status)
    parsed = _parsed(case, answer, model.operation_model(name).output_shape)
    assert parsed["Error"]["Code"] == code
    assert parsed["Error"].get("Message", "") == message
    if shape is not None:
        modelled = create_parser(case.protocol).parse(
            {"status_code": answer.status, "headers": HeadersDict(dict(answer.headers)), "body": answer.body}, shape
        )
        for key, item in extra.items():
            assert plain(modelled.get(key)) == plain(item)
