"""The AWS CLI's `converse`, and LiteLLM's proxy on both sides: in front of ringwall, and as the upstream that ringwall asks."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.acceptance.chat_upstream import Said, chat_upstream
from tests.acceptance.clients.test_clients import USAGE, guardrail_through_boto3, run, wait_until_alive
from tests.live import Live, free_port

pytestmark = [pytest.mark.clients, pytest.mark.slow, pytest.mark.timeout(900)]
MODEL = "ringwall.development-v1"
MASTER_KEY = "sk-4f1b7c0d2e9a48b6a5d3c7e1f0928374"
MASKED, BLOCKED, CLEAN = "write to ada@example.com", "tell me about Project Nightjar", "good morning to all of you"


def test_aws_cli_converse(live: Live, client: Callable[[str], Path], client_environment: dict[str, str]) -> None:
    aws = client("awscli") / "bin" / "aws"
    environment = {**client_environment, **live.credentials}
    guardrail = {"guardrailIdentifier": guardrail_through_boto3(live, "for-cli-converse"), "guardrailVersion": "DRAFT", "trace": "enabled"}

    def converse(text: str) -> dict[str, Any]:
        messages = json.dumps([{"role": "user", "content": [{"text": text}]}])
        line = [aws, "bedrock-runtime", "converse", "--model-id", MODEL, "--messages", messages]
        return json.loads(run([*line, "--guardrail-config", json.dumps(guardrail)], environment))

    masked, blocked, clean = converse(MASKED), converse(BLOCKED), converse(CLEAN)
    assert masked["output"]["message"]["content"] == [{"text": "write to {EMAIL}"}]
    assert masked["stopReason"] == "end_turn"
    assert (blocked["stopReason"], blocked["output"]["message"]["content"]) == ("guardrail_intervened", [{"text": "refused"}])
    (assessment,) = blocked["trace"]["guardrail"]["inputAssessment"].values()
    assert assessment["wordPolicy"]["customWords"][0]["match"] == "Project Nightjar"
    assert (clean["output"]["message"]["content"], clean["stopReason"]) == ([{"text": CLEAN}], "end_turn")
    assert clean["usage"]["totalTokens"] > 0


@dataclass
class Proxy:
    """LiteLLM's proxy, between whom it stands, and the guardrail that is named."""

    live: Live
    port: int
    guardrail: str

    def ask(self, model: str, text: str, *, stream: bool) -> tuple[str, str]:
        """Ask LiteLLM as an OpenAI client does; return the answer's words and why it ended."""
        body = {"model": model, "messages": [{"role": "user", "content": text}], "stream": stream}
        status, read = post(self.port, "/v1/chat/completions", body, MASTER_KEY)
        assert status == 200, read
        return told(read, stream=stream)


def post(port: int, path: str, body: dict[str, Any], key: str, **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    sent = {"content-type": "application/json", "authorization": f"Bearer {key}", **headers}
    connection.request("PUT" if path.startswith("/ringwall") else "POST", path, json.dumps(body), sent)
    answer = connection.getresponse()
    read = answer.read().decode()
    connection.close()
    return answer.status, read


def told(read: str, *, stream: bool) -> tuple[str, str]:
    """Return the words of OpenAI's answer, and why it ended."""
    if not stream:
        choice = json.loads(read)["choices"][0]
        return choice["message"]["content"], choice["finish_reason"]
    lines = [line.removeprefix("data: ") for line in read.splitlines() if line.startswith("data: ") and line != "data: [DONE]"]
    choices = [chunk["choices"][0] for chunk in map(json.loads, lines) if chunk["choices"]]
    words = "".join(each["delta"].get("content") or "" for each in choices)
    return words, next(each["finish_reason"] for each in reversed(choices) if each.get("finish_reason"))


def configuration(live: Live, guardrail: str, echo: int) -> dict[str, Any]:
    """Return LiteLLM's configuration: its way to ringwall as an OpenAI server, as Bedrock, and to the echo."""
    headers = {"x-amzn-bedrock-guardrailidentifier": guardrail, "x-amzn-bedrock-guardrailversion": "DRAFT"}
    as_openai = {"model": f"openai/{MODEL}", "api_base": f"{live.url}/v1", "api_key": live.ready["apiKey"], "extra_headers": headers}
    as_bedrock = {
        "model": f"bedrock/converse/{MODEL}",
        "aws_bedrock_runtime_endpoint": live.url,
        "aws_region_name": "us-east-1",
        "aws_access_key_id": live.ready["accessKeyId"],
        "aws_secret_access_key": live.ready["secretAccessKey"],
        "guardrailConfig": {"guardrailIdentifier": guardrail, "guardrailVersion": "DRAFT", "trace": "enabled"},
    }
    behind = {"model": "openai/echo", "api_base": f"http://127.0.0.1:{echo}/v1", "api_key": "none"}
    models = {"as-openai": as_openai, "as-bedrock": as_bedrock, "echo": behind}
    return {
        "model_list": [{"model_name": name, "litellm_params": given} for name, given in models.items()],
        "litellm_settings": {"drop_params": True, "num_retries": 0},
    }


@pytest.fixture(scope="module")
def proxy(live: Live, client: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """One proxy for all: in front of the live server, and behind its model `behind`."""
    home, folder, port = client("litellm"), tmp_path_factory.mktemp("litellm"), free_port()
    guardrail = guardrail_through_boto3(live, "on-both-sides")
    config = folder / "config.yaml"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "RINGWALL_"))}
    environment = {**kept, "HOME": str(folder), "LITELLM_MASTER_KEY": MASTER_KEY, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    command = [home / "bin" / "litellm", "--config", config, "--host", "127.0.0.1", "--port", str(port)]
    with chat_upstream(Said, piece=3, usage=USAGE) as echo, (folder / "litellm.log").open("w") as log:
        config.write_text(json.dumps(configuration(live, guardrail, echo.port)))
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            wait_until_alive(f"http://127.0.0.1:{port}/health/liveliness", process, folder / "litellm.log")
            lead_to(live, port)
            yield Proxy(live, port, guardrail)
        finally:
            process.terminate()
            process.communicate(timeout=30)


def lead_to(live: Live, port: int) -> None:
    """Put a model `behind` whose upstream is the proxy; its key is a file, as for any upstream."""
    credential = live.data_dir / "upstreams" / live.ready["accountId"] / "litellm"
    credential.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    credential.write_text(MASTER_KEY)
    credential.chmod(0o600)
    row = {"upstream": f"openai+http://127.0.0.1:{port}/v1", "model": "echo", "credential": "file:litellm", "allowPrivate": True}
    operator = json.loads((live.data_dir / "server.json").read_text())["token"]
    status, read = post(int(live.url.rpartition(":")[2]), "/ringwall/v1/models/behind", row, operator)
    assert status in {200, 201}, read


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("model", ["as-openai", "as-bedrock"])
def test_litellm_in_front(proxy: Proxy, model: str, stream: bool) -> None:
    assert proxy.ask(model, MASKED, stream=stream) == ("write to {EMAIL}", "stop")
    assert proxy.ask(model, BLOCKED, stream=stream) == ("refused", "content_filter")
    assert proxy.ask(model, CLEAN, stream=stream) == (CLEAN, "stop")
    words, reason = proxy.ask(model, "count 300", stream=stream)
    assert (words.split(), reason) == ([str(number) for number in range(1, 301)], "stop")


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_litellm_behind_an_openai_client(proxy: Proxy, stream: bool) -> None:
    named = {"x-amzn-bedrock-guardrailidentifier": proxy.guardrail, "x-amzn-bedrock-guardrailversion": "DRAFT"}
    port, key = int(proxy.live.url.rpartition(":")[2]), proxy.live.ready["apiKey"]

    def ask(text: str) -> tuple[str, str]:
        body = {"model": "behind", "messages": [{"role": "user", "content": text}], "stream": stream}
        status, read = post(port, "/v1/chat/completions", body, key, **named)
        assert status == 200, read
        return told(read, stream=stream)

    assert ask(MASKED) == ("write to {EMAIL}", "stop")
    assert ask(BLOCKED) == ("refused", "content_filter")
    assert ask(CLEAN) == (CLEAN, "stop")


def test_litellm_behind_boto3(proxy: Proxy) -> None:
    live = proxy.live
    keys = {"aws_access_key_id": live.ready["accessKeyId"], "aws_secret_access_key": live.ready["secretAccessKey"]}
    once = Config(retries={"total_max_attempts": 1})
    runtime = boto3.client("bedrock-runtime", endpoint_url=live.url, region_name="us-east-1", config=once, **keys)
    asked = {
        "modelId": "behind",
        "messages": [{"role": "user", "content": [{"text": MASKED}]}],
        "guardrailConfig": {"guardrailIdentifier": proxy.guardrail, "guardrailVersion": "DRAFT"},
    }
    answer = runtime.converse(**asked)
    assert answer["output"]["message"]["content"] == [{"text": "write to {EMAIL}"}]
    assert answer["usage"]["totalTokens"] == 2, "as the echo counts"
    events = list(runtime.converse_stream(**asked)["stream"])
    words = "".join(event["contentBlockDelta"]["delta"]["text"] for event in events if "contentBlockDelta" in event)
    assert words == "write to {EMAIL}"
