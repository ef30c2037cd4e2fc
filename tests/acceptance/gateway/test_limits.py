"""Limits on a live server: what is over is refused before a model is asked, and what a question did not use is given back."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.acceptance.api.test_boto3 import client, refused
from tests.acceptance.gateway.test_chat import ask
from tests.live import Live, start

LIMITS = {
    "limits": [
        {"id": "calls", "kind": "requests", "amount": 4, "periodS": 3600, "shape": "window", "routes": ["openai"]},
        {"id": "at-once", "kind": "concurrency", "amount": 1},
        {"id": "one-model", "kind": "requests", "amount": 2, "periodS": 3600, "shape": "window", "per": ["model"], "routes": ["bedrock"]},
        {"id": "tokens", "kind": "tokens", "amount": 5000, "periodS": 3600, "shape": "window", "routes": ["anthropic"]},
        {"id": "small", "kind": "requests", "amount": 1, "periodS": 3600, "shape": "window", "models": ["dev.small"]},
        {
            "id": "sessions",
            "kind": "requests",
            "amount": 2,
            "periodS": 3600,
            "shape": "window",
            "per": ["key"],
            "keys": ["arn:aws:iam::*"],
            "models": ["dev.*"],
        },
        {"id": "day", "kind": "cost", "usd": "1", "periodS": 86400, "models": ["priceless"]},
    ]
}

MODELS = [
    {"id": "ringwall.development-v1", "aliases": ["development"], "upstream": "development:"},
    {"id": "dev.*", "upstream": "development:"},
]


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("limits")
    file = folder / "limits.json"
    file.write_text(json.dumps(LIMITS))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RINGWALL_BUDGETS_FILE", str(file))
        patch.setenv("RINGWALL_MODELS", json.dumps(MODELS))
        live = start(folder / "var")
    yield live
    live.stop()


def chat(words: str, **members: object) -> dict[str, object]:
    return {"model": "development", "messages": [{"role": "user", "content": words}], **members}


def test_requests_are_counted(limited: Live) -> None:
    assert [ask(limited, "/v1/chat/completions", chat("hello"))[0] for _ in range(4)] == [200] * 4
    connection = http.client.HTTPConnection(limited.url.partition("//")[2], timeout=30)
    headers = {"authorization": f"Bearer {limited.ready['apiKey']}", "content-type": "application/json"}
    connection.request("POST", "/v1/chat/completions", json.dumps(chat("hello")), headers)
    response = connection.getresponse()
    error = json.loads(response.read())["error"]
    connection.close()
    assert (response.status, error["type"], error["code"]) == (429, "rate_limit_error", "limit-reached")
    assert 0 < int(response.headers["retry-after"]) <= 3600 * 21 / 20  # a window counts in twentieths


def test_what_a_question_did_not_use_is_given_back(limited: Live) -> None:
    # Each is estimated at more than 4,000 tokens of 5,000: without settlement the second would be refused.
    for _ in range(3):
        assert ask(limited, "/v1/messages", chat("hello there", max_tokens=4000))[0] == 200
    status, text = ask(limited, "/v1/messages", chat("hello", max_tokens=6000))
    assert (status, json.loads(text)["error"]["type"]) == (413, "request_too_large")


def test_a_place_is_given_back_however_an_answer_ends(limited: Live) -> None:
    for words in ("fail", "count 500", "hello"):
        for stream in (True, False):
            assert ask(limited, "/v1/messages", chat(words, max_tokens=100, stream=stream))[0] in {200, 502}
    host = limited.url.partition("//")[2]
    headers = {"x-api-key": limited.ready["apiKey"], "content-type": "application/json"}
    leaving = http.client.HTTPConnection(host, timeout=30)
    leaving.request("POST", "/v1/messages", json.dumps(chat("count 9000", max_tokens=100, stream=True)), headers)
    leaving.getresponse().read(10)
    leaving.close()
    assert ask(limited, "/v1/messages", chat("hello", max_tokens=100))[0] == 200


def test_a_model_is_counted_under_all_its_names(limited: Live) -> None:
    runtime = client(limited, "bedrock-runtime")
    asked = {"messages": [{"role": "user", "content": [{"text": "hello"}]}]}
    for name in ("development", "ringwall.development-v1"):
        runtime.converse(modelId=name, **asked)
    assert refused(runtime.converse, modelId="development", **asked)[:2] == (429, "ThrottlingException")


def test_under_a_pattern_each_name_is_a_model_of_its_own(limited: Live) -> None:
    def status(name: str) -> int:
        return ask(limited, "/v1/messages", {**chat("hello", max_tokens=100), "model": name})[0]

    assert [status("dev.small"), status("dev.small"), status("dev.large")] == [200, 429, 200]


def test_sessions_of_a_role_count_together(limited: Live) -> None:
    iam, account = client(limited, "iam"), limited.ready["accountId"]
    trust = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"}
    asks = {"Effect": "Allow", "Action": "bedrock:InvokeModel", "Resource": "*"}
    role = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}))["Role"]
    iam.put_role_policy(RoleName="worker", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [asks]}))

    def converse(session: str) -> Any:
        keys = client(limited, "sts").assume_role(RoleArn=role["Arn"], RoleSessionName=session)["Credentials"]
        runtime = boto3.client(
            "bedrock-runtime",
            endpoint_url=limited.url,
            region_name="us-east-1",
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
            config=Config(retries={"total_max_attempts": 1}),
        )
        return lambda: runtime.converse(modelId="dev.session", messages=[{"role": "user", "content": [{"text": "hello"}]}])

    converse("one")()
    converse("two")()
    assert refused(converse("three"))[:2] == (429, "ThrottlingException")
