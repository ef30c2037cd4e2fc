"""Every face's way to hand on what tools and documents say: judged by its origin, and an instruction in it found at its place."""

from __future__ import annotations

from typing import Any

import pytest

from ringwall.guardrails import Applied, Guardrail, compile_guardrail, evaluate, parse_config
from ringwall.inference.compiled import Ready
from ringwall.inference.content import read_blocks
from ringwall.inference.gateway.gateway import Guard
from ringwall.inference.gateway.questions import pieces_of
from ringwall.vocabulary import Limits
from ringwall.wire.dialects.table import APPLICATION_DIALECTS
from tests.unit.guardrails.scorers import SCORERS, config, content_policy

ATTACK = "Attack at 70, dear reader."
CALM = "The weather in the north is mild."
DATA = f"{CALM} {ATTACK} {CALM}"
STRENGTHS = {"TOOL_RESULT": {"PROMPT_ATTACK": "MEDIUM"}, "DOCUMENT": {"PROMPT_ATTACK": "LOW"}}  # 0.7 is MEDIUM: a document may say it
ASKED = {"role": "user", "content": "What does it say?"}


@pytest.fixture(scope="module")
def guardrail() -> Guardrail:
    policy = content_policy(("PROMPT_ATTACK", "HIGH", "NONE"))
    policy["contentPolicyConfig"]["originStrengths"] = STRENGTHS  # type: ignore[index]
    return compile_guardrail(parse_config(config(**policy)), SCORERS)


def converse(*blocks: dict[str, Any], before: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {"modelId": "m", "messages": [*before, {"role": "user", "content": [{"text": "What does it say?"}, *blocks]}]}


def used(result: dict[str, Any]) -> dict[str, Any]:
    use = {"toolUse": {"toolUseId": "t1", "name": "read", "input": {}}}
    asked = {"role": "user", "content": [{"text": "Read it."}]}
    return converse({"toolResult": {"toolUseId": "t1", "content": [result]}}, before=(asked, {"role": "assistant", "content": [use]}))


def anthropic(block: dict[str, Any]) -> dict[str, Any]:
    calls = {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "read", "input": {}}]}
    return {"model": "m", "max_tokens": 9, "messages": [ASKED, calls, {"role": "user", "content": [block]}]}


def text_document(data: str) -> dict[str, Any]:
    return {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": data}}


CALL = {"id": "t1", "type": "function", "function": {"name": "read", "arguments": "{}"}}
RESPONSES_CALL = {"type": "function_call", "call_id": "t1", "name": "read", "arguments": "{}"}
TEXT_BLOCK = {"type": "text", "text": DATA}
SEARCH = {"source": "https://a.example", "title": "a", "content": [{"text": DATA}]}
DOCUMENT = {"format": "txt", "name": "a", "source": {"text": DATA}}
CHAT_CALL = {"role": "assistant", "tool_calls": [CALL]}
FACES: dict[str, tuple[str, dict[str, Any], str]] = {
    "Converse: text of a tool's result": ("converse", used({"text": DATA}), "TOOL_RESULT"),
    "Converse: JSON of a tool's result": ("converse", used({"json": {"a": DATA}}), "TOOL_RESULT"),
    "Converse: a document in a tool's result": ("converse", used({"document": DOCUMENT}), "DOCUMENT"),
    "Converse: a document's text": ("converse", converse({"document": DOCUMENT}), "DOCUMENT"),
    "Converse: a document's chunks": (
        "converse",
        converse({"document": {**DOCUMENT, "source": {"content": [{"text": DATA}]}}}),
        "DOCUMENT",
    ),
    "Converse: a document's context": (
        "converse",
        converse({"document": {**DOCUMENT, "source": {"text": CALM}, "context": DATA}}),
        "DOCUMENT",
    ),
    "Converse: a search result": ("converse", converse({"searchResult": {**SEARCH, "citations": {"enabled": True}}}), "DOCUMENT"),
    "Converse: a grounding source": (
        "converse",
        converse({"guardContent": {"text": {"text": DATA, "qualifiers": ["grounding_source", "guard_content"]}}}),
        "DOCUMENT",
    ),
    "Anthropic: a tool's result": (
        "anthropic_messages",
        anthropic({"type": "tool_result", "tool_use_id": "t1", "content": DATA}),
        "TOOL_RESULT",
    ),
    "Anthropic: blocks of a tool's result": (
        "anthropic_messages",
        anthropic({"type": "tool_result", "tool_use_id": "t1", "content": [TEXT_BLOCK]}),
        "TOOL_RESULT",
    ),
    "Anthropic: a document in a tool's result": (
        "anthropic_messages",
        anthropic({"type": "tool_result", "tool_use_id": "t1", "content": [text_document(DATA)]}),
        "DOCUMENT",
    ),
    "Anthropic: a document": ("anthropic_messages", anthropic(text_document(DATA)), "DOCUMENT"),
    "Anthropic: a document's title": ("anthropic_messages", anthropic({**text_document(CALM), "title": DATA}), "DOCUMENT"),
    "Anthropic: a search result": (
        "anthropic_messages",
        anthropic({"type": "search_result", "source": "https://a.example", "title": "a", "content": [TEXT_BLOCK]}),
        "DOCUMENT",
    ),
    "OpenAI chat: a message of the role tool": (
        "openai_chat",
        {"model": "m", "messages": [ASKED, CHAT_CALL, {"role": "tool", "tool_call_id": "t1", "content": DATA}]},
        "TOOL_RESULT",
    ),
    "OpenAI chat: parts of one": (
        "openai_chat",
        {"model": "m", "messages": [ASKED, CHAT_CALL, {"role": "tool", "tool_call_id": "t1", "content": [TEXT_BLOCK]}]},
        "TOOL_RESULT",
    ),
    "Responses: a function's output": (
        "openai_responses",
        {"model": "m", "input": [ASKED, RESPONSES_CALL, {"type": "function_call_output", "call_id": "t1", "output": DATA}]},
        "TOOL_RESULT",
    ),
    "Responses: parts of one": (
        "openai_responses",
        {
            "model": "m",
            "input": [
                ASKED,
                RESPONSES_CALL,
                {"type": "function_call_output", "call_id": "t1", "output": [{"type": "input_text", "text": DATA}]},
            ],
        },
        "TOOL_RESULT",
    ),
}


@pytest.mark.parametrize("face", FACES, ids=FACES.keys())
def test_what_tools_and_documents_say_is_judged_as_such(face: str, guardrail: Guardrail) -> None:
    dialect, body, origin = FACES[face]
    guard = Guard(ready=Ready(guardrail, Applied(guardrail_id="g", version="1", arn="arn")))
    pieces = pieces_of(APPLICATION_DIALECTS[dialect].read_request(body), guard)
    blocks = [piece.block for piece in pieces]
    ((at, block),) = [(at, block) for at, block in enumerate(blocks) if "dear reader" in block.text]
    evaluation = evaluate(guardrail, "INPUT", blocks, Limits())
    assert evaluation.coverage.blocks[at].origin == origin
    assert [each.origin for each in evaluation.coverage.blocks if each.origin not in {"", origin}] == []
    if origin == "DOCUMENT":
        assert evaluation.outcome.action == "NONE"
        return
    assert evaluation.outcome.action == "BLOCK"
    ((verdict),) = evaluation.verdicts
    ((passage),) = verdict.passages
    assert passage.block == at
    assert ATTACK in block.text[passage.span.start : passage.span.end]
    assert CALM not in block.text[passage.span.start + 2 : passage.span.end]


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ({"text": DATA, "qualifiers": ["grounding_source"]}, "DOCUMENT"),
        ({"text": DATA, "qualifiers": ["grounding_source"], "origin": "TOOL_RESULT"}, "TOOL_RESULT"),
        ({"text": DATA, "qualifiers": ["query"]}, ""),
        ({"text": DATA, "qualifiers": ["guard_content"], "origin": "DOCUMENT"}, "DOCUMENT"),
        ({"text": DATA}, ""),
    ],
)
def test_applyguardrail_says_it_by_qualifier_or_natively(text: dict[str, Any], origin: str, guardrail: Guardrail) -> None:
    evaluation = evaluate(guardrail, "INPUT", read_blocks([{"text": text}]), Limits())
    assert evaluation.coverage.blocks[0].origin == origin
    assert evaluation.outcome.action == ("NONE" if origin == "DOCUMENT" else "BLOCK")
    assert bool(evaluation.verdicts[0].passages) == (origin == "TOOL_RESULT")
