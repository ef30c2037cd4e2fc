"""OpenAI's Responses and Models on a live server, asked over plain HTTP."""

from __future__ import annotations

import http.client
import json
from typing import Any

import pytest

from tests.acceptance.api.test_boto3 import client
from tests.acceptance.gateway.test_chat import MODEL, ask, data_of, guarded, records
from tests.live import Live

CLOCK = {"type": "function", "name": "clock", "description": "Tells the time.", "parameters": {"type": "object"}}


def get(live: Live, path: str, key: str = "", **headers: str) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection(live.url.partition("//")[2], timeout=30)
    connection.request("GET", path, headers={"authorization": f"Bearer {key or live.ready['apiKey']}", **headers})
    response = connection.getresponse()
    body: dict[str, Any] = json.loads(response.read())
    connection.close()
    return response.status, body


def test_an_answer_is_masked_whole_and_streamed(live: Live) -> None:
    body = {"model": MODEL, "input": "mail bob@example.com"}
    status, text = ask(live, "/v1/responses", body, **guarded(live))
    answer = json.loads(text)
    assert (status, answer["object"], answer["status"]) == (200, "response", "completed")
    assert answer["output"][0]["content"][0]["text"] == "mail {EMAIL}"
    status, text = ask(live, "/v1/responses", {**body, "stream": True}, **guarded(live))
    events = data_of(text)
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert "".join(event["delta"] for event in events if event["type"] == "response.output_text.delta") == "mail {EMAIL}"
    assert (events[0]["type"], events[-1]["type"]) == ("response.created", "response.completed")
    assert events[-1]["response"]["output"][0]["content"][0]["text"] == "mail {EMAIL}"
    assert "bob@example.com" not in text
    assert records(live, "Responses")[0]["additionalEventData"]["ringwall"]["dialect"] == "openai_responses"


def test_a_call_of_a_tool_and_what_it_answered(live: Live) -> None:
    first = {"model": MODEL, "input": 'call clock {"city": "Oslo"}', "tools": [CLOCK]}
    status, text = ask(live, "/v1/responses", first, **guarded(live))
    (call,) = json.loads(text)["output"]
    assert (status, call["type"], call["name"], json.loads(call["arguments"])) == (200, "function_call", "clock", {"city": "Oslo"})
    items = [{"role": "user", "content": first["input"]}, call]
    result = {"type": "function_call_output", "call_id": call["call_id"], "output": "noon, says bob@example.com"}
    status, text = ask(live, "/v1/responses", {**first, "input": [*items, result]}, **guarded(live))
    assert status == 200, text
    assert json.loads(text)["output"][0]["content"][0]["text"] == "The tool answered: noon, says {EMAIL}"


def test_a_failure_in_the_middle_ends_the_stream_with_an_error(live: Live) -> None:
    status, text = ask(live, "/v1/responses", {"model": MODEL, "input": "fail", "stream": True})
    *_, error, failed = data_of(text)
    assert (status, error["type"], error["error"]["code"]) == (200, "error", "upstream-broke-off")
    assert (failed["type"], failed["response"]["status"]) == ("response.failed", "failed")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"previous_response_id": "resp_1"}, 400, "stores-no-text"),
        ({"tools": [{"type": "web_search"}]}, 400, "hosted-tool"),
        ({"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "data:"}]}]}, 400, "content-refused"),
        ({"model": "nobody"}, 404, "model-not-found"),
        ({"input": 7}, 400, "malformed-request"),
    ],
)
def test_refusals(live: Live, change: dict[str, Any], status: int, code: str) -> None:
    given, text = ask(live, "/v1/responses", {"model": MODEL, "input": "x", **change}, **guarded(live))
    assert (given, json.loads(text)["error"]["code"]) == (status, code), text


# -- models --


def test_models_are_told_under_each_of_their_names(live: Live) -> None:
    status, listed = get(live, "/v1/models")
    assert (status, listed["object"]) == (200, "list")
    assert {model["id"] for model in listed["data"]} >= {"ringwall.development-v1", MODEL}
    for model in listed["data"]:
        assert get(live, f"/v1/models/{model['id']}") == (200, model)
    assert records(live, "ListModels")[0]["additionalEventData"]["ringwall"] == {"models": len(listed["data"])}
    status, refusal = get(live, "/v1/models/heliotrope%20words")
    assert (status, refusal["error"]["code"]) == (404, "model-not-found")
    assert "heliotrope" not in json.dumps(records(live, "RetrieveModel")[0])
    assert get(live, "/v1/models/nobody")[0] == 404


def test_an_accounts_own_rows_are_told_with_their_day_and_owner(live: Live) -> None:
    rows = {
        "vendor%2Fsmall:1": {"upstream": "openai+https://models.example/v1", "aliases": ["best"]},
        "llama-*": {"upstream": "openai+https://models.example/v1"},
        "iris": {"upstream": "sagemaker+https://models.example/invocations"},
    }
    host = live.url.partition("//")[2]
    headers = {"authorization": f"Bearer {live.ready['apiKey']}", "content-type": "application/json"}
    connection = http.client.HTTPConnection(host, timeout=30)
    try:
        for name, row in rows.items():
            connection.request("PUT", f"/ringwall/v1/models/{name}", json.dumps(row), headers)
            response = connection.getresponse()
            assert response.status == 200, response.read()
            response.read()
        found = {model["id"]: model for model in get(live, "/v1/models")[1]["data"]}
        assert {"vendor/small:1", "best", MODEL} <= found.keys()
        assert not {"llama-*", "iris"} & found.keys()
        assert (found["best"]["owned_by"], found[MODEL]["owned_by"]) == (live.ready["accountId"], "ringwall")
        assert found["best"]["created"] > found[MODEL]["created"] == 0
        for path in ("vendor%2Fsmall%3A1", "vendor/small:1"):
            assert get(live, f"/v1/models/{path}") == (200, found["vendor/small:1"])
        assert get(live, "/v1/models/llama-3")[1]["id"] == "llama-3"
        assert [get(live, f"/v1/models/{name}")[0] for name in ("iris", "llama-*", "")] == [404, 404, 404]
    finally:
        for name in rows:
            connection.request("DELETE", f"/ringwall/v1/models/{name}", headers=headers)
            connection.getresponse().read()
        connection.close()


def test_nobody_is_told_of_a_model_that_he_may_not_ask(live: Live) -> None:
    iam = client(live, "iam")
    iam.create_user(UserName="reader")
    statements = [
        {"Effect": "Allow", "Action": "bedrock:CallWithBearerToken", "Resource": "*"},
        {"Effect": "Allow", "Action": "bedrock:InvokeModel", "Resource": "arn:aws:bedrock:*::foundation-model/ringwall.*"},
    ]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.put_user_policy(UserName="reader", PolicyName="p", PolicyDocument=policy)
    made = iam.create_service_specific_credential(UserName="reader", ServiceName="bedrock.amazonaws.com")
    key = made["ServiceSpecificCredential"]["ServiceCredentialSecret"]
    status, listed = get(live, "/v1/models", key)
    assert (status, [model["id"] for model in listed["data"]]) == (200, ["ringwall.development-v1"])
    assert get(live, "/v1/models/ringwall.development-v1", key)[0] == 200
    assert get(live, f"/v1/models/{MODEL}", key)[0] == 404
    assert get(live, "/v1/models", "nonsense")[0] == 401
    assert ask(live, "/v1/models", {}, authorization=f"Bearer {key}")[0] == 400
