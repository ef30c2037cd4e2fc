"""Unmodified clients, each in its own environment, against a live server: pointed here by environment variables and nothing else."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest

from tests.acceptance.chat_upstream import Said, chat_upstream
from tests.live import Live, free_port

pytestmark = [pytest.mark.clients, pytest.mark.timeout(900)]
HERE = Path(__file__).parent
USAGE = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}

GUARD = {
    "name": "from-the-cli",
    "blockedInputMessaging": "refused",
    "blockedOutputsMessaging": "withheld",
    "wordPolicyConfig": {"wordsConfig": [{"text": "project nightjar"}]},
    "sensitiveInformationPolicyConfig": {"piiEntitiesConfig": [{"type": "EMAIL", "action": "ANONYMIZE"}]},
}


def judge(answers: dict) -> None:
    """The three texts that every client sends, and what must come back."""
    assert answers["masked"]["action"] == "GUARDRAIL_INTERVENED"
    assert answers["masked"]["outputs"] == [{"text": "write to {EMAIL}"}]
    entities = answers["masked"]["assessments"][0]["sensitiveInformationPolicy"]["piiEntities"]
    assert [(e["type"], e["action"], e["match"]) for e in entities] == [("EMAIL", "ANONYMIZED", "ada@example.com")]
    assert answers["blocked"]["outputs"] == [{"text": "refused"}]
    words = answers["blocked"]["assessments"][0]["wordPolicy"]["customWords"]
    assert [(w["match"], w["action"], w["detected"]) for w in words] == [("Project Nightjar", "BLOCKED", True)]
    assert answers["clean"]["action"] == "NONE"
    assert answers["clean"]["outputs"] == []


def guardrail_through_boto3(live: Live, name: str = "for-litellm") -> str:
    key = {"aws_access_key_id": live.ready["accessKeyId"], "aws_secret_access_key": live.ready["secretAccessKey"]}
    bedrock = boto3.client("bedrock", region_name="us-east-1", endpoint_url=live.url, **key)
    return bedrock.create_guardrail(**{**GUARD, "name": name})["guardrailId"]


def run(command: list[str | Path], environment: dict[str, str], **options: object) -> str:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300, **options)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_aws_cli_v1(live: Live, client: Callable[[str], Path], client_environment: dict[str, str], tmp_path: Path):
    aws = client("awscli") / "bin" / "aws"
    environment = {**client_environment, **live.credentials}
    guard = tmp_path / "guard.json"
    guard.write_text(json.dumps(GUARD))
    made = json.loads(run([aws, "bedrock", "create-guardrail", "--cli-input-json", f"file://{guard}"], environment))
    assert made["guardrailArn"].endswith(made["guardrailId"])

    def apply(text: str) -> dict:
        where = ["--guardrail-identifier", made["guardrailId"], "--guardrail-version", "DRAFT", "--source", "INPUT"]
        content = json.dumps([{"text": {"text": text}}])
        return json.loads(run([aws, "bedrock-runtime", "apply-guardrail", *where, "--content", content], environment))

    texts = {"masked": "write to ada@example.com", "blocked": "tell me about Project Nightjar", "clean": "good morning"}
    judge({name: apply(text) for name, text in texts.items()})
    listed = json.loads(run([aws, "bedrock", "list-guardrails"], environment))
    assert made["guardrailId"] in [g["id"] for g in listed["guardrails"]]
    version = json.loads(run([aws, "bedrock", "create-guardrail-version", "--guardrail-identifier", made["guardrailId"]], environment))
    assert version["version"] == "1"
    caller = json.loads(run([aws, "sts", "get-caller-identity"], environment))
    assert caller["Account"] in made["guardrailArn"]


def test_aiobotocore(live: Live, client: Callable[[str], Path], client_environment: dict[str, str]):
    python = client("aiobotocore") / "bin" / "python"
    answers = json.loads(run([python, HERE / "aiobotocore" / "script.py"], {**client_environment, **live.credentials}))
    judge(answers)
    assert answers["unserved"].startswith("501")
    assert "ListAsyncInvokes" in answers["unserved"]
    assert answers["streamed"] == "write to {EMAIL}"


def test_javascript_v3_over_http_2(live: Live, client: Callable[[str], Path], client_environment: dict[str, str]):
    home = client("javascript")
    script = home / "script.mjs"
    script.write_text((HERE / "javascript" / "script.mjs").read_text())
    answers = json.loads(run(["node", script], {**client_environment, **live.credentials}, cwd=home))
    assert answers["handler"] == "NodeHttp2Handler"
    assert (answers["streamed"], answers["reason"]) == ("write to {EMAIL}", "end_turn")
    assert answers["refused"] == "ValidationException"
    judge(answers)


@pytest.fixture
def litellm_proxy(live: Live, client: Callable[[str], Path], client_environment: dict[str, str], tmp_path: Path) -> Iterator[str]:
    """A LiteLLM proxy whose bedrock guardrail points here and whose one model echoes what it is asked."""
    home = client("litellm")
    port = free_port()
    # three characters a piece, so that nothing worth masking comes in one
    with chat_upstream(Said, piece=3, usage=USAGE) as echo, (tmp_path / "litellm.log").open("w") as log:
        environment = {
            **client_environment,
            **live.credentials,
            "ECHO_URL": f"http://127.0.0.1:{echo.port}/v1",
            "GUARDRAIL_ID": guardrail_through_boto3(live),
            "LITELLM_MASTER_KEY": "sk-4f1b7c0d2e9a48b6a5d3c7e1f0928374",
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        }
        command = [home / "bin" / "litellm", "--config", HERE / "litellm" / "config.yaml", "--host", "127.0.0.1", "--port", str(port)]
        proxy = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        url = f"http://127.0.0.1:{port}"
        try:
            wait_until_alive(f"{url}/health/liveliness", proxy, tmp_path / "litellm.log")
            yield url
        finally:
            proxy.terminate()
            proxy.communicate(timeout=30)


def wait_until_alive(url: str, process: subprocess.Popen, log: Path) -> None:
    """Poll until the proxy answers; it takes most of a minute to import."""
    for _ in range(180):
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            try:
                process.wait(timeout=1)
            except subprocess.TimeoutExpired:
                continue
            break
    raise AssertionError(log.read_text()[-4000:])


def ask(url: str, text: str) -> tuple[int, dict]:
    body = json.dumps({"model": "echo", "messages": [{"role": "user", "content": text}]}).encode()
    headers = {"content-type": "application/json", "authorization": "Bearer sk-4f1b7c0d2e9a48b6a5d3c7e1f0928374"}
    try:
        with urllib.request.urlopen(urllib.request.Request(f"{url}/v1/chat/completions", body, headers), timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_litellm_bedrock_guardrail_masks_and_blocks(litellm_proxy: str):
    status, masked = ask(litellm_proxy, "write to ada@example.com")
    assert status == 200, masked
    assert masked["choices"][0]["message"]["content"] == "write to {EMAIL}"
    status, blocked = ask(litellm_proxy, "tell me about Project Nightjar")
    assert status == 400, blocked
    assert "refused" in json.dumps(blocked)
    status, clean = ask(litellm_proxy, "good morning")
    assert (status, clean["choices"][0]["message"]["content"]) == (200, "good morning")
