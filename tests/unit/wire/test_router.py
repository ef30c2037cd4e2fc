"""Routing: what is served is found, what is not is named, and what could be read in two ways is refused."""

from __future__ import annotations

import pytest

from ringwall.errors import InvalidRequest
from ringwall.wire import (
    HttpRequest,
    MalformedRequest,
    Router,
    SignatureDoesNotMatch,
    UnknownOperation,
    UnservedService,
    guess_protocol,
    load_service,
)
from ringwall.wire.model import service_from_model

ROUTER = Router(["bedrock", "bedrock-runtime", "iam", "sts", "cloudwatch"])
FORM = ("content-type", "application/x-www-form-urlencoded; charset=utf-8")


def request(method: str, path: str, *headers: tuple[str, str], query: str = "", body: str = "") -> HttpRequest:
    return HttpRequest(method, path.encode(), query.encode(), headers, body.encode(), secure=False)


@pytest.mark.parametrize(
    ("method", "path", "name", "params"),
    [
        ("POST", "/guardrails", "CreateGuardrail", {}),
        ("GET", "/guardrails/", "ListGuardrails", {}),
        ("POST", "/guardrails/abc", "CreateGuardrailVersion", {"guardrailIdentifier": b"abc"}),
        ("PUT", "/guardrails/a%2Fb", "UpdateGuardrail", {"guardrailIdentifier": b"a%2Fb"}),
        ("POST", "/guardrail/abc/version/1/apply", "ApplyGuardrail", {"guardrailIdentifier": b"abc", "guardrailVersion": b"1"}),
        ("POST", "/guardrail-checks/invoke", "InvokeGuardrailChecks", {}),
        ("POST", "/model/m/converse", "Converse", {"modelId": b"m"}),
        ("GET", "/enforcedGuardrailsConfiguration", "ListEnforcedGuardrailsConfiguration", {}),
    ],
)
def test_paths_are_found(method: str, path: str, name: str, params: dict[str, bytes]) -> None:
    for signing_name in ("bedrock", None):
        match = ROUTER.match(request(method, path), signing_name)
        assert (match.operation.name, match.path_params, match.protocol) == (name, params, "rest-json")


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "TRACE", "", "get", "A" * 5000])
def test_methods_without_an_operation_are_refused_by_name(method: str) -> None:
    with pytest.raises(UnknownOperation, match="no operation at"):
        ROUTER.match(request(method, "/guardrails"), "bedrock")


@pytest.mark.parametrize(
    "path",
    [
        "//guardrails",
        "/guardrails//",
        "/guardrails/./abc",
        "/guardrails/abc/..",
        "/../guardrails",
        "guardrails",
        "",
        "*",
        "/" + "a" * 20_000,
        "/a//b",
    ],
)
def test_paths_that_share_a_signature_with_another_are_refused(path: str) -> None:
    with pytest.raises((InvalidRequest, UnknownOperation)):
        ROUTER.match(request("GET", path), "bedrock")


def test_unknown_paths_targets_and_actions_are_named() -> None:
    with pytest.raises(UnknownOperation, match="GET /nothing/here"):
        ROUTER.match(request("GET", "/nothing/here"), "bedrock")
    with pytest.raises(UnknownOperation, match="Nothing"):
        ROUTER.match(request("POST", "/", ("x-amz-target", "GraniteServiceVersion20100801.Nothing")), "monitoring")
    with pytest.raises(UnservedService, match=r"TrentService.*Encrypt"):
        ROUTER.match(request("POST", "/", ("x-amz-target", "TrentService.Encrypt")), "kms")
    with pytest.raises(UnknownOperation, match="Nothing"):
        ROUTER.match(request("POST", "/", FORM, body="Action=Nothing&Version=2010-05-08"), "iam")
    with pytest.raises(UnservedService, match="ec2"):
        ROUTER.match(request("POST", "/", FORM, body="Action=RunInstances&Version=2016-11-15"), "ec2")
    with pytest.raises(UnservedService, match="s3"):
        ROUTER.match(request("GET", "/bucket"), "s3")
    with pytest.raises(UnknownOperation, match="Action"):
        ROUTER.match(request("POST", "/", FORM, body="Version=2010-05-08"), "iam")
    with pytest.raises(UnservedService, match="Other"):
        ROUTER.match(request("POST", "/service/Other/operation/Op", ("smithy-protocol", "rpc-v2-cbor")), None)


def test_forms_targets_and_rpc_paths_are_found() -> None:
    form = ROUTER.match(request("POST", "/", FORM, body="Action=ListUsers&Version=2010-05-08"), "iam")
    assert (form.service.name, form.operation.name, form.protocol) == ("iam", "ListUsers", "query")
    got = ROUTER.match(request("GET", "/", query="Action=GetCallerIdentity&Version=2011-06-15"), "sts")
    assert (got.service.name, got.operation.name) == ("sts", "GetCallerIdentity")
    target = ROUTER.match(request("POST", "/", ("x-amz-target", "GraniteServiceVersion20100801.DescribeAlarms")), None)
    assert (target.operation.name, target.protocol) == ("DescribeAlarms", "json")
    path = "/service/GraniteServiceVersion20100801/operation/DescribeAlarms"
    rpc = ROUTER.match(request("POST", path, ("smithy-protocol", "rpc-v2-cbor")), "monitoring")
    assert (rpc.operation.name, rpc.protocol) == ("DescribeAlarms", "smithy-rpc-v2-cbor")


def test_a_signature_for_one_service_opens_no_other() -> None:
    asked = request("POST", "/", ("x-amz-target", "GraniteServiceVersion20100801.DescribeAlarms"))
    with pytest.raises(SignatureDoesNotMatch, match="monitoring"):
        ROUTER.match(asked, "iam")
    with pytest.raises(UnknownOperation):
        ROUTER.match(request("POST", "/", FORM, body="Action=ListUsers&Version=2010-05-08"), "sts")


def test_a_form_with_a_name_twice_is_refused() -> None:
    with pytest.raises(MalformedRequest):
        ROUTER.match(request("POST", "/", FORM, body="Action=ListUsers&Version=2010-05-08&Action=DeleteUser"), "iam")
    with pytest.raises(MalformedRequest):
        ROUTER.match(request("GET", "/", query="Action=ListUsers&Version=2010-05-08&Action=DeleteUser"), "iam")


@pytest.mark.parametrize(
    ("headers", "protocol"),
    [
        ((), "rest-json"),
        ((("x-amz-target", "a.b"),), "json"),
        ((FORM,), "query"),
        ((("smithy-protocol", "rpc-v2-cbor"),), "smithy-rpc-v2-cbor"),
    ],
)
def test_protocols_are_guessed_from_headers(headers: tuple[tuple[str, str], ...], protocol: str) -> None:
    assert guess_protocol(request("POST", "/", *headers)) == protocol


def test_greedy_labels_and_constants_in_queries_choose() -> None:
    def operation(name: str, uri: str) -> dict[str, object]:
        return {"name": name, "http": {"method": "GET", "requestUri": uri}}

    model = {
        "metadata": {"protocol": "rest-json", "endpointPrefix": "toy", "apiVersion": "1"},
        "operations": {
            "Rest": operation("Rest", "/b/{name}/{key+}"),
            "Tail": operation("Tail", "/b/{name}/{key+}/tail"),
            "Plain": operation("Plain", "/c"),
            "Acl": operation("Acl", "/c?acl"),
            "List": operation("List", "/c?list-type=2"),
        },
    }
    router = Router([service_from_model("toy", model)])
    assert router.match(request("GET", "/b/x/y/z"), None).path_params == {"name": b"x", "key": b"y/z"}
    tail = router.match(request("GET", "/b/x/y/z/tail"), None)
    assert (tail.operation.name, tail.path_params["key"]) == ("Tail", b"y/z")
    assert router.match(request("GET", "/b/x/tail"), None).operation.name == "Rest"
    assert router.match(request("GET", "/c"), None).operation.name == "Plain"
    assert router.match(request("GET", "/c", query="x=1&acl"), None).operation.name == "Acl"
    assert router.match(request("GET", "/c", query="list-type=2"), None).operation.name == "List"
    assert router.match(request("GET", "/c", query="list-type=3"), None).operation.name == "Plain"


def test_every_operation_of_the_served_services_is_reachable_by_its_own_path() -> None:
    for name in ("bedrock", "bedrock-runtime"):
        for operation in load_service(name).operations.values():
            path = "/" + "/".join("x" if segment.label else segment.text for segment in operation.segments)
            query = "&".join(f"{key}={value}" for key, value in operation.query_constants)
            assert ROUTER.match(request(operation.method, path, query=query), "bedrock").operation is operation


@pytest.mark.parametrize("name", ["no-such-service", "../iam", "", "s3", "ec2"])
def test_services_that_are_not_there_or_speak_xml_are_refused(name: str) -> None:
    with pytest.raises(UnservedService):
        load_service(name)
