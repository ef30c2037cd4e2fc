"""Whatever string of a request says something forbidden: it is judged, it makes the request refused, or it does not reach the upstream."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from ringwall.errors import RingwallError
from ringwall.guardrails import Applied, compile_guardrail, evaluate, parse_config
from ringwall.inference.compiled import Ready
from ringwall.inference.gateway.gateway import Guard
from ringwall.inference.gateway.questions import masked, pieces_of
from ringwall.vocabulary import Limits
from ringwall.wire.dialects.errors import Unmaskable
from ringwall.wire.dialects.model import Ask
from ringwall.wire.dialects.openai_embeddings import NAME as EMBEDDINGS
from ringwall.wire.dialects.openai_embeddings import read_question
from ringwall.wire.dialects.table import APPLICATION_DIALECTS, DIALECTS
from ringwall.wire.dialects.texts import unjudged
from tests.conformance.wire.dialect_cases import VECTORS
from tests.unit.guardrails.scorers import SCORERS, config

SENTENCE, WORD = "the planted sentence of four words", "planted_word"
READY = Ready(
    compile_guardrail(parse_config(config(wordPolicyConfig={"wordsConfig": [{"text": SENTENCE}, {"text": WORD}]})), SCORERS),
    Applied(guardrail_id="g", version="1", arn="arn"),
)
WHOLE = Guard(ready=READY, every_turn=True, system=True)
NAMED = Guard(ready=READY)

LEFT = {
    WORD: {"signature", "data", "encrypted_content", "redactedContent", "stop", "stop_sequences", "stopSequences"},
    SENTENCE: set[str](),
}
"""Members where a word is let through, as docs/wire/dialects.md says: what is base64 (to somebody), and short stop sequences."""

TOOL = {"name": "t", "description": "d", "input_schema": {"type": "object", "properties": {"a": {"description": "d", "enum": ["b"]}}}}
RICH: dict[str, dict[str, Any]] = {
    "openai_chat": {
        "model": "m",
        "user": "u",
        "safety_identifier": "s",
        "service_tier": "auto",
        "metadata": {"a": "b"},
        "stop": ["x"],
        "prompt_cache_key": "k",
        "verbosity": "low",
        "reasoning_effort": "low",
        "prediction": {"type": "content", "content": "p"},
        "messages": [
            {"role": "user", "name": "n", "content": [{"type": "text", "text": "x", "cache_control": {"type": "ephemeral", "ttl": "5m"}}]},
            {"role": "assistant", "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "t", "arguments": "{}"}}]},
            {"role": "tool", "tool_call_id": "c1", "name": "t", "content": "r"},
        ],
        "tools": [{"type": "function", "function": {"name": "t", "description": "d", "parameters": TOOL["input_schema"]}}],
        "tool_choice": {"type": "function", "function": {"name": "t"}},
        "response_format": {"type": "json_schema", "json_schema": {"name": "n", "description": "d", "schema": {"title": "t"}}},
        "web_search_options": {"user_location": {"approximate": {"city": "c"}}},
    },
    "anthropic_messages": {
        "model": "m",
        "max_tokens": 9,
        "metadata": {"user_id": "u"},
        "service_tier": "auto",
        "container": "c",
        "inference_geo": "us",
        "stop_sequences": ["x"],
        "tool_choice": {"type": "tool", "name": "t"},
        "system": [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
        "messages": [
            {
                "role": "user",
                "content": [{"type": "document", "title": "t", "source": {"type": "text", "media_type": "text/plain", "data": "d"}}],
            },
            {"role": "assistant", "content": [{"type": "tool_use", "id": "c1", "name": "t", "input": {"a": "b"}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": [{"type": "text", "text": "r"}]}]},
        ],
        "tools": [TOOL, {"type": "web_search_20250305", "name": "web_search", "user_location": {"city": "c"}}],
        "mcp_servers": [{"type": "url", "url": "u", "name": "n", "authorization_token": "t"}],
    },
    "converse": {
        "modelId": "m",
        "requestMetadata": {"a": "b"},
        "promptVariables": {"v": {"text": "x"}},
        "serviceTier": {"type": "flex"},
        "additionalModelRequestFields": {"a": ["b"]},
        "additionalModelResponseFieldPaths": ["/a"],
        "performanceConfig": {"latency": "optimized"},
        "inferenceConfig": {"stopSequences": ["x"]},
        "system": [{"text": "s"}, {"cachePoint": {"type": "default"}}],
        "messages": [
            {"role": "user", "content": [{"document": {"name": "n", "format": "txt", "context": "c", "source": {"text": "d"}}}]},
            {"role": "assistant", "content": [{"toolUse": {"toolUseId": "c1", "name": "t", "input": {"a": "b"}}}]},
            {"role": "user", "content": [{"toolResult": {"toolUseId": "c1", "status": "success", "content": [{"json": {"a": "r"}}]}}]},
        ],
        "toolConfig": {
            "tools": [{"toolSpec": {"name": "t", "description": "d", "inputSchema": {"json": TOOL["input_schema"]}}}],
            "toolChoice": {"tool": {"name": "t"}},
        },
    },
    "openai_responses": {
        "model": "m",
        "instructions": "i",
        "user": "u",
        "safety_identifier": "s",
        "service_tier": "auto",
        "metadata": {"a": "b"},
        "input": [
            {"role": "user", "content": "x"},
            {"type": "function_call", "id": "i1", "call_id": "c1", "name": "t", "arguments": "{}", "status": "completed"},
            {"type": "function_call_output", "call_id": "c1", "output": "r"},
        ],
        "tools": [{"type": "function", "name": "t", "description": "d", "parameters": TOOL["input_schema"]}],
        "text": {"format": {"type": "json_schema", "name": "n", "schema": {"title": "t"}}, "verbosity": "low"},
        "reasoning": {"effort": "low"},
    },
}


def bodies() -> Iterator[tuple[str, dict[str, Any]]]:
    yield from RICH.items()
    for name in APPLICATION_DIALECTS:
        yield from ((name, case["body"]) for case in json.loads((VECTORS / f"{name}.json").read_text("utf-8"))["requests"])
    vectors = json.loads((VECTORS / f"{EMBEDDINGS}.json").read_text("utf-8"))["questions"]
    yield from ((EMBEDDINGS, case["body"] | {"user": "u"}) for case in vectors)


def read(name: str, body: dict[str, Any]) -> Ask:
    return read_question(body).ask if name == EMBEDDINGS else APPLICATION_DIALECTS[name].read_request(body)


def planted(value: Any, words: str, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """The value with the words in the place of each string and in a member more; and a sentence as each member's name."""
    if isinstance(value, str):
        yield path, words
    if isinstance(value, list):
        for at, item in enumerate(value):
            yield from ((where, [*value[:at], new, *value[at + 1 :]]) for where, new in planted(item, words, (*path, at)))
    if isinstance(value, dict):
        for name, item in value.items():
            yield from ((where, value | {name: new}) for where, new in planted(item, words, (*path, name)))
            if " " in words:
                yield (*path, name), {words if other == name else other: inner for other, inner in value.items()}
        yield (*path, "x_more"), value | {"x_more": {"deep": [words]}}
        if " " in words:
            yield (*path, "x_more"), value | {words: None}


def upstream_bodies(name: str, ask: Ask) -> Iterator[Any]:
    """What upstreams of each dialect would be sent, where it can be said in theirs."""
    if name == EMBEDDINGS:
        yield {member: value for member, value in ask.body.items() if member != "model"}
    for other in DIALECTS.values() if name != EMBEDDINGS else ():
        try:
            yield other.write_request(ask, model="theirs")
        except RingwallError:
            continue


def blocks(guard: Guard, ask: Ask) -> bool:
    given = [piece.block for piece in pieces_of(ask, guard)]
    return bool(given) and evaluate(READY.guardrail, "INPUT", given, Limits()).outcome.action == "BLOCK"


@pytest.mark.parametrize("words", [SENTENCE, WORD])
def test_a_violation_in_any_place_is_judged_or_refused_or_never_reaches_the_upstream(words: str) -> None:
    judged = refused = dropped = 0
    for name, body in bodies():
        for path, bad in planted(body, words):
            try:
                ask = read(name, bad)
            except RingwallError:
                refused += 1
                continue
            if any(path[: len(part.path)] == part.path for part in unjudged(ask)):
                refused += 1  # a guarded request with such content is
            elif blocks(WHOLE, ask):
                judged += 1
            elif LEFT[words].isdisjoint(path):
                assert all(words not in str(sent) for sent in upstream_bodies(name, ask)), (name, path)
                dropped += 1
    assert min(judged, refused) > 250
    assert dropped > 10


def test_a_guardrail_that_a_request_names_leaves_out_the_applications_own_words_only() -> None:
    own = {"system", "instructions", "tools", "toolConfig", "tool_choice"}
    judged = 0
    for name, body in RICH.items():
        for path, bad in planted(body, SENTENCE):
            try:
                ask = read(name, bad)
            except RingwallError:
                continue
            if path[0] in own or unjudged(ask) or not any(SENTENCE in str(sent) for sent in upstream_bodies(name, ask)):
                continue
            assert blocks(NAMED, ask), (name, path)
            judged += 1
    assert judged > 100


@pytest.mark.parametrize(
    ("member", "value"),
    [("stop", [SENTENCE]), ("messages", [{"role": "tool", "tool_call_id": "bob@example.com", "content": "x"}])],
)
def test_what_cannot_be_masked_refuses_the_request(member: str, value: Any) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "hi"}], member: value}
    ask = read("openai_chat", body)
    pieces = pieces_of(ask, NAMED)
    assert masked(ask, pieces, {at: piece.block.text for at, piece in enumerate(pieces)}).body == body
    with pytest.raises(Unmaskable):
        masked(ask, pieces, dict.fromkeys(range(len(pieces)), "{MASK}"))


@pytest.mark.parametrize(
    "drawn",
    ["call_9pw1qnYScqvGrCH58HWCvFH6", "tooluse_KZFTiW7ZQu6Zl8f3wJ8mDw", "toolu_01A09q90qw90lq917835lq9", "chatcmpl-tool-5c4b3a29181f4e7d"],
)
def test_ids_that_were_drawn_are_no_names(drawn: str) -> None:
    body = {"model": "m", "messages": [{"role": "tool", "tool_call_id": drawn, "content": "x"}]}
    assert [piece.text.text for piece in pieces_of(read("openai_chat", body), WHOLE)] == ["x"]
