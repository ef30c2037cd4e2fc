"""Chat completions: a whole answer, read and written."""

from __future__ import annotations

from typing import Any

from ringwall.wire.dialects.answer import Answer, Block
from ringwall.wire.dialects.errors import MalformedAnswer, UpstreamFailed
from ringwall.wire.dialects.members import ANSWER
from ringwall.wire.dialects.model import Path, StopReason, Usage

_REASONS: dict[str, StopReason] = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "function_call": "tool_use",
    "content_filter": "content_filtered",
}
_WORDS: dict[StopReason, str] = {
    "end_turn": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "stop_sequence": "stop",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
    "malformed_model_output": "stop",
    "malformed_tool_use": "stop",
    "model_context_window_exceeded": "length",
    "pause_turn": "stop",
}
THOUGHTS = ("reasoning_content", "reasoning")


def read_answer(body: dict[str, Any]) -> Answer:
    """Read a whole answer."""
    raise_failure(body)
    choice = the_choice(ANSWER.list(body.get("choices"), ("choices",)))
    if choice is None:
        raise ANSWER.fail(("choices",), "must have one choice")
    path: Path = ("choices", 0, "message")
    message = ANSWER.object(choice.get("message"), path)
    blocks = [Block("reasoning", thought(message, path))] if thought(message, path) else []
    if message.get("content"):
        blocks.append(Block("text", ANSWER.text(message["content"], (*path, "content"))))
    if message.get("refusal"):
        blocks.append(Block("text", ANSWER.text(message["refusal"], (*path, "refusal")), refusal=True))
    calls = ANSWER.list(message.get("tool_calls") or [], (*path, "tool_calls"))
    blocks += [_call(call, (*path, "tool_calls", number)) for number, call in enumerate(calls)]
    return Answer(
        id=ANSWER.optional_text(body.get("id"), ("id",)),
        model=ANSWER.optional_text(body.get("model"), ("model",)),
        blocks=tuple(blocks),
        reason=reason_of(choice.get("finish_reason")),
        usage=read_usage(body.get("usage")),
    )


def raise_failure(body: dict[str, Any]) -> None:
    """Raise what a body or an event says instead of an answer; its words are not repeated: they may hold the prompt's."""
    if body.get("error") is not None:
        raise UpstreamFailed("the upstream answered with an error")


def the_choice(choices: list[Any]) -> dict[str, Any] | None:
    """Return the one choice of an answer; None for an event without one."""
    if not choices:
        return None
    choice = ANSWER.object(choices[0], ("choices", 0))
    if len(choices) > 1 or choice.get("index", 0) != 0:
        raise MalformedAnswer("the answer has several choices, and one was asked for")
    return choice


def thought(message: dict[str, Any], path: Path) -> str:
    """Return what a message or a delta has of reasoning, by either name."""
    for name in THOUGHTS:
        if message.get(name) is not None:
            return ANSWER.text(message[name], (*path, name))
    return ""


def _call(value: Any, path: Path) -> Block:
    call = ANSWER.object(value, path)
    if call.get("type") not in (None, "function"):
        raise ANSWER.fail((*path, "type"), "must be `function`: calls of other types are not read")
    function = ANSWER.object(call.get("function"), (*path, "function"))
    arguments = ANSWER.text(function.get("arguments"), (*path, "function", "arguments"))
    name = ANSWER.name(function.get("name"), (*path, "function", "name"))
    return Block("tool_use", arguments, tool_use_id=ANSWER.name(call.get("id"), (*path, "id")), name=name)


def reason_of(value: Any) -> StopReason:
    """Read a `finish_reason`."""
    if type(value) is not str or value not in _REASONS:
        raise ANSWER.fail(("choices", 0, "finish_reason"), "must be one that chat completions have")
    return _REASONS[value]


def word_of(reason: StopReason) -> str:
    """Write a `finish_reason`."""
    return _WORDS[reason]


def read_usage(value: Any) -> Usage | None:
    """Read what an answer cost, where it says it."""
    if value is None:
        return None
    usage = ANSWER.object(value, ("usage",))
    details = usage.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if type(details) is dict else None
    return Usage(
        ANSWER.whole(usage.get("prompt_tokens"), ("usage", "prompt_tokens")),
        # embeddings and failed answers leave it out
        ANSWER.whole(usage.get("completion_tokens") or 0, ("usage", "completion_tokens")),
        cache_read_tokens=ANSWER.whole(cached or 0, ("usage", "prompt_tokens_details", "cached_tokens")),
    )


def write_usage(usage: Usage) -> dict[str, Any]:
    """Write what an answer cost."""
    words: dict[str, Any] = {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }
    if usage.cache_read_tokens:
        words["prompt_tokens_details"] = {"cached_tokens": usage.cache_read_tokens}
    return words


def write_answer(answer: Answer, *, model: str, answer_id: str, created: int) -> dict[str, Any]:
    """Write a whole answer."""
    said = "".join(block.text for block in answer.blocks if block.kind == "text" and not block.refusal)
    refused = "".join(block.text for block in answer.blocks if block.refusal)
    thoughts = "".join(block.text for block in answer.blocks if block.kind == "reasoning")
    calls = [
        {"id": block.tool_use_id, "type": "function", "function": {"name": block.name, "arguments": block.text or "{}"}}
        for block in answer.blocks
        if block.kind == "tool_use"
    ]
    message: dict[str, Any] = {"role": "assistant", "content": said if said or not (calls or refused) else None, "refusal": refused or None}
    if thoughts:
        message["reasoning_content"] = thoughts
    if calls:
        message["tool_calls"] = calls
    body = {
        "id": answer_id,
        "object": "chat.completion",
        "created": created,
        "model": model,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": word_of(answer.reason)}],
    }
    if answer.usage is not None:
        body["usage"] = write_usage(answer.usage)
    return body
