"""Answers and errors: what leaves is what the model has, and nothing a value holds can change the message around it."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from typing import Any

import cbor2
import pytest

from ringwall.errors import Bug
from ringwall.wire import HttpResponse, Match, encode_error, encode_output, load_service
from ringwall.wire.model import service_from_model
from ringwall.wire.xml_encoder import xml_text

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


def match(service: str, operation: str, protocol: str = "") -> Match:
    loaded = load_service(service)
    return Match(loaded, loaded.operations[operation], protocol or loaded.protocols[0])


def output(service: str, operation: str, value: dict[str, Any], protocol: str = "") -> HttpResponse:
    return encode_output(match(service, operation, protocol), value, "r-1")


def test_only_members_of_the_model_leave() -> None:
    answer = output("bedrock", "CreateGuardrail", {"guardrailId": "a", "internal": "x", "version": None, "createdAt": NOW})
    assert json.loads(answer.body) == {"guardrailId": "a", "createdAt": "2026-01-02T03:04:05.678Z"}
    assert answer.status == 202
    assert dict(answer.headers) == {"x-amzn-requestid": "r-1", "content-type": "application/json"}


def test_values_in_headers_cannot_begin_another_header() -> None:
    for value in ("application/json\r\nset-cookie: a=b", "a\nb", "a\x00b"):
        with pytest.raises(Bug):
            output("bedrock-runtime", "InvokeModel", {"body": b"", "contentType": value})


def test_text_in_xml_stays_text() -> None:
    hostile = "</UserName><x>&amp;]]>\"' \r\x00\x1b\ud800\ufffe"
    answer = output("iam", "GetUser", {"User": {"UserName": hostile, "Tags": [{"Key": "<", "Value": "é"}]}})
    root = ET.fromstring(answer.body)
    namespace = "{https://iam.amazonaws.com/doc/2010-05-08/}"
    name = root.find(f"{namespace}GetUserResult/{namespace}User/{namespace}UserName")
    assert name is not None
    assert name.text == "</UserName><x>&amp;]]>\"' \r\ufffd\ufffd\ufffd\ufffd"
    assert xml_text("a<b") == "a&lt;b"


@pytest.mark.parametrize("value", [{"guardrails": "text"}, {"guardrails": [1]}, {"guardrails": [{"createdAt": "2026"}]}])
def test_an_answer_of_the_wrong_type_is_our_bug(value: dict[str, Any]) -> None:
    with pytest.raises(Bug):
        output("bedrock", "ListGuardrails", value)


def test_numbers_that_are_not_finite_become_words_in_json_and_stay_numbers_in_cbor() -> None:
    alarm = {"MetricAlarms": [{"AlarmName": "a", "Threshold": float("inf")}]}
    assert json.loads(output("cloudwatch", "DescribeAlarms", alarm, "json").body)["MetricAlarms"][0]["Threshold"] == "Infinity"
    assert cbor2.loads(output("cloudwatch", "DescribeAlarms", alarm, "smithy-rpc-v2-cbor").body)["MetricAlarms"][0]["Threshold"] == float(
        "inf"
    )
    assert b"<Threshold>Infinity</Threshold>" in output("cloudwatch", "DescribeAlarms", alarm, "query").body


def test_an_event_streams_head_has_no_body() -> None:
    answer = output("bedrock-runtime", "ConverseStream", {})
    assert (answer.status, answer.body, answer.header("content-type")) == (200, b"", "application/vnd.amazon.eventstream")


def error(found: Match | None, protocol: str, code: str, **more: Any) -> HttpResponse:
    return encode_error(found, protocol, code, "went <wrong>", more.pop("status", 400), more.pop("fault", "client"), "r-1", more)


def test_modelled_exceptions_have_the_models_status_and_members() -> None:
    found = match("bedrock", "GetGuardrail")
    answer = error(found, "rest-json", "ResourceNotFoundException", status=599, secret="x")
    assert answer.status == 404
    assert answer.header("x-amzn-errortype") == "ResourceNotFoundException"
    assert json.loads(answer.body) == {"message": "went <wrong>"}
    model_error = error(
        match("bedrock-runtime", "InvokeModel"), "rest-json", "ModelErrorException", originalStatusCode=500, resourceName="m"
    )
    assert model_error.status == 424
    assert json.loads(model_error.body) == {"message": "went <wrong>", "originalStatusCode": 500, "resourceName": "m"}


def test_query_errors_have_codes_of_their_own() -> None:
    found = match("iam", "GetUser")
    for code in ("NoSuchEntity", "NoSuchEntityException"):
        answer = error(found, "query", code)
        assert answer.status == 404
        assert b"<Type>Sender</Type><Code>NoSuchEntity</Code><Message>went &lt;wrong&gt;</Message>" in answer.body
        assert b"<RequestId>r-1</RequestId>" in answer.body
    receiver = error(found, "query", "InternalFailure", status=500, fault="server")
    assert receiver.status == 500
    assert b"<Type>Receiver</Type>" in receiver.body


def test_errors_before_an_operation_is_known_are_answered_in_kind() -> None:
    for protocol in ("rest-json", "json", "query", "smithy-rpc-v2-cbor"):
        answer = error(None, protocol, "UnknownOperationException", status=404)
        assert answer.status == 404
        assert answer.header("x-amzn-requestid") == "r-1"
        assert b"UnknownOperationException" in answer.body or answer.header("x-amzn-errortype") == "UnknownOperationException"
    body = cbor2.loads(error(None, "smithy-rpc-v2-cbor", "X").body)
    assert body == {"__type": "X", "message": "went <wrong>"}
    assert json.loads(error(None, "json", "X").body) == {"__type": "X", "message": "went <wrong>"}


def test_query_compatible_services_tell_the_old_code_in_a_header() -> None:
    found = match("cloudwatch", "SetAlarmState", "json")
    answer = error(found, "json", "ResourceNotFound")
    assert answer.header("x-amzn-query-error") == "ResourceNotFound;Sender"
    assert json.loads(answer.body) == {"__type": "ResourceNotFound", "message": "went <wrong>"}


def test_every_modelled_exception_of_every_served_operation_is_written() -> None:
    written = 0
    for service in ("bedrock", "bedrock-runtime", "iam", "sts", "cloudwatch"):
        loaded = load_service(service)
        for operation in loaded.operations.values():
            for protocol in loaded.protocols:
                for code in operation.errors:
                    answer = error(Match(loaded, operation, protocol), protocol, code)
                    assert 400 <= answer.status < 600
                    written += 1
    assert written > 1500


def test_an_exception_without_a_message_member_still_carries_one() -> None:
    model = {
        "metadata": {"protocol": "rest-json", "endpointPrefix": "toy", "apiVersion": "1"},
        "operations": {"Op": {"name": "Op", "http": {"method": "GET", "requestUri": "/"}, "errors": [{"shape": "Bare"}]}},
        "shapes": {"Bare": {"type": "structure", "members": {}, "exception": True, "error": {"httpStatusCode": 418}}},
    }
    service = service_from_model("toy", model)
    answer = error(Match(service, service.operations["Op"], "rest-json"), "rest-json", "Bare")
    assert (answer.status, json.loads(answer.body)) == (418, {"message": "went <wrong>"})


def test_a_moment_without_a_zone_is_utc_in_every_protocol() -> None:
    naive = datetime(2026, 1, 2, 3, 4, 5)  # noqa: DTZ001 - what is tested
    alarm = {"MetricAlarms": [{"StateUpdatedTimestamp": naive}]}
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert (
        cbor2.loads(output("cloudwatch", "DescribeAlarms", alarm, "smithy-rpc-v2-cbor").body)["MetricAlarms"][0]["StateUpdatedTimestamp"]
        == moment
    )
    assert (
        json.loads(output("cloudwatch", "DescribeAlarms", alarm, "json").body)["MetricAlarms"][0]["StateUpdatedTimestamp"]
        == moment.timestamp()
    )
    assert b"<StateUpdatedTimestamp>2026-01-02T03:04:05Z<" in output("cloudwatch", "DescribeAlarms", alarm, "query").body
