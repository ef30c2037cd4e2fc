"""Chat completions: a request written that was read from another dialect."""

from __future__ import annotations

from typing import Any

from ringwall.wire.dialects.model import Ask, Part, Reasoning, Text, Tool, ToolResult, ToolUse, Turn, Unjudged
from ringwall.wire.dialects.openai_responses.names import chat_members
from ringwall.wire.dialects.translation import refuse_the_unsayable, sampling_of, unsayable, without_nothing

NAME = "openai_chat"
_SAMPLING = {"max_tokens": "max_completion_tokens", "temperature": "temperature", "top_p": "top_p", "stop_sequences": "stop"}
_CHOICES = {"auto": "auto", "none": "none", "any": "required"}


def write_request(ask: Ask, model: str) -> dict[str, Any]:
    """Write a request; see `Dialect.write_request`."""
    alike = chat_members(ask)
    refuse_the_unsayable(ask, NAME, alike)
    messages: list[dict[str, Any]] = []
    system = [part for part in ask.system if isinstance(part, Text)]
    if system:
        messages.append({"role": "system", "content": _content(system)})
    for turn in ask.turns:
        messages += _user(turn) if turn.role == "user" else _assistant(turn)
    body: dict[str, Any] = {"model": model, "messages": messages, **sampling_of(ask, _SAMPLING), **dict(alike.values())}
    if ask.tools:
        body["tools"] = [_tool(tool) for tool in ask.tools]
    if ask.tool_choice.startswith("tool:"):
        body["tool_choice"] = {"type": "function", "function": {"name": ask.tool_choice.removeprefix("tool:")}}
    elif ask.tool_choice:
        body["tool_choice"] = _CHOICES[ask.tool_choice]
    if ask.stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    return body


def _content(texts: list[Text] | list[Text | Unjudged]) -> str | list[dict[str, str]]:
    words = [text.text for text in texts if isinstance(text, Text)]
    if len(words) <= 1:
        return "".join(words)
    return [{"type": "text", "text": word} for word in words]


def _user(turn: Turn) -> list[dict[str, Any]]:
    """Write a user's turn; what tools answered stands first, next to the calls it belongs to."""
    results = [part for part in turn.parts if isinstance(part, ToolResult)]
    messages: list[dict[str, Any]] = [
        {"role": "tool", "tool_call_id": part.id, "content": _content([item for item in part.content if isinstance(item, Text)])}
        for part in results
    ]
    texts = [part for part in turn.parts if isinstance(part, Text)]
    if texts or not results:
        messages.append({"role": "user", "content": _content(texts)})
    return messages


def _assistant(turn: Turn) -> list[dict[str, Any]]:
    thoughts = [_thought(part) for part in turn.parts if isinstance(part, Reasoning)]
    texts = [part for part in turn.parts if isinstance(part, Text)]
    calls = [_call(part) for part in turn.parts if isinstance(part, ToolUse)]
    message: dict[str, Any] = {"role": "assistant", "content": _content(texts) if texts or not calls else None}
    return [message | without_nothing({"reasoning_content": "".join(thoughts) if thoughts else None, "tool_calls": calls})]


def _thought(part: Part) -> str:
    if not isinstance(part, Reasoning) or part.sealed:
        raise unsayable(NAME, "reasoning that is encrypted for another model")
    return part.text


def _call(part: ToolUse) -> dict[str, Any]:
    return {"id": part.id, "type": "function", "function": {"name": part.name, "arguments": part.arguments or "{}"}}


def _tool(tool: Tool) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description or None, "parameters": tool.schema, "strict": tool.strict or None}
    return {"type": "function", "function": {name: value for name, value in function.items() if value is not None}}
