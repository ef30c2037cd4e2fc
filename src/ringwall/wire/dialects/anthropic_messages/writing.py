"""Anthropic messages: a request written that was read from another dialect."""

from __future__ import annotations

from typing import Any

from ringwall.wire.dialects.model import Ask, Part, Reasoning, Text, Tool, ToolResult, ToolUse, Turn
from ringwall.wire.dialects.translation import arguments_of, merged, refuse_the_unsayable, sampling_of, unsayable

NAME = "anthropic_messages"
MAX_TOKENS = 4_096
"""Said where the request does not say how long the answer may be: this dialect has to."""
_SAMPLING = {"max_tokens": "max_tokens", "temperature": "temperature", "top_p": "top_p", "stop_sequences": "stop_sequences"}


def write_request(ask: Ask, model: str) -> dict[str, Any]:
    """Write a request; see `Dialect.write_request`."""
    refuse_the_unsayable(ask, NAME)
    messages = [{"role": turn.role, "content": _content(turn)} for turn in merged(ask.turns)]
    body: dict[str, Any] = {"model": model, "max_tokens": MAX_TOKENS, "messages": messages, **sampling_of(ask, _SAMPLING)}
    system = [{"type": "text", "text": part.text} for part in ask.system if isinstance(part, Text) and part.text]
    if system:
        body["system"] = system
    if ask.tools:
        body["tools"] = [_tool(tool) for tool in ask.tools]
    if ask.tool_choice.startswith("tool:"):
        body["tool_choice"] = {"type": "tool", "name": ask.tool_choice.removeprefix("tool:")}
    elif ask.tool_choice:
        body["tool_choice"] = {"type": ask.tool_choice}
    if ask.stream:
        body["stream"] = True
    return body


def _content(turn: Turn) -> list[dict[str, Any]]:
    """Write a turn's blocks; what tools answered stands first, as this dialect wants it."""
    results = [part for part in turn.parts if isinstance(part, ToolResult)]
    return [_block(part) for part in (*results, *(part for part in turn.parts if not isinstance(part, ToolResult)))]


def _block(part: Part) -> dict[str, Any]:
    if isinstance(part, Text):
        return {"type": "text", "text": part.text}
    if isinstance(part, ToolUse):
        return {"type": "tool_use", "id": part.id, "name": part.name, "input": arguments_of(part, NAME)}
    if isinstance(part, ToolResult):
        texts = [{"type": "text", "text": item.text} for item in part.content if isinstance(item, Text) and item.text]
        return {"type": "tool_result", "tool_use_id": part.id, "content": texts} | ({"is_error": True} if part.failed else {})
    if isinstance(part, Reasoning) and part.sealed:
        return {"type": "redacted_thinking", "data": part.opaque}
    if isinstance(part, Reasoning) and part.opaque:
        return {"type": "thinking", "thinking": part.text, "signature": part.opaque}
    raise unsayable(NAME, "reasoning without a signature")


def _tool(tool: Tool) -> dict[str, Any]:
    said: dict[str, Any] = {"name": tool.name, "input_schema": {"type": "object"} if tool.schema is None else tool.schema}
    if tool.description:
        said["description"] = tool.description
    return said | ({"strict": True} if tool.strict else {})
