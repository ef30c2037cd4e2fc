"""Input: types are refused at once, broken constraints are collected, and neither says what the caller sent."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

import cbor2
import msgspec
import pytest

from ringwall.errors import LimitExceeded, RingwallError, Unserved
from ringwall.vocabulary import Limits
from ringwall.wire import ConstraintsViolated, HttpRequest, MalformedRequest, Match, Router, UnsupportedEncoding, decode_input
from ringwall.wire.canonical import QUERY_BYTES
from ringwall.wire.constraint import MOST_VIOLATIONS
from ringwall.wire.form_decoder import FORM_BYTES, FORM_FIELDS, parse_form
from ringwall.wire.model import Shape, load_service, service_from_model

ROUTER = Router(["bedrock", "bedrock-runtime", "iam", "sts", "cloudwatch"])
LIMITS = Limits()
SECRET_TEXT = "my secret prompt"


def rest(method: str, path: str, body: object = None, query: str = "", *headers: tuple[str, str]) -> dict[str, Any]:
    raw = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    request = HttpRequest(method, path.encode(), query.encode(), headers, raw, secure=False)
    return decode_input(ROUTER.match(request, "bedrock"), request, LIMITS)


def form(body: str) -> dict[str, Any]:
    headers = (("content-type", "application/x-www-form-urlencoded"),)
    request = HttpRequest("POST", b"/", b"", headers, body.encode(), secure=False)
    return decode_input(ROUTER.match(request, "iam"), request, LIMITS)


GUARDRAIL = {"name": "g", "blockedInputMessaging": "a", "blockedOutputsMessaging": "b"}


def guardrail(**changes: object) -> dict[str, Any]:
    return rest("POST", "/guardrails", {**GUARDRAIL, **changes})


def violations(**changes: object) -> tuple[str, ...]:
    with pytest.raises(ConstraintsViolated) as refused:
        guardrail(**changes)
    return refused.value.violations


def test_every_broken_constraint_is_named_in_awss_words() -> None:
    with pytest.raises(ConstraintsViolated) as refused:
        rest(
            "POST",
            "/guardrails",
            {"name": "a b", "blockedInputMessaging": "", "contentPolicyConfig": {"filtersConfig": [{"type": "PROMPT_INJECTION"}]}},
        )
    assert refused.value.message == (
        "6 validation errors detected: "
        "Value at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [0-9a-zA-Z-_]+; "
        "Value at 'blockedInputMessaging' failed to satisfy constraint: Member must have length greater than or equal to 1; "
        "Value at 'contentPolicyConfig.filtersConfig.1.member.type' failed to satisfy constraint: "
        "Member must satisfy enum value set: [SEXUAL, VIOLENCE, HATE, INSULTS, MISCONDUCT, PROMPT_ATTACK]; "
        "Value null at 'contentPolicyConfig.filtersConfig.1.member.inputStrength' failed to satisfy constraint: Member must not be null; "
        "Value null at 'contentPolicyConfig.filtersConfig.1.member.outputStrength' failed to satisfy constraint: Member must not be null; "
        "Value null at 'blockedOutputsMessaging' failed to satisfy constraint: Member must not be null"
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"name": "a" * 51}, "'name' failed to satisfy constraint: Member must have length less than or equal to 50"),
        ({"name": None}, "Value null at 'name'"),
        (
            {"tags": [{"key": "k", "value": "v"}] * 201},
            "'tags' failed to satisfy constraint: Member must have length less than or equal to 200",
        ),
        ({"tags": [None]}, "Value null at 'tags.1.member' failed to satisfy constraint: Member must not be null"),
        (
            {"contextualGroundingPolicyConfig": {"filtersConfig": [{"type": "GROUNDING", "threshold": -0.1}]}},
            "threshold' failed to satisfy constraint: Member must have value greater than or equal to 0",
        ),
        (
            {"contextualGroundingPolicyConfig": {"filtersConfig": [{"type": "GROUNDING", "threshold": "NaN"}]}},
            "threshold' failed to satisfy constraint: Member must have value greater than or equal to 0",
        ),
    ],
)
def test_constraints(changes: dict[str, object], expected: str) -> None:
    found = violations(**changes)
    assert len(found) == 1
    assert expected in found[0]


@pytest.mark.parametrize(
    "changes",
    [
        {"name": SECRET_TEXT},
        {"description": SECRET_TEXT * 50},
        {"name": [SECRET_TEXT]},
        {"tags": [{"key": SECRET_TEXT + "!", "value": SECRET_TEXT + "!"}]},
        {"contentPolicyConfig": {SECRET_TEXT: 1}},
    ],
)
def test_refusals_never_repeat_what_was_sent(changes: dict[str, object]) -> None:
    with pytest.raises(RingwallError) as refused:
        guardrail(**changes)
    assert SECRET_TEXT not in refused.value.message
    assert SECRET_TEXT not in str(refused.value.facts)


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b'"text"',
        b"null",
        b"{",
        json.dumps({**GUARDRAIL, "name": 1}).encode(),
        json.dumps({**GUARDRAIL, "tags": {}}).encode(),
        json.dumps({**GUARDRAIL, "contentPolicyConfig": []}).encode(),
        json.dumps(
            {**GUARDRAIL, "contextualGroundingPolicyConfig": {"filtersConfig": [{"type": "GROUNDING", "threshold": True}]}}
        ).encode(),
        json.dumps({**GUARDRAIL, "contextualGroundingPolicyConfig": {"filtersConfig": [{"type": "GROUNDING", "threshold": "1"}]}}).encode(),
    ],
)
def test_wrong_types_are_refused_at_once(body: bytes) -> None:
    with pytest.raises(MalformedRequest):
        rest("POST", "/guardrails", body)


def test_unknown_members_are_ignored_as_aws_does() -> None:
    assert guardrail(unknown=1, other={"a": []}) == GUARDRAIL


def apply(content: object) -> dict[str, Any]:
    return rest("POST", "/guardrail/abc/version/DRAFT/apply", {"source": "INPUT", "content": content})


def test_a_union_has_exactly_one_member() -> None:
    assert apply([{"text": {"text": "a"}}])["content"] == [{"text": {"text": "a"}}]
    for block in ({}, {"text": {"text": "a"}, "image": {"format": "png", "source": {"bytes": "AAAA"}}}, {"video": {}}):
        with pytest.raises(ConstraintsViolated, match="exactly one"):
            apply([block])


def test_blobs_are_strict_base64() -> None:
    image = {"format": "png", "source": {"bytes": "iVBORw=="}}
    assert apply([{"image": image}])["content"][0]["image"]["source"]["bytes"] == b"\x89PNG"
    for text in ("iVBORw", "iVB ORw==", "iVBORw==\n", "é", "*"):
        with pytest.raises(MalformedRequest, match="base64"):
            apply([{"image": {"format": "png", "source": {"bytes": text}}}])


def test_violations_are_bounded() -> None:
    with pytest.raises(ConstraintsViolated) as refused:
        guardrail(tags=[{}] * 200)
    assert len(refused.value.violations) == MOST_VIOLATIONS


@pytest.mark.parametrize(("query", "value"), [("maxResults=10", 10), ("maxResults=%31", 1), ("maxResults=%2B7", 7)])
def test_numbers_in_queries_are_read(query: str, value: int) -> None:
    assert rest("GET", "/guardrails", None, query) == {"maxResults": value}


@pytest.mark.parametrize(
    "query",
    [
        "maxResults=ten",
        "maxResults=1_0",
        "maxResults=٣",
        "maxResults=99999999999",
        "maxResults=",
        "maxResults=1&maxResults=2",
        "nextToken=%ff",
    ],
)
def test_bad_queries_are_refused(query: str) -> None:
    with pytest.raises(MalformedRequest):
        rest("GET", "/guardrails", None, query)


def test_a_plus_in_a_query_is_a_plus_as_it_is_in_the_signature() -> None:
    assert rest("GET", "/guardrails", None, "nextToken=a+b%2Bc") == {"nextToken": "a+b+c"}


def test_labels_are_percent_decoded_once() -> None:
    assert rest("GET", "/guardrails/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aguardrail%2Fabc") == {
        "guardrailIdentifier": "arn:aws:bedrock:us-east-1:123456789012:guardrail/abc"
    }
    with pytest.raises(ConstraintsViolated):
        rest("GET", "/guardrails/abc%2541")
    with pytest.raises(MalformedRequest):
        rest("GET", "/guardrails/%ff")


def test_a_header_that_stands_for_one_value_comes_once() -> None:
    header = ("x-amzn-bedrock-guardrailversion", "1")
    identifier = ("x-amzn-bedrock-guardrailidentifier", "abc")
    assert rest("POST", "/model/m/invoke", b"{}", "", header, identifier)["guardrailVersion"] == "1"
    with pytest.raises(MalformedRequest, match="more than once"):
        rest("POST", "/model/m/invoke", b"{}", "", header, header, identifier)


def test_forms_are_read_as_trees() -> None:
    read = form(
        "Action=CreateUser&Version=2010-05-08&UserName=bob&Tags.member.2.Key=b&Tags.member.2.Value=&Tags.member.1.Key=a+%2B&Tags.member.1.Value=c"
    )
    assert read == {"UserName": "bob", "Tags": [{"Key": "a +", "Value": "c"}, {"Key": "b", "Value": ""}]}
    assert form("Action=CreateUser&Version=2010-05-08&UserName=bob&Tags=") == {"UserName": "bob", "Tags": []}


@pytest.mark.parametrize(
    "fields",
    [
        "UserName=a&UserName=b",
        "UserName=%ff",
        "UserName.x=a",
        "Tags.member.x.Key=a",
        "Tags.member.01.Key=a",
        "Tags.member.9999999999.Key=a",
        "MaxItems=ten",
        "Tags.member.1=a",
    ],
)
def test_bad_forms_are_refused(fields: str) -> None:
    action = "ListUsers" if "MaxItems" in fields else "CreateUser"
    with pytest.raises((MalformedRequest, ConstraintsViolated)):
        form(f"Action={action}&Version=2010-05-08&{fields}")


def test_forms_have_bounds() -> None:
    with pytest.raises(LimitExceeded):
        form("Action=CreateUser&Version=2010-05-08&UserName=b&" + ".".join("a" * 70) + "=1")
    with pytest.raises(LimitExceeded):
        parse_form(b"&".join(b"a%d=1" % number for number in range(FORM_FIELDS + 1)))
    with pytest.raises(LimitExceeded):
        parse_form(b"a=" + b"%41" * FORM_BYTES)
    with pytest.raises(LimitExceeded):
        rest("GET", "/guardrails", None, "nextToken=" + "a" * QUERY_BYTES)


def test_a_body_over_the_limit_is_refused_whole() -> None:
    request = HttpRequest("POST", b"/guardrails", b"", (), b" " * 11, secure=False)
    with pytest.raises(LimitExceeded, match="exceeds the maximum"):
        decode_input(ROUTER.match(request, "bedrock"), request, Limits(body_bytes=10))


def metrics(body: bytes, encoding: str, limits: Limits = LIMITS) -> dict[str, Any]:
    headers = (("smithy-protocol", "rpc-v2-cbor"), ("content-encoding", encoding))
    path = b"/service/GraniteServiceVersion20100801/operation/PutMetricData"
    request = HttpRequest("POST", path, b"", headers, body, secure=False)
    return decode_input(ROUTER.match(request, "monitoring"), request, limits)


def test_gzip_is_taken_where_the_operation_takes_it_and_within_the_limit() -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    value = {"Namespace": "n", "MetricData": [{"MetricName": "m", "Value": 1.0, "Timestamp": moment}]}
    packed = gzip.compress(cbor2.dumps(value, datetime_as_timestamp=True))
    assert metrics(packed, "gzip") == value
    bomb = gzip.compress(b"\x00" * 10_000_000)
    with pytest.raises(LimitExceeded):
        metrics(bomb, "gzip", Limits(body_bytes=100_000))
    for body in (b"not gzip", packed[:-4], packed + b"x", packed + packed):
        with pytest.raises(MalformedRequest):
            metrics(body, "gzip")
    with pytest.raises(UnsupportedEncoding):
        metrics(packed, "br")
    with pytest.raises(UnsupportedEncoding):
        rest("POST", "/guardrails", packed, "", ("content-encoding", "gzip"))


def test_operations_that_send_event_streams_are_refused_by_name() -> None:
    with pytest.raises(Unserved, match="InvokeModelWithBidirectionalStream"):
        rest("POST", "/model/m/invoke-with-bidirectional-stream", b"")


@pytest.mark.parametrize(
    ("number", "fits"),
    [(2**31 - 1, True), (2**31, False), (-(2**31), True), (-(2**31) - 1, False), (1.5, False), (True, False), ("1", False)],
)
def test_integers_keep_their_types_range(number: object, fits: bool) -> None:
    service = service_from_model("toy", TOY)
    match = Match(service, service.operations["Op"], "json")
    request = HttpRequest("POST", b"/", b"", (), json.dumps({"n": number}).encode(), secure=False)
    if fits:
        assert decode_input(match, request, LIMITS) == {"n": number}
    else:
        with pytest.raises(MalformedRequest):
            decode_input(match, request, LIMITS)


TOY = {
    "metadata": {"protocol": "json", "endpointPrefix": "toy", "targetPrefix": "Toy", "apiVersion": "1", "jsonVersion": "1.0"},
    "operations": {"Op": {"name": "Op", "http": {"method": "POST", "requestUri": "/"}, "input": {"shape": "In"}}},
    "shapes": {
        "In": {
            "type": "structure",
            "members": {"n": {"shape": "Int"}, "again": {"shape": "In"}, "m": {"shape": "Map"}, "p": {"shape": "Bad"}},
        },
        "Int": {"type": "integer"},
        "Map": {"type": "map", "key": {"shape": "Key"}, "value": {"shape": "Int"}},
        "Key": {"type": "string", "max": 3},
        "Bad": {"type": "string"},
    },
}


def test_shapes_may_hold_themselves_and_map_keys_are_checked_without_being_repeated() -> None:
    service = service_from_model("toy", TOY)
    match = Match(service, service.operations["Op"], "json")

    def read(value: object) -> dict[str, Any]:
        return decode_input(match, HttpRequest("POST", b"/", b"", (), json.dumps(value).encode(), secure=False), LIMITS)

    assert read({"again": {"again": {"n": 1}}}) == {"again": {"again": {"n": 1}}}
    with pytest.raises(ConstraintsViolated) as refused:
        read({"again": {"m": {"longer": 1}}})
    assert "again.m.1.key" in refused.value.message
    assert "longer" not in refused.value.message


def test_a_shape_whose_pattern_cannot_be_matched_is_refused_every_time() -> None:
    shapes = {**TOY["shapes"], "Bad": {"type": "string", "pattern": r"(a)\1"}}
    service = service_from_model("toy", {**TOY, "shapes": shapes})
    match = Match(service, service.operations["Op"], "json")
    for _ in range(2):
        with pytest.raises(RingwallError, match="pattern"):
            decode_input(match, HttpRequest("POST", b"/", b"", (), b'{"p":"aa"}', secure=False), LIMITS)


def test_a_shape_that_holds_an_unusable_one_in_a_circle_is_refused_from_either_side() -> None:
    shapes = {
        "In": {"type": "structure", "members": {"b": {"shape": "B"}, "p": {"shape": "Bad"}}},
        "B": {"type": "structure", "members": {"a": {"shape": "In"}}},
        "Bad": {"type": "string", "pattern": r"(a)\1"},
    }
    operations = {
        name: {**TOY["operations"]["Op"], "name": name, "input": {"shape": shape}} for name, shape in (("Op", "In"), ("Other", "B"))
    }
    service = service_from_model("toy", {**TOY, "operations": operations, "shapes": shapes})
    for name, body in (("Op", b"{}"), ("Other", b'{"a":{}}'), ("Other", b'{"a":{"b":{}}}')):
        with pytest.raises(RingwallError, match="pattern"):
            decode_input(Match(service, service.operations[name], "json"), HttpRequest("POST", b"/", b"", (), body, secure=False), LIMITS)


def test_packed_shapes_say_what_the_model_says() -> None:
    folder = files("botocore").joinpath("data", "bedrock-runtime")
    version = max(entry.name for entry in folder.iterdir() if entry.is_dir())
    described = json.loads(gzip.decompress(folder.joinpath(version, "service-2.json.gz").read_bytes()))["shapes"]
    shapes = load_service("bedrock-runtime").shapes
    assert set(shapes) == set(described)
    for name, shape in described.items():
        assert shapes[name] == msgspec.convert(shape, Shape)
        assert shapes[name] is shapes[name]
    with pytest.raises(KeyError):
        shapes["NoSuchShape"]
