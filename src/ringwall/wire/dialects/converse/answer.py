"""Converse: a whole answer, read and written."""

from __future__ import annotations

import base64
import binascii
from typing import Any, get_args

from ringwall.wire.dialects.answer import Answer, Block
from ringwall.wire.dialects.errors import MalformedAnswer
from ringwall.wire.dialects.gather import as_text
from ringwall.wire.dialects.members import ANSWER, arguments_object
from ringwall.wire.dialects.model import Path, StopReason, Usage

_REASONS: dict[str, StopReason] = {reason: reason for reason in get_args(StopReason) if reason != "pause_turn"}


def read_answer(body: dict[str, Any]) -> Answer:
    """Read a whole answer."""
    path: Path = ("output", "message")
    message = ANSWER.object(ANSWER.object(body.get("output"), ("output",)).get("message"), path)
    content = ANSWER.list(message.get("content"), (*path, "content"))
    blocks = []
    for number, item in enumerate(content):
        blocks += _blocks(ANSWER.object(item, (*path, "content", number)), (*path, "content", number))
    return Answer(blocks=tuple(blocks), reason=reason_of(body.get("stopReason")), usage=read_usage(body))


def _blocks(block: dict[str, Any], path: Path) -> list[Block]:
    if block.get("text") is not None:
        return [Block("text", ANSWER.text(block["text"], (*path, "text")))]
    if block.get("toolUse") is not None:
        at = (*path, "toolUse")
        use = ANSWER.object(block["toolUse"], at)
        arguments = as_text(ANSWER.object(use.get("input"), (*at, "input")))
        tool_id = ANSWER.name(use.get("toolUseId"), (*at, "toolUseId"))
        return [Block("tool_use", arguments, tool_use_id=tool_id, name=ANSWER.name(use.get("name"), (*at, "name")))]
    if block.get("reasoningContent") is not None:
        return [_reasoning(ANSWER.object(block["reasoningContent"], (*path, "reasoningContent")), (*path, "reasoningContent"))]
    if block.get("citationsContent") is not None:
        return [_cited(ANSWER.object(block["citationsContent"], (*path, "citationsContent")), (*path, "citationsContent"))]
    raise ANSWER.fail(path, "must have `text`, `toolUse`, `reasoningContent` or `citationsContent`: other blocks are not read")


def _reasoning(block: dict[str, Any], path: Path) -> Block:
    if block.get("redactedContent") is not None:
        return Block("reasoning", "", sealed_of(block["redactedContent"], (*path, "redactedContent")), sealed=True)
    at = (*path, "reasoningText")
    said = ANSWER.object(block.get("reasoningText"), at)
    signature = ANSWER.opaque(said.get("signature"), (*at, "signature"))
    return Block("reasoning", ANSWER.text(said.get("text"), (*at, "text")), signature)


def _cited(block: dict[str, Any], path: Path) -> Block:
    """Read a text with citations: the text."""
    texts = []
    for number, item in enumerate(ANSWER.list(block.get("content") or [], (*path, "content"))):
        at = (*path, "content", number)
        texts.append(ANSWER.text(ANSWER.object(item, at).get("text"), (*at, "text")))
    return Block("text", "".join(texts))


def sealed_of(value: Any, path: Path) -> str:
    """Say bytes as text: base64, which is how JSON has them already."""
    return base64.b64encode(value).decode() if isinstance(value, bytes) else ANSWER.opaque(value, path)


def bytes_of(opaque: str) -> bytes:
    """Return the bytes that an opaque text says: those of its base64, or its own, where another dialect's is none."""
    try:
        return base64.b64decode(opaque, validate=True)
    except (binascii.Error, ValueError):
        return opaque.encode("utf-8", "surrogatepass")


def reason_of(value: Any) -> StopReason:
    """Read a `stopReason`."""
    if type(value) is not str or value not in _REASONS:
        raise ANSWER.fail(("stopReason",), "must be one that Converse has")
    return _REASONS[value]


def word_of(reason: StopReason) -> str:
    """Write a `stopReason`."""
    return "end_turn" if reason == "pause_turn" else reason


def read_usage(body: dict[str, Any]) -> Usage | None:
    """Read what an answer cost and how long it took; in this dialect the input is what came from no cache and went into none."""
    if body.get("usage") is None:
        return None
    usage = ANSWER.object(body["usage"], ("usage",))
    fresh, read, written, out = [
        ANSWER.whole(usage.get(name) or 0, ("usage", name))
        for name in ("inputTokens", "cacheReadInputTokens", "cacheWriteInputTokens", "outputTokens")
    ]
    metrics = ANSWER.object(body.get("metrics") or {}, ("metrics",))
    latency = ANSWER.whole(metrics.get("latencyMs") or 0, ("metrics", "latencyMs"))
    return Usage(fresh + read + written, out, cache_read_tokens=read, cache_write_tokens=written, latency_ms=latency)


def write_usage(usage: Usage | None) -> dict[str, Any]:
    """Write what an answer cost and how long it took; the dialect has to say both, so nothing known is 0."""
    known = usage or Usage(0, 0)
    words = {
        "inputTokens": max(0, known.input_tokens - known.cache_read_tokens - known.cache_write_tokens),
        "outputTokens": known.output_tokens,
        "totalTokens": known.input_tokens + known.output_tokens,
    }
    if known.cache_read_tokens or known.cache_write_tokens:
        words |= {"cacheReadInputTokens": known.cache_read_tokens, "cacheWriteInputTokens": known.cache_write_tokens}
    return {"usage": words, "metrics": {"latencyMs": known.latency_ms}}


def write_answer(answer: Answer) -> dict[str, Any]:
    """Write a whole answer."""
    content = [_written(block) for block in answer.blocks]
    return {
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": word_of(answer.reason),
        **write_usage(answer.usage),
    }


def _written(block: Block) -> dict[str, Any]:
    if block.kind == "text":
        return {"text": block.text}
    if block.kind == "tool_use":
        arguments = arguments_object(block.text)
        if arguments is None:
            raise MalformedAnswer("the answer calls a tool with arguments that are no JSON object")
        return {"toolUse": {"toolUseId": block.tool_use_id, "name": block.name, "input": arguments}}
    if block.sealed:
        return {"reasoningContent": {"redactedContent": bytes_of(block.opaque)}}
    return {"reasoningContent": {"reasoningText": {"text": block.text} | ({"signature": block.opaque} if block.opaque else {})}}
