"""Make the wire's committed vectors with botocore as the other side: `python tests/conformance/vectors/make_wire.py`.

wire-sigv4.json: requests signed by botocore's signer, and the same with one thing changed.
wire-protocols.json: requests written by botocore's serializers with the input they carry, and answers that botocore's parsers read back.
"""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import botocore.auth
from botocore.awsrequest import AWSRequest, HeadersDict
from botocore.credentials import Credentials
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from ringwall.wire import Match, encode_output, load_service

VECTORS = Path(__file__).resolve().parent
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
BODY = b'{"source":"INPUT","content":[{"text":{"text":"write to bob"}}]}'
APPLY = "/guardrail/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aguardrail%2Fabc/version/DRAFT/apply"


def signed(service: str, method: str, url: str, headers: dict[str, str], body: bytes, token: str | None) -> dict[str, Any]:
    """Sign with botocore."""
    request = AWSRequest(method=method, url=url, headers=headers, data=body)
    botocore.auth.get_current_datetime = lambda: NOW.replace(tzinfo=None)  # the signer reads no other clock
    botocore.auth.SigV4Auth(Credentials("AKIDEXAMPLE", SECRET, token), service, "us-east-1").add_auth(request)
    path, _, query = url.split("/", 3)[3].partition("?")
    pairs = [["host", url.split("/")[2]], *([name.lower(), value] for name, value in request.headers.items())]
    return {
        "method": method,
        "raw_path": "/" + path,
        "query": query,
        "headers": pairs,
        "body": base64.b64encode(body).decode(),
        "secure": False,
    }


def signature_cases() -> list[dict[str, Any]]:
    base = "http://127.0.0.1:8741"
    json_type = {"Content-Type": "application/json"}
    apply = signed("bedrock", "POST", base + APPLY, json_type, BODY, None)
    token = signed("bedrock", "POST", base + APPLY, json_type, BODY, "FwoGZXIvYXdzEXAMPLE//token==")
    query = signed("bedrock", "GET", base + "/guardrails?maxResults=10&nextToken=a%2Fb%3D", {}, b"", None)
    form = signed(
        "iam", "POST", base + "/", {"Content-Type": "application/x-www-form-urlencoded"}, b"Action=ListUsers&Version=2010-05-08", None
    )
    hashed = {"X-Amz-Content-SHA256": "d5e5b8ec4b0ac2a4d6f1a3b3b6ad3d3a4d8d5c9b9d4fd21f6ad0a4a9d6a0c7c1"}
    wrong_hash = signed("bedrock", "POST", base + APPLY, {**json_type, **hashed}, BODY, None)
    spaced = signed("bedrock", "POST", base + APPLY, {**json_type, "X-Amz-Note": "  two   spaces  "}, BODY, None)
    authority = signed("bedrock", "POST", base + APPLY, {**json_type, ":authority": "127.0.0.1:8741"}, BODY, None)
    cases = [
        {"name": "HTTP/2: the authority itself is signed", **authority, "expect": "accepted"},
        {"name": "an ARN in the path is encoded twice", **apply, "expect": "accepted"},
        {"name": "a session token is signed", **token, "expect": "accepted"},
        {"name": "a query is signed in order", **query, "expect": "accepted"},
        {"name": "a form is signed", **form, "expect": "accepted"},
        {"name": "white space in a header is folded", **spaced, "expect": "accepted"},
        {"name": "the declared hash is not the body's", **wrong_hash, "expect": "payload-hash-mismatch"},
        {"name": "another method", **apply, "method": "PUT", "expect": "signature-does-not-match"},
        {"name": "another path", **apply, "raw_path": APPLY.replace("DRAFT", "1"), "expect": "signature-does-not-match"},
        {"name": "another query", **query, "query": query["query"].replace("10", "11"), "expect": "signature-does-not-match"},
        {"name": "another body", **apply, "body": base64.b64encode(BODY + b" ").decode(), "expect": "signature-does-not-match"},
        {"name": "another host", **with_header(apply, "host", "evil.example"), "expect": "signature-does-not-match"},
        {"name": "another token", **with_header(token, "x-amz-security-token", "x"), "expect": "signature-does-not-match"},
        {"name": "a header x-amz- beside the signed ones", **with_header(apply, "x-amz-extra", "1"), "expect": "incomplete-signature"},
        {"name": "two hosts", **with_header(apply, ":authority", "evil.example"), "expect": "incomplete-signature"},
        {"name": "HTTP/2: the authority stands for the host", **renamed(apply, "host", ":authority"), "expect": "accepted"},
    ]
    for minutes, expect in ((15, "accepted"), (-15, "accepted"), (16, "signature-expired"), (-16, "signature-expired")):
        cases.append({"name": f"read {minutes} minutes after it was signed", **apply, "minutes": minutes, "expect": expect})
    return cases


def with_header(request: dict[str, Any], name: str, value: str) -> dict[str, Any]:
    return {**request, "headers": [*([n, v] for n, v in request["headers"] if n != name), [name, value]]}


def renamed(request: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    return {**request, "headers": [[new if name == old else name, value] for name, value in request["headers"]]}


INPUTS: list[tuple[str, str, dict[str, Any]]] = [
    (
        "bedrock",
        "CreateGuardrail",
        {
            "name": "demo",
            "blockedInputMessaging": "no",
            "blockedOutputsMessaging": "no",
            "contentPolicyConfig": {"filtersConfig": [{"type": "HATE", "inputStrength": "HIGH", "outputStrength": "LOW"}]},
            "contextualGroundingPolicyConfig": {"filtersConfig": [{"type": "GROUNDING", "threshold": 0.75}]},
            "description": 'räd 😀 "x"',
            "tags": [{"key": "team", "value": "a=b c"}],
            "clientRequestToken": "token-1",
        },
    ),
    ("bedrock", "GetGuardrail", {"guardrailIdentifier": "arn:aws:bedrock:us-east-1:123456789012:guardrail/abc", "guardrailVersion": "1"}),
    ("bedrock", "ListGuardrails", {"maxResults": 10, "nextToken": "a+b/c="}),
    ("bedrock", "DeleteGuardrail", {"guardrailIdentifier": "abc"}),
    (
        "bedrock-runtime",
        "ApplyGuardrail",
        {
            "guardrailIdentifier": "abc",
            "guardrailVersion": "DRAFT",
            "source": "INPUT",
            "content": [
                {"text": {"text": 'a "b": c\n', "qualifiers": ["query"]}},
                {"image": {"format": "png", "source": {"bytes": b"\x89PNG"}}},
            ],
            "outputScope": "FULL",
        },
    ),
    ("bedrock-runtime", "InvokeModel", {"modelId": "a.b-c:0", "body": b'{"x":1}', "guardrailIdentifier": "abc", "guardrailVersion": "1"}),
    ("iam", "CreateUser", {"UserName": "bob", "Path": "/team/", "Tags": [{"Key": "a", "Value": "b c"}, {"Key": "d", "Value": "é漢=+ b"}]}),
    ("iam", "ListUsers", {"MaxItems": 5, "PathPrefix": "/"}),
    ("sts", "AssumeRole", {"RoleArn": "arn:aws:iam::123456789012:role/r", "RoleSessionName": "session", "DurationSeconds": 900}),
    (
        "cloudwatch",
        "PutMetricData",
        {
            "Namespace": "n",
            "MetricData": [{"MetricName": "m", "Value": 1.5, "Timestamp": NOW, "Dimensions": [{"Name": "a", "Value": "b"}]}],
        },
    ),
]
OUTPUTS: list[tuple[str, str, dict[str, Any]]] = [
    ("bedrock", "CreateGuardrail", {"guardrailId": "abc", "guardrailArn": "arn:x", "version": "DRAFT", "createdAt": NOW}),
    ("bedrock-runtime", "ApplyGuardrail", {"usage": {"topicPolicyUnits": 1}, "action": "NONE", "outputs": [], "assessments": []}),
    ("bedrock-runtime", "InvokeModel", {"body": b"{}", "contentType": "application/json"}),
    ("iam", "GetUser", {"User": {"Path": "/", "UserName": "b<o>&b", "UserId": "AIDA", "Arn": "arn:x", "CreateDate": NOW, "Tags": []}}),
    ("sts", "GetCallerIdentity", {"UserId": "u", "Account": "123456789012", "Arn": "arn:x"}),
    ("cloudwatch", "DescribeAlarms", {"MetricAlarms": [{"AlarmName": "a", "Threshold": 1.5, "StateUpdatedTimestamp": NOW}]}),
]


def jsonable(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, datetime):
        return {"$moment": value.astimezone(UTC).isoformat()}
    if isinstance(value, dict):
        return {key: jsonable(item) for key, item in value.items()}
    return [jsonable(item) for item in value] if isinstance(value, list) else value


def input_case(service: str, operation: str, params: dict[str, Any], protocol: str) -> dict[str, Any]:
    model = ServiceModel(Loader().load_service_model(service, "service-2"), service)
    sent = create_serializer(protocol).serialize_to_request(params, model.operation_model(operation))
    path, _, query = sent["url_path"].partition("?")
    if sent["query_string"]:
        query = urlencode(sent["query_string"], doseq=True).replace("+", "%20")
    body = urlencode(sent["body"]) if isinstance(sent["body"], dict) else sent["body"]
    headers = {name.lower(): value for name, value in sent["headers"].items()}
    if protocol == "query":
        headers["content-type"] = "application/x-www-form-urlencoded; charset=utf-8"
    return {
        "service": service,
        "operation": operation,
        "protocol": protocol,
        "method": sent["method"],
        "raw_path": path,
        "query": query,
        "headers": [list(pair) for pair in headers.items()],
        "body": base64.b64encode(body.encode() if isinstance(body, str) else body).decode(),
        "input": jsonable(params),
    }


def output_case(service: str, operation: str, value: dict[str, Any], protocol: str) -> dict[str, Any]:
    ours = load_service(service)
    answer = encode_output(Match(ours, ours.operations[operation], protocol), value, "00000000-0000-4000-8000-000000000000")
    shape = ServiceModel(Loader().load_service_model(service, "service-2"), service).operation_model(operation).output_shape
    parsed = create_parser(protocol).parse(
        {"status_code": answer.status, "headers": HeadersDict(dict(answer.headers)), "body": answer.body}, shape
    )
    parsed.pop("ResponseMetadata")
    if operation != "InvokeModel" and jsonable(parsed) != jsonable(value):  # a streaming body reaches botocore's parser as a stream
        raise SystemExit(f"botocore reads {service} {operation} differently: {parsed}")
    return {
        "service": service,
        "operation": operation,
        "protocol": protocol,
        "output": jsonable(value),
        "status": answer.status,
        "headers": [list(pair) for pair in answer.headers],
        "body": base64.b64encode(answer.body).decode(),
    }


def main() -> None:
    signatures = {
        "source": "botocore's SigV4Auth, by make_wire.py",
        "secret": SECRET,
        "signed_at": NOW.isoformat(),
        "cases": signature_cases(),
    }
    protocols = {
        "source": "botocore's serializers and parsers, by make_wire.py",
        "inputs": [input_case(s, o, p, protocol) for s, o, p in INPUTS for protocol in load_service(s).protocols],
        "outputs": [output_case(s, o, v, protocol) for s, o, v in OUTPUTS for protocol in load_service(s).protocols],
    }
    for name, content in (("wire-sigv4", signatures), ("wire-protocols", protocols)):
        (VECTORS / f"{name}.json").write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
