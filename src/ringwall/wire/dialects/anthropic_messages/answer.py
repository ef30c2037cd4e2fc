"""Anthropic messages: a whole answer, read and written."""

from __future__ import annotations

from typing import Any

from ringwall.wire.dialects.answer import Answer, Block
from ringwall.wire.dialects.errors import MalformedAnswer, UpstreamFailed
from ringwall.wire.dialects.gather import as_text
from ringwall.wire.dialects.members import ANSWER, arguments_object
from ringwall.wire.dialects.model import Ask, Path, StopReason, Usage

_REASONS: dict[str, StopReason] = {
    "end_turn": "end_turn",
    "tool_use": "tool_use",
    "max_tokens": "max_tokens",
    "stop_sequence": "stop_sequence",
    "refusal": "content_filtered",
    "model_context_window_exceeded": "model_context_window_exceeded",
    "pause_turn": "pause_turn",
}
_WORDS: dict[StopReason, str] = {
    "end_turn": "end_turn",
    "tool_use": "tool_use",
    "max_tokens": "max_tokens",
    "stop_sequence": "stop_sequence",
    "guardrail_intervened": "refusal",
    "content_filtered": "refusal",
    "malformed_model_output": "end_turn",
    "malformed_tool_use": "end_turn",
    "model_context_window_exceeded": "model_context_window_exceeded",
    "pause_turn": "pause_turn",
}
COUNTS = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "output_tokens")


def read_answer(body: dict[str, Any]) -> Answer:
    """Read a whole answer."""
    raise_failure(body)
    content = ANSWER.list(body.get("content"), ("content",))
    blocks = tuple(block_of(ANSWER.object(item, ("content", number)), ("content", number)) for number, item in enumerate(content))
    return Answer(
        id=ANSWER.optional_text(body.get("id"), ("id",)),
        model=ANSWER.optional_text(body.get("model"), ("model",)),
        blocks=blocks,
        reason=reason_of(body.get("stop_reason")),
        stop_sequence=ANSWER.optional_text(body.get("stop_sequence"), ("stop_sequence",)),
        usage=None if body.get("usage") is None else usage_of(ANSWER.object(body["usage"], ("usage",))),
    )


def raise_failure(body: dict[str, Any]) -> None:
    """Raise what a body or an event says instead of an answer; its words are not repeated: they may hold the prompt's."""
    if body.get("type") == "error":
        raise UpstreamFailed("the upstream answered with an error")


def block_of(block: dict[str, Any], path: Path) -> Block:
    """Read a block; at the start of a streamed one its words are empty.

    Raises:
        MalformedAnswer: a type that ringwall does not read, as what the vendor's own tools answer.
    """
    kind = block.get("type")
    if kind == "text":
        return Block("text", ANSWER.text(block.get("text"), (*path, "text")))
    if kind == "thinking":
        signature = ANSWER.opaque(block.get("signature"), (*path, "signature"))
        return Block("reasoning", ANSWER.text(block.get("thinking"), (*path, "thinking")), signature)
    if kind == "redacted_thinking":
        return Block("reasoning", "", ANSWER.opaque(block.get("data"), (*path, "data")), sealed=True)
    if kind == "tool_use":
        arguments = ANSWER.object(block.get("input"), (*path, "input"))
        tool_id = ANSWER.name(block.get("id"), (*path, "id"))
        return Block("tool_use", as_text(arguments), tool_use_id=tool_id, name=ANSWER.name(block.get("name"), (*path, "name")))
    raise ANSWER.fail((*path, "type"), "must be `text`, `thinking`, `redacted_thinking` or `tool_use`: other blocks are not read")


def reason_of(value: Any) -> StopReason:
    """Read a `stop_reason`."""
    if type(value) is not str or value not in _REASONS:
        raise ANSWER.fail(("stop_reason",), "must be one that messages have")
    return _REASONS[value]


def word_of(reason: StopReason) -> str:
    """Write a `stop_reason`."""
    return _WORDS[reason]


def usage_of(usage: dict[str, Any]) -> Usage:
    """Read what an answer cost; in this dialect the input is what came from no cache and went into none."""
    fresh, read, written, out = [ANSWER.whole(usage.get(name) or 0, ("usage", name)) for name in COUNTS]
    return Usage(fresh + read + written, out, cache_read_tokens=read, cache_write_tokens=written)


def write_usage(usage: Usage | None) -> dict[str, Any]:
    """Write what an answer cost; the dialect has to say it, so nothing known is 0."""
    if usage is None:
        return {"input_tokens": 0, "output_tokens": 0}
    words = {
        "input_tokens": max(0, usage.input_tokens - usage.cache_read_tokens - usage.cache_write_tokens),
        "output_tokens": usage.output_tokens,
    }
    if usage.cache_read_tokens or usage.cache_write_tokens:
        words |= {"cache_read_input_tokens": usage.cache_read_tokens, "cache_creation_input_tokens": usage.cache_write_tokens}
    return words


def stopped_at(reason: StopReason, sequence: str, asked: tuple[str, ...]) -> str | None:
    """Write the sequence that an answer stopped at: one that was asked for, for nobody judges what an upstream says here."""
    return sequence if reason == "stop_sequence" and sequence in asked else None


def write_answer(answer: Answer, ask: Ask, answer_id: str) -> dict[str, Any]:
    """Write a whole answer."""
    return {
        "id": answer_id,
        "type": "message",
        "role": "assistant",
        "model": ask.model,
        "content": [_written(block) for block in answer.blocks],
        "stop_reason": word_of(answer.reason),
        "stop_sequence": stopped_at(answer.reason, answer.stop_sequence, ask.sampling.stop_sequences),
        "usage": write_usage(answer.usage),
    }


def _written(block: Block) -> dict[str, Any]:
    if block.kind == "text":
        return {"type": "text", "text": block.text}
    if block.kind == "tool_use":
        arguments = arguments_object(block.text)
        if arguments is None:
            raise MalformedAnswer("the answer calls a tool with arguments that are no JSON object")
        return {"type": "tool_use", "id": block.tool_use_id, "name": block.name, "input": arguments}
    if block.sealed:
        return {"type": "redacted_thinking", "data": block.opaque}
    return {"type": "thinking", "thinking": block.text, "signature": block.opaque}
