"""The openai and anthropic packages, unmodified and in an environment of their own, read what the dialects write, and are read."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ringwall.wire.dialects.model import Ask, BlockDelta, BlockStart, BlockStop, Event, MessageStart, MessageStop, Usage
from ringwall.wire.dialects.table import DIALECTS
from ringwall.wire.dialects.texts import judged_texts
from tests.environments import environment, install_python

pytestmark = [pytest.mark.clients, pytest.mark.timeout(900)]
HERE = Path(__file__).parent / "sdks"
CHAT, MESSAGES = DIALECTS["openai_chat"], DIALECTS["anthropic_messages"]

SAID: list[Event] = [
    MessageStart(),
    *(
        BlockStart(0, "reasoning"),
        BlockDelta(0, "Hm"),
        BlockDelta(0, "."),
        BlockDelta(0, "", "c2ln"),
        BlockDelta(0, "", "bmVk"),
        BlockStop(0),
    ),
    *(BlockStart(1, "text"), BlockDelta(1, "A "), BlockDelta(1, "wäll"), BlockStop(1)),
    *(BlockStart(2, "tool_use", "call_1", "clock"), BlockDelta(2, '{"city":'), BlockDelta(2, '"Oslo"}'), BlockStop(2)),
    *(BlockStart(3, "tool_use", "call_2", "now"), BlockStop(3)),
    MessageStop("tool_use"),
    Usage(12, 7, cache_read_tokens=5),
]
SEALED: list[Event] = [
    MessageStart(),
    BlockStart(0, "reasoning", sealed=True),
    BlockDelta(0, "", "c2VhbGVk"),
    BlockStop(0),
    MessageStop("end_turn"),
    Usage(1, 2),
]
REFUSED: list[Event] = [
    MessageStart(),
    BlockStart(0, "text", refusal=True),
    BlockDelta(0, "I must not."),
    BlockStop(0),
    MessageStop("guardrail_intervened"),
    Usage(1, 2),
]

CHAT_TOOLS = [
    {"type": "function", "function": {"name": name, "description": "Tells.", "parameters": {"type": "object", "properties": {}}}}
    for name in ("clock", "now")
]
CHAT_BODY: dict[str, Any] = {
    "model": "small",
    "messages": [
        {"role": "developer", "content": "Be short."},
        {"role": "user", "content": [{"type": "text", "text": "What time is it?"}]},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "call_0", "type": "function", "function": {"name": "clock", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "call_0", "content": "12:00"},
    ],
    "tools": CHAT_TOOLS,
    "max_completion_tokens": 10,
}
MESSAGES_BODY: dict[str, Any] = {
    "model": "small",
    "max_tokens": 10,
    "system": [{"type": "text", "text": "Be short.", "cache_control": {"type": "ephemeral"}}],
    "messages": [
        {"role": "user", "content": "What time is it?"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "call_0", "name": "clock", "input": {"city": "Oslo"}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "call_0", "content": "12:00"}]},
    ],
    "tools": [{"name": "clock", "description": "Tells.", "input_schema": {"type": "object"}}],
}


def whole(name: str, said: list[Event]) -> str:
    return json.dumps(DIALECTS[name].write_answer(said, Ask(model="small"), answer_id="answer-1", created=1_700_000_000))


def streamed(name: str, said: list[Event], *, failed: bool = False) -> str:
    ask = Ask(model="small", dialect=name, body={"stream_options": {"include_usage": True}})
    writer = DIALECTS[name].stream_writer(ask, answer_id="answer-1", created=1_700_000_000)
    written = b"".join([writer.write(event) for event in (said[:9] if failed else said)])
    return (written + (writer.fail("upstream-failed", "the upstream failed", 502) if failed else b"") + writer.end()).decode()


CHAT_STREAM = CHAT_BODY | {"stream_options": {"include_usage": True}}
CASES: dict[str, dict[str, Any]] = {
    "openai whole": {"sdk": "openai", "stream": False, "body": CHAT_BODY, "answer": whole("openai_chat", SAID)},
    "openai stream": {"sdk": "openai", "stream": True, "body": CHAT_STREAM, "answer": streamed("openai_chat", SAID)},
    "openai refusal": {"sdk": "openai", "stream": False, "body": CHAT_BODY, "answer": whole("openai_chat", REFUSED)},
    "openai failure": {"sdk": "openai", "stream": True, "body": CHAT_STREAM, "answer": streamed("openai_chat", SAID, failed=True)},
    "anthropic whole": {"sdk": "anthropic", "stream": False, "body": MESSAGES_BODY, "answer": whole("anthropic_messages", SAID)},
    "anthropic stream": {"sdk": "anthropic", "stream": True, "body": MESSAGES_BODY, "answer": streamed("anthropic_messages", SAID)},
    "anthropic sealed": {"sdk": "anthropic", "stream": True, "body": MESSAGES_BODY, "answer": streamed("anthropic_messages", SEALED)},
    "anthropic refusal": {"sdk": "anthropic", "stream": True, "body": MESSAGES_BODY, "answer": streamed("anthropic_messages", REFUSED)},
    "anthropic failure": {
        "sdk": "anthropic",
        "stream": True,
        "body": MESSAGES_BODY,
        "answer": streamed("anthropic_messages", SAID, failed=True),
    },
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What the packages sent and made of the answers, for each case."""
    folder = tmp_path_factory.mktemp("sdks")
    (folder / "cases.json").write_text(json.dumps(list(CASES.values())), encoding="utf-8")
    python = environment(HERE / "requirements.txt", install_python) / "bin" / "python"
    done = subprocess.run([python, HERE / "script.py", folder], capture_output=True, text=True, timeout=600, check=False, cwd=folder)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    return {name: answer | {"seen": seen} for name, answer, seen in zip(CASES, found["told"], found["seen"], strict=True)}


@pytest.mark.parametrize("name", ["openai whole", "openai stream"])
def test_openai_reads_words_reasoning_calls_and_usage(told: dict[str, dict[str, Any]], name: str) -> None:
    answer = told[name]["answer"] if name == "openai whole" else told[name]["answer"]["final"]
    (choice,) = answer["choices"]
    message = choice["message"]
    assert (answer["id"], answer["model"], choice["finish_reason"]) == ("answer-1", "small", "tool_calls")
    assert (message["content"], message["refusal"], message["reasoning_content"]) == ("A wäll", None, "Hm.")
    assert [(call["id"], call["function"]["name"], json.loads(call["function"]["arguments"])) for call in message["tool_calls"]] == [
        ("call_1", "clock", {"city": "Oslo"}),
        ("call_2", "now", {}),
    ]
    assert (answer["usage"]["prompt_tokens"], answer["usage"]["completion_tokens"]) == (12, 7)
    assert answer["usage"]["prompt_tokens_details"]["cached_tokens"] == 5


def test_openai_tells_calls_and_words_as_they_come(told: dict[str, dict[str, Any]]) -> None:
    kinds = told["openai stream"]["answer"]["kinds"]
    assert {"content.delta", "content.done", "tool_calls.function.arguments.delta", "tool_calls.function.arguments.done"} <= set(kinds)


def test_openai_reads_a_refusal(told: dict[str, dict[str, Any]]) -> None:
    (choice,) = told["openai refusal"]["answer"]["choices"]
    assert (choice["finish_reason"], choice["message"]["refusal"], choice["message"]["content"]) == ("content_filter", "I must not.", None)


@pytest.mark.parametrize("name", ["anthropic whole", "anthropic stream"])
def test_anthropic_reads_words_reasoning_calls_and_usage(told: dict[str, dict[str, Any]], name: str) -> None:
    answer = told[name]["answer"] if name == "anthropic whole" else told[name]["answer"]["final"]
    thinking, text, clock, now = answer["content"]
    assert (answer["id"], answer["model"], answer["role"], answer["stop_reason"]) == ("answer-1", "small", "assistant", "tool_use")
    assert (thinking["thinking"], thinking["signature"], text["text"]) == ("Hm.", "c2lnbmVk", "A wäll")
    assert (clock["id"], clock["name"], clock["input"], now["input"]) == ("call_1", "clock", {"city": "Oslo"}, {})
    usage = answer["usage"]
    assert (usage["input_tokens"], usage["cache_read_input_tokens"], usage["output_tokens"]) == (7, 5, 7)


def test_anthropic_reads_sealed_reasoning_and_a_refusal(told: dict[str, dict[str, Any]]) -> None:
    assert told["anthropic sealed"]["answer"]["final"]["content"] == [{"type": "redacted_thinking", "data": "c2VhbGVk"}]
    refused = told["anthropic refusal"]["answer"]["final"]
    assert (refused["stop_reason"], refused["content"][0]["text"]) == ("refusal", "I must not.")


@pytest.mark.parametrize("name", ["openai failure", "anthropic failure"])
def test_a_failure_in_the_middle_of_a_stream_is_an_error_of_the_package(told: dict[str, dict[str, Any]], name: str) -> None:
    package, _, message = told[name]["error"].partition(": ")
    assert package == name.split(maxsplit=1)[0]
    assert "the upstream failed" in message


@pytest.mark.parametrize("name", CASES)
def test_what_the_packages_send_is_read(told: dict[str, dict[str, Any]], name: str) -> None:
    dialect = CHAT if CASES[name]["sdk"] == "openai" else MESSAGES
    seen = told[name]["seen"]
    assert seen["path"] == ("/v1/chat/completions" if dialect is CHAT else "/v1/messages")
    ask = dialect.read_request(seen["body"])
    assert ask.stream is CASES[name]["stream"]
    assert ask.beyond == ()
    assert [text.text for text in judged_texts(ask)][:2] == ["Be short.", "What time is it?"]
    assert [text.text for text in judged_texts(ask) if text.origin == "tool"] == ["12:00"]
    assert dialect.write_request(ask, model="small") == seen["body"]
