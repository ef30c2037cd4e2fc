"""An unmodified boto3 asks classic models by InvokeEndpoint through a live server, watched and not."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ringwall.wire.tabular.npy import Array, read_npy, write_npy
from tests.acceptance.api.test_boto3 import client, refused
from tests.acceptance.endpoints.classic_model import confidences, served
from tests.acceptance.gateway.test_chat import ask, records
from tests.live import Live, start
from tests.unit.inference.monitors.examples import around, benign, label_of

VECTOR = benign(9, 1)[0]
VISIBLE = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "m"}


@dataclass
class World:
    live: Live
    asked: list[dict[str, Any]]
    folder: Path

    @property
    def runtime(self) -> Any:
        return client(self.live, "sagemaker-runtime")

    def invoke(self, endpoint: str, rows: list[tuple[float, ...]], **members: Any) -> list[list[float]]:
        body = json.dumps({"instances": rows})
        answer = self.runtime.invoke_endpoint(EndpointName=endpoint, ContentType="application/json", Body=body, **members)
        return list(json.loads(answer["Body"].read())["predictions"])

    def run(self, *words: str, code: int = 0) -> Any:
        line = [sys.executable, "-m", "ringwall", "--json", "--data-dir", str(self.live.data_dir), *words]
        done = subprocess.run(line, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == code, done.stderr
        return json.loads(done.stdout)

    def native(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        connection = http.client.HTTPConnection(self.live.url.partition("//")[2], timeout=60)
        headers = {"authorization": f"Bearer {self.live.ready['apiKey']}", "content-type": "application/json"}
        connection.request(method, f"/ringwall/v1/monitors/{path}", None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        text = response.read()
        connection.close()
        assert response.status in {200, 204}, text
        return json.loads(text) if text else None

    def watch(self, endpoint: str, *rows: tuple[str, int, dict[str, Any]]) -> Any:
        return self.native("PUT", f"policies/{endpoint}", policy(*rows))

    def calibrate(self, endpoint: str) -> None:
        self.native("PUT", f"calibration/{endpoint}", {"vectors": benign(1, 300), "sharedScale": True})


def policy(*rows: tuple[str, int, dict[str, Any]]) -> dict[str, Any]:
    return {"rows": [{"kind": kind, "atCount": count, "action": action} for kind, count, action in rows]}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("endpoints")
    with served() as (port, asked), pytest.MonkeyPatch.context() as patch:
        names = ("fraud", "plain", "softened", "kept", "counted")
        rows = [{"id": name, "upstream": f"sagemaker+http://127.0.0.1:{port}/invocations", "allow_private": True} for name in names]
        rows[0]["aliases"] = ["fraud-alias"]
        others = ("broken", "large", "echo")
        rows += [{"id": name, "upstream": f"sagemaker+http://127.0.0.1:{port}/{name}", "allow_private": True} for name in others]
        rows.append({"id": "ringwall.development-v1", "aliases": ["development"], "upstream": "development:"})
        limits = folder / "limits.json"
        limits.write_text(
            json.dumps(
                {"limits": [{"id": "few", "kind": "requests", "amount": 2, "periodS": 3600, "shape": "window", "models": ["counted"]}]}
            )
        )
        patch.setenv("RINGWALL_MODELS", json.dumps(rows))
        patch.setenv("RINGWALL_BUDGETS_FILE", str(limits))
        live = start(folder / "var")
        made = World(live, asked, folder)
        yield made
        made.live.stop()


def test_numbers_go_there_and_back_in_three_media(world: World) -> None:
    expected = [pytest.approx(each) for each in confidences(VECTOR)]
    assert world.invoke("plain", [VECTOR]) == [expected]
    answer = world.runtime.invoke_endpoint(EndpointName="plain", ContentType="text/csv", Body=",".join(map(repr, VECTOR)))
    assert answer["ContentType"] == "text/csv"
    assert [float(cell) for cell in answer["Body"].read().decode().split(",")] == expected
    body = write_npy(Array(descr="<f8", shape=(1, 16), values=VECTOR))
    answer = world.runtime.invoke_endpoint(EndpointName="plain", ContentType="application/x-npy", Body=body)
    assert list(read_npy(answer["Body"].read()).values) == expected


def test_headers_are_handed_on_and_back_and_the_record_holds_digests(world: World) -> None:
    given = {
        "CustomAttributes": "canary-attribute",
        "TargetModel": "m.tar.gz",
        "TargetVariant": "green",
        "InferenceId": "canary-id",
        "InferenceComponentName": "part",
        "Accept": "application/json",
    }
    answer = world.runtime.invoke_endpoint(EndpointName="plain", ContentType="application/json", Body="[[1234567.5]]", **given)
    assert (answer["CustomAttributes"], answer["InvokedProductionVariant"]) == ("seen=1", "blue")
    assert "x-secret" not in answer["ResponseMetadata"]["HTTPHeaders"]
    headers = world.asked[-1]["headers"]
    assert {
        name: headers[f"x-amzn-sagemaker-{name}"] for name in ("custom-attributes", "target-model", "target-variant", "inference-id")
    } == {
        "custom-attributes": "canary-attribute",
        "target-model": "m.tar.gz",
        "target-variant": "green",
        "inference-id": "canary-id",
    }
    assert "authorization" not in headers
    record = records(world.live, "InvokeEndpoint")[0]
    assert record["additionalEventData"]["ringwall"]["input"]["bytes"] == len("[[1234567.5]]")
    assert record["additionalEventData"]["ringwall"]["input"]["digest"].startswith("hmac-sha256:")
    assert record["additionalEventData"]["ringwall"]["model"] == "plain"
    assert "1234567" not in json.dumps(record)
    assert "canary" not in json.dumps(record)


def test_what_goes_wrong_has_a_name(world: World) -> None:
    def outcome(endpoint: str, **members: Any) -> tuple[int, str]:
        return refused(world.runtime.invoke_endpoint, EndpointName=endpoint, **{"ContentType": "text/csv", "Body": b"1"} | members)[:2]

    assert outcome("nothing") == (400, "ValidationError")
    assert outcome("broken") == (424, "ModelError")
    assert outcome("large") == (424, "ModelError")
    assert outcome("plain", Body=bytes(6 * 1024 * 1024 + 1))[1] == "ValidationException"
    assert b"stack trace" not in world.live.data_dir.with_suffix(".log").read_bytes()
    chat = {"model": "fraud", "messages": [{"role": "user", "content": "hello"}]}
    assert "wrong-kind-of-model" in ask(world.live, "/v1/chat/completions", chat)[1]


def test_variants_that_are_not_served_say_so(world: World) -> None:
    assert refused(world.runtime.invoke_endpoint_with_response_stream, EndpointName="plain", Body=b"1")[0] == 501
    assert refused(world.runtime.invoke_endpoint_async, EndpointName="plain", InputLocation="s3://b/k")[0] == 501


def test_requests_are_counted(world: World) -> None:
    for _ in range(2):
        world.invoke("counted", [VECTOR])
    status, code, _ = refused(world.runtime.invoke_endpoint, EndpointName="counted", ContentType="text/csv", Body=b"1")
    assert (status, code) == (429, "ThrottlingException")


def test_a_permission_names_the_endpoint(world: World) -> None:
    iam = client(world.live, "iam")
    iam.create_user(UserName="caller")
    arn = f"arn:aws:sagemaker:us-east-1:{world.live.ready['accountId']}:endpoint/plain"
    statement = {"Effect": "Allow", "Action": "sagemaker:InvokeEndpoint", "Resource": arn}
    iam.put_user_policy(UserName="caller", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    key = iam.create_access_key(UserName="caller")["AccessKey"]
    own = client(world.live, "sagemaker-runtime", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
    assert own.invoke_endpoint(EndpointName="plain", ContentType="text/csv", Body=b"1,2")["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert refused(own.invoke_endpoint, EndpointName="fraud", ContentType="text/csv", Body=b"1,2")[:2] == (403, "AccessDeniedException")


def test_a_web_acl_stands_before_it(world: World) -> None:
    waf = client(world.live, "wafv2")
    statement = {
        "SearchString": b"66.6",
        "FieldToMatch": {"Body": {"OversizeHandling": "MATCH"}},
        "TextTransformations": [{"Priority": 0, "Type": "NONE"}],
        "PositionalConstraint": "CONTAINS",
    }
    rule = {
        "Name": "n",
        "Priority": 1,
        "Statement": {"ByteMatchStatement": statement},
        "Action": {"Block": {}},
        "VisibilityConfig": VISIBLE,
    }
    made = waf.create_web_acl(Name="before-models", Scope="REGIONAL", Rules=[rule], DefaultAction={"Allow": {}}, VisibilityConfig=VISIBLE)[
        "Summary"
    ]
    endpoint = f"arn:aws:ringwall:us-east-1:{world.live.ready['accountId']}:endpoint/sagemaker"
    waf.associate_web_acl(WebACLArn=made["ARN"], ResourceArn=endpoint)
    try:
        before = len(world.asked)
        assert refused(world.runtime.invoke_endpoint, EndpointName="echo", ContentType="text/csv", Body=b"66.6,1")[0] == 403
        assert len(world.asked) == before
    finally:
        waf.disassociate_web_acl(ResourceArn=endpoint)
    world.runtime.invoke_endpoint(EndpointName="echo", ContentType="text/csv", Body=b"66.6,1")


def test_an_attack_on_a_watched_model_is_softened_then_blocked(world: World) -> None:
    rows, private, actions = (world.folder / name for name in ("honest.csv", "private.json", "actions.json"))
    rows.write_text("".join(f"{','.join(map(repr, row))}\n" for row in benign(1, 300)))
    private.write_text(json.dumps([[*row, label_of(row)] for row in benign(2, 40)]))
    made = world.run("monitor", "calibrate", "fraud-alias", str(rows), "--private", str(private), "--shared-scale")
    assert (made["model"], made["components"], made["vectors"], made["private"]) == ("fraud", 16, 300, 40)
    coarse, withheld = {"type": "round_confidences", "digits": 1}, {"type": "withhold_confidences"}
    actions.write_text(
        json.dumps(policy(("close-queries", 3, coarse), ("close-queries", 10, withheld), ("close-queries", 20, {"type": "block"})))
    )
    assert world.run("monitor", "put", "fraud", str(actions))["calibrated"]
    for row in benign(5, 60):  # honest use, some of it in batches
        assert world.invoke("fraud", [row])[0] == pytest.approx(confidences(row))
    assert len(world.invoke("fraud", benign(6, 20))) == 20
    given: list[list[float]] = []
    codes: list[str] = []
    for number in range(60):
        row = around(VECTOR, number)
        body = json.dumps({"instances": [row]})
        try:
            answer = world.runtime.invoke_endpoint(EndpointName="fraud-alias", ContentType="application/json", Body=body)
        except world.runtime.exceptions.ClientError as error:
            codes.append(error.response["Error"]["Code"])
        else:
            (values,) = json.loads(answer["Body"].read())["predictions"]
            assert values.index(max(values)) == label_of(row)
            given.append(values)
    assert codes == ["AccessDeniedException"] * len(codes)
    assert len(codes) > 30
    assert any(values == [round(each, 1) for each in values] and sorted(values) != [0, 0, 0, 1] for values in given)
    assert sorted(given[-1]) == [0, 0, 0, 1]
    newest = records(world.live, "InvokeEndpoint")[0]
    assert newest["errorCode"] == "AccessDeniedException"
    assert newest["additionalEventData"]["ringwall"]["monitors"]["actions"]["blockedBy"] == ["close-queries"]
    assert "close-queries" in {each["kind"] for each in newest["additionalEventData"]["ringwall"]["monitors"]["signals"]}
    seen = world.run("monitor", "signals", "fraud", code=1)
    assert seen["queries"] == 140
    world.run("monitor", "forget", "fraud")
    assert world.invoke("fraud", [VECTOR])[0] == pytest.approx(confidences(VECTOR))


def test_what_cannot_be_judged_does_not_pass_a_watched_model(world: World) -> None:
    world.calibrate("softened")
    world.watch("softened")
    before = len(world.asked)
    bodies = [("application/x-pickle", b"\x80\x04."), ("text/csv", b"1,2,3"), ("text/csv", b"a,b"), ("application/json", b"{}")]
    bodies.append(("text/csv", b"\n".join([",".join(map(repr, VECTOR)).encode()] * 513)))
    for kind, body in bodies:
        assert refused(world.runtime.invoke_endpoint, EndpointName="softened", ContentType=kind, Body=body)[0] in {400, 413, 415}
    assert len(world.asked) == before


def test_answers_are_softened_in_all_three_media(world: World) -> None:
    world.calibrate("softened")
    world.watch("softened", ("close-queries", 1, {"type": "round_confidences", "digits": 2}))
    for number in range(20):
        world.invoke("softened", [around(VECTOR, number)])
    rows = [around(VECTOR, number) for number in (100, 101)]
    expected = [[round(each, 2) for each in confidences(row)] for row in rows]
    assert world.invoke("softened", rows) == expected
    body = "".join(f"{','.join(map(repr, row))}\n" for row in rows)
    answer = world.runtime.invoke_endpoint(EndpointName="softened", ContentType="text/csv", Body=body)["Body"].read().decode()
    assert [[float(cell) for cell in line.split(",")] for line in answer.splitlines()] == expected
    body = write_npy(Array(descr="<f8", shape=(2, 16), values=rows[0] + rows[1]))
    answer = world.runtime.invoke_endpoint(EndpointName="softened", ContentType="application/x-npy", Body=body)["Body"].read()
    assert read_npy(answer) == Array(descr="<f8", shape=(2, 4), values=tuple(expected[0] + expected[1]))


def test_what_is_known_outlasts_the_process(world: World) -> None:
    world.calibrate("kept")
    world.watch("kept", ("close-queries", 25, {"type": "throttle", "retryAfterS": 30}))
    for number in range(20):
        world.invoke("kept", [around(VECTOR, number)])
    before = world.native("GET", "signals/kept")
    assert world.live.stop() == 0
    again = start(world.folder / "var")
    again.ready.update({name: value for name, value in world.live.ready.items() if not again.ready.get(name)})  # keys are told once
    world.live = again
    assert world.native("GET", "signals/kept") == before
    codes = set()
    for number in range(20, 40):
        try:
            world.invoke("kept", [around(VECTOR, number)])
        except world.runtime.exceptions.ClientError as error:
            codes.add((error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]))
    assert codes == {("ThrottlingException", 429)}


def test_questions_in_words_are_watched_by_policy(world: World) -> None:
    world.watch("development", ("refusal-probing", 1, {"type": "block"}))
    headers = {"x-amzn-bedrock-guardrailidentifier": world.live.ready["guardrailId"], "x-amzn-bedrock-guardrailversion": "DRAFT"}
    statuses = []
    for number in range(24):
        words = f"mail bob{number}@example.com" if number % 2 else "good morning"
        body = {"model": "development", "messages": [{"role": "user", "content": words}], "stream": number % 4 == 1}
        statuses.append(ask(world.live, "/v1/chat/completions", body, **headers)[0])
    assert statuses[0] == 200
    assert statuses[-1] == 403
    assert statuses == sorted(statuses)
    world.native("DELETE", "policies/development")
    body = {"model": "development", "messages": [{"role": "user", "content": "good morning"}]}
    assert ask(world.live, "/v1/chat/completions", body)[0] == 200
