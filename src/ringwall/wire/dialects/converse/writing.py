"""Converse: a request written that was read from another dialect."""

from __future__ import annotations

from typing import Any

from ringwall.wire.dialects.converse.answer import bytes_of
from ringwall.wire.dialects.model import Ask, Part, Reasoning, Text, Tool, ToolResult, ToolUse
from ringwall.wire.dialects.translation import arguments_of, merged, refuse_the_unsayable, sampling_of, unsayable, without_nothing

NAME = "converse"
_SAMPLING = {"max_tokens": "maxTokens", "temperature": "temperature", "top_p": "topP", "stop_sequences": "stopSequences"}


def write_request(ask: Ask) -> dict[str, Any]:
    """Write a request; see `Dialect.write_request`. The model stands in the path, not in the body."""
    refuse_the_unsayable(ask, NAME)
    messages = [{"role": turn.role, "content": [_block(part) for part in turn.parts]} for turn in merged(ask.turns)]
    system = [{"text": part.text} for part in ask.system if isinstance(part, Text) and part.text]
    body: dict[str, Any] = {"messages": messages, "inferenceConfig": sampling_of(ask, _SAMPLING), "system": system}
    if ask.tools:
        body["toolConfig"] = without_nothing({"tools": [_tool(tool) for tool in ask.tools]}) | _choice(ask.tool_choice)
    return without_nothing(body)


def _choice(choice: str) -> dict[str, Any]:
    if choice.startswith("tool:"):
        return {"toolChoice": {"tool": {"name": choice.removeprefix("tool:")}}}
    if choice == "none":
        raise unsayable(NAME, "tools that are not to be called")
    return {"toolChoice": {choice: {}}} if choice else {}


def _block(part: Part) -> dict[str, Any]:
    if isinstance(part, Text):
        return {"text": part.text}
    if isinstance(part, ToolUse):
        return {"toolUse": {"toolUseId": part.id, "name": part.name, "input": arguments_of(part, NAME)}}
    if isinstance(part, ToolResult):
        content = [{"text": item.text} for item in part.content if isinstance(item, Text)]
        status = {"status": "error"} if part.failed else {}
        return {"toolResult": {"toolUseId": part.id, "content": content} | status}
    if isinstance(part, Reasoning) and part.sealed:
        return {"reasoningContent": {"redactedContent": bytes_of(part.opaque)}}
    if isinstance(part, Reasoning):
        return {"reasoningContent": {"reasoningText": without_nothing({"text": part.text, "signature": part.opaque or None})}}
    raise unsayable(NAME, "a part of an unknown kind")


def _tool(tool: Tool) -> dict[str, Any]:
    schema = {"type": "object"} if tool.schema is None else tool.schema
    said: dict[str, Any] = {"name": tool.name, "inputSchema": {"json": schema}}
    if tool.description:
        said["description"] = tool.description
    return {"toolSpec": said | ({"strict": True} if tool.strict else {})}
