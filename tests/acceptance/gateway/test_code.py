"""Generated code through a live server: an upstream of our own answers code, and unmodified boto3 and plain HTTP see what leaves."""

from __future__ import annotations

import http.client
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.chat_upstream import Said, chat_upstream
from tests.acceptance.gateway.test_boto3_converse import client, said, streamed
from tests.acceptance.gateway.test_chat import ask, data_of, records
from tests.environments import environment, install_python
from tests.live import Live, start

SHELL = "Run this:\n\n```python\nimport os\nos.system(heliotrope)\n```\n\nThat is all.\n"
SAFE = "Use `len(x)`:\n\n```python\nprint(len(heliotrope))\n```\n\nThat is all.\n"
OPEN = "Half of it:\n\n```python\nimport os\nos.system(heliotrope)"
TOKEN = "Set it:\n\n```sh\nexport GITHUB_TOKEN=ghp_" + "0123456789abcdefghijABCDEFGHIJ012345\n```\n"
ANSWERS = {"shell": SHELL, "safe": SAFE, "open": OPEN, "token": TOKEN, "slow": "```go\npackage main\n```\n"}
CALL = {"code": "import os\nos.system(heliotrope)\n"}
MESSAGE = "no such code"


def answer(asked: str) -> Said:
    """Answer what the question names."""
    return Said(call=json.dumps(CALL)) if asked == "call" else Said(ANSWERS[asked])


@pytest.fixture(scope="module")
def coder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A server whose model `coder` answers code, and whose account has a policy that blocks."""
    with chat_upstream(answer) as upstream, pytest.MonkeyPatch.context() as patch:
        patch.setenv("RINGWALL_MODELS", json.dumps([upstream.row("coder")]))
        live = start(tmp_path_factory.mktemp("code") / "var")
        put(live, {"blockedMessage": MESSAGE, "unscanned": "ALLOW"})
        yield live
        assert live.stop() == 0


def native(live: Live, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
    connection = http.client.HTTPConnection(live.url.partition("//")[2], timeout=60)
    headers = {"authorization": f"Bearer {live.ready['apiKey']}", "content-type": "application/json"}
    connection.request(method, f"/ringwall/v1{path}", None if body is None else json.dumps(body), headers)
    response = connection.getresponse()
    read = response.read()
    connection.close()
    return response.status, json.loads(read) if read else None


def put(live: Live, config: dict[str, Any], **members: str) -> dict[str, Any]:
    status, made = native(live, "PUT", "/code-policy", {"codePolicyConfig": config, **members})
    assert status == 200, made
    return dict(made)


def test_a_stream_ends_before_the_code_that_is_weak(coder: Live) -> None:
    runtime = client(coder, "bedrock-runtime")
    text, reason, names, _ = streamed(runtime.converse_stream(modelId="coder", messages=said("shell")))
    assert (text, reason) == ("Run this:\n\n" + MESSAGE, "guardrail_intervened")
    assert names.count("messageStop") == 1


def test_a_stream_without_weaknesses_leaves_whole(coder: Live) -> None:
    runtime = client(coder, "bedrock-runtime")
    text, reason, names, _ = streamed(runtime.converse_stream(modelId="coder", messages=said("safe")))
    assert (text, reason) == (SAFE, "end_turn")
    assert names.count("contentBlockDelta") > 3


def test_a_block_that_does_not_end_is_scanned_at_the_end(coder: Live) -> None:
    text, reason, _, _ = streamed(client(coder, "bedrock-runtime").converse_stream(modelId="coder", messages=said("open")))
    assert (text, reason) == ("Half of it:\n\n" + MESSAGE, "guardrail_intervened")


@pytest.mark.parametrize("asked", ["shell", "token", "open"])
def test_an_answer_that_does_not_stream_is_withheld_whole(coder: Live, asked: str) -> None:
    answer = client(coder, "bedrock-runtime").converse(modelId="coder", messages=said(asked))
    assert answer["stopReason"] == "guardrail_intervened"
    assert answer["output"]["message"]["content"] == [{"text": MESSAGE}]


def test_openai_clients_see_a_filter(coder: Live) -> None:
    body = {"model": "coder", "messages": [{"role": "user", "content": "shell"}]}
    status, text = ask(coder, "/v1/chat/completions", {**body, "stream": True})
    chunks = [chunk["choices"][0] for chunk in data_of(text) if chunk["choices"]]
    assert status == 200
    assert "".join(chunk["delta"].get("content") or "" for chunk in chunks) == "Run this:\n\n" + MESSAGE
    assert [chunk["finish_reason"] for chunk in chunks if chunk["finish_reason"]] == ["content_filter"]


@pytest.mark.parametrize("stream", [True, False])
def test_a_tool_is_not_called_with_weak_code(coder: Live, stream: bool) -> None:
    tools = [{"type": "function", "function": {"name": "run", "description": "runs", "parameters": {"type": "object"}}}]
    body = {"model": "coder", "messages": [{"role": "user", "content": "call"}], "tools": tools, "stream": stream}
    status, text = ask(coder, "/v1/chat/completions", body)
    assert status == 200
    assert MESSAGE in text
    assert "tool_calls" not in text
    assert "content_filter" in text


@pytest.mark.parametrize("stream", [True, False])
def test_a_note_stands_before_the_call_it_is_about_in_every_dialect(coder: Live, stream: bool) -> None:
    put(coder, {"action": "ANNOTATE", "unscanned": "ALLOW"})
    try:
        chat_tools = [{"type": "function", "function": {"name": "run", "description": "runs", "parameters": {"type": "object"}}}]
        question = {"model": "coder", "messages": [{"role": "user", "content": "call"}], "stream": stream}
        _, chat = ask(coder, "/v1/chat/completions", {**question, "tools": chat_tools})
        tools = [{"name": "run", "description": "runs", "input_schema": {"type": "object"}}]
        _, message = ask(coder, "/v1/messages", {**question, "max_tokens": 99, "tools": tools})
        spec = {"tools": [{"toolSpec": {"name": "run", "description": "runs", "inputSchema": {"json": {"type": "object"}}}}]}
        runtime = client(coder, "bedrock-runtime")
        asked = {"modelId": "coder", "messages": said("call"), "toolConfig": spec}
        if stream:
            events = list(runtime.converse_stream(**asked)["stream"])
            starts = [event["contentBlockStart"] for event in events if "contentBlockStart" in event]
            assert [start["contentBlockIndex"] for start in starts if "toolUse" in start["start"]] == [1]
            inputs = [
                event["contentBlockDelta"]["delta"].get("toolUse", {}).get("input", "") for event in events if "contentBlockDelta" in event
            ]
            assert json.loads("".join(inputs)) == CALL
        else:
            note, used = runtime.converse(**asked)["output"]["message"]["content"]
            assert note["text"].startswith("Code in this answer was scanned:")
            assert used["toolUse"]["input"] == CALL
        for text in (chat, message):
            assert text.index("(bandit/B605), line 2 of the code") < text.index('"run"'), text
        if not stream:
            assert [block["type"] for block in json.loads(message)["content"]] == ["text", "tool_use"]
            assert json.loads(json.loads(chat)["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"]) == CALL
    finally:
        put(coder, {"blockedMessage": MESSAGE, "unscanned": "ALLOW"})


def test_the_record_names_rule_weakness_and_line_and_no_code(coder: Live) -> None:
    client(coder, "bedrock-runtime").converse(modelId="coder", messages=said("shell"))
    newest = json.dumps(records(coder, "Converse")[0])
    assert "heliotrope" not in newest
    for word in ("bandit/B605", "HIGH", "account", "digest"):
        assert word in newest


def test_the_counters_know_what_was_blocked(coder: Live) -> None:
    before = native(coder, "GET", "/stats")[1]
    for asked in ("shell", "safe"):
        client(coder, "bedrock-runtime").converse(modelId="coder", messages=said(asked))
    after = native(coder, "GET", "/stats")[1]
    assert [after[name] - before[name] for name in ("checked", "blocked", "masked")] == [2, 1, 0]


def test_a_guardrail_may_have_a_policy_of_its_own(coder: Live) -> None:
    bedrock, runtime = client(coder, "bedrock"), client(coder, "bedrock-runtime")
    policy = {"blockedInputMessaging": "in", "blockedOutputsMessaging": "out", "wordPolicyConfig": {"wordsConfig": [{"text": "wallaroon"}]}}
    made = bedrock.create_guardrail(name="notes", **policy)
    put(coder, {"action": "ANNOTATE", "unscanned": "ALLOW"}, guardrailIdentifier=made["guardrailId"])
    named = {"guardrailIdentifier": made["guardrailId"], "guardrailVersion": "DRAFT", "trace": "enabled"}
    _, reason, _, _ = streamed(runtime.converse_stream(modelId="coder", messages=said("shell"), guardrailConfig=named))
    assert reason == "guardrail_intervened"  # the account's blocks, whatever the guardrail's own says
    put(coder, {"action": "NONE", "unscanned": "ALLOW"})
    text, reason, _, metadata = streamed(runtime.converse_stream(modelId="coder", messages=said("shell"), guardrailConfig=named))
    put(coder, {"blockedMessage": MESSAGE, "unscanned": "ALLOW"})
    assert reason == "end_turn"
    begun, note, ended = text.partition("\n\nCode in this answer was scanned:\n\n- HIGH CWE-78 (bandit/B605), line 2 of the code: ")
    assert note
    assert begun == SHELL.partition("\nThat")[0].rstrip("\n") + "\n"
    assert ended.endswith("That is all.\n")
    assert "Generated code annotated: findings (bandit/B605)." in metadata["trace"]["guardrail"]["actionReason"]
    status, listed = native(coder, "GET", "/code-policies")
    assert (status, [each["scope"] for each in listed["policies"]]) == (200, ["account", "guardrail"])
    assert native(coder, "DELETE", f"/code-policy?guardrailIdentifier={made['guardrailId']}")[0] == 204
    assert native(coder, "DELETE", f"/code-policy?guardrailIdentifier={made['guardrailId']}")[0] == 404
    bedrock.delete_guardrail(guardrailIdentifier=made["guardrailId"])


def test_a_text_is_judged_as_an_answer_would_be(coder: Live) -> None:
    status, judged = native(coder, "POST", "/code-policy/scan", {"text": SHELL})
    assert (status, judged["action"], judged["output"]) == (200, "BLOCK", MESSAGE)
    (finding,) = judged["receipt"]["findings"]
    assert (finding["rule"], finding["cwe"], finding["line"]) == ("bandit/B605", 78, 2)
    assert SHELL[finding["start"] : finding["end"]] == "os.system(heliotrope)"
    assert native(coder, "POST", "/code-policy/scan", {"text": SAFE})[1]["action"] == "NONE"


@pytest.mark.parametrize(
    ("config", "word"),
    [
        ({"action": "SHOUT"}, "action"),
        ({"languages": ["klingon"]}, "klingon"),
        ({"toolArguments": ["code"]}, "toolArguments"),
        ({"x": 1}, "x"),
    ],
)
def test_a_policy_that_cannot_stand_is_refused(coder: Live, config: dict[str, Any], word: str) -> None:
    status, problem = native(coder, "PUT", "/code-policy", {"codePolicyConfig": config})
    assert status == 400
    assert word in problem["detail"]


def test_a_policy_for_a_guardrail_that_is_not_there_is_refused(coder: Live) -> None:
    assert native(coder, "PUT", "/code-policy", {"codePolicyConfig": {}, "guardrailIdentifier": "absent"})[0] == 404


def test_without_a_policy_nothing_is_scanned_and_the_record_says_so(coder: Live) -> None:
    assert native(coder, "DELETE", "/code-policy")[0] == 204
    try:
        answer = client(coder, "bedrock-runtime").converse(modelId="coder", messages=said("shell"))
        assert answer["output"]["message"]["content"] == [{"text": SHELL}]
        newest = records(coder, "Converse")[0]
        assert '"configured": false' in json.dumps(newest)
        assert native(coder, "GET", "/code-policy")[0] == 404
    finally:
        put(coder, {"blockedMessage": MESSAGE, "unscanned": "ALLOW"})


def test_a_user_without_permissions_may_not_change_policies(coder: Live) -> None:
    client(coder, "iam").create_user(UserName="coder-reader")
    key = native(coder, "POST", "/users/coder-reader/api-keys")[1]["apiKey"]
    connection = http.client.HTTPConnection(coder.url.partition("//")[2], timeout=60)
    connection.request("DELETE", "/ringwall/v1/code-policy", headers={"authorization": f"Bearer {key}"})
    assert connection.getresponse().status == 403
    connection.close()


OPENAI = """
import json, sys
from openai import OpenAI
client = OpenAI(base_url=sys.argv[1] + "/v1", api_key=sys.argv[2], max_retries=0)
said, tools = [], [{"type": "function", "function": {"name": "run", "parameters": {"type": "object"}}}]
for asked in ("safe", "shell", "call"):
    text, reason = "", None
    for chunk in client.chat.completions.create(model="coder", messages=[{"role": "user", "content": asked}], stream=True, tools=tools):
        for choice in chunk.choices:
            text += choice.delta.content or ""
            assert not choice.delta.tool_calls
            reason = choice.finish_reason or reason
    whole = client.chat.completions.create(model="coder", messages=[{"role": "user", "content": asked}], tools=tools).choices[0]
    said.append([text, reason, whole.message.content, whole.finish_reason])
print(json.dumps(said))
"""


@pytest.mark.clients
@pytest.mark.timeout(900)
def test_the_openai_package(coder: Live) -> None:
    home = environment(Path(__file__).parents[1] / "dialects" / "sdks" / "requirements.txt", install_python)
    line = [home / "bin" / "python", "-c", OPENAI, coder.url, coder.ready["apiKey"]]
    done = subprocess.run(line, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    safe, shell, called = json.loads(done.stdout)
    assert safe == [SAFE, "stop", SAFE, "stop"]
    assert shell == ["Run this:\n\n" + MESSAGE, "content_filter", MESSAGE, "content_filter"]
    assert called == [MESSAGE, "content_filter", MESSAGE, "content_filter"]
