"""What this dialect is called, and which of its members chat completions have under another name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ringwall.wire.dialects.model import Ask

NAME = "openai_responses"


def _response_format(value: Any) -> Any:
    """Return `text.format` as `response_format`: the same members, those of a schema one level deeper."""
    if isinstance(value, dict) and value.get("type") == "json_schema":
        return {"type": "json_schema", "json_schema": {name: item for name, item in value.items() if name != "type"}}
    return value


def _same(value: Any) -> Any:
    return value


_CHAT: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "text.format": ("response_format", _response_format),
    "text.verbosity": ("verbosity", _same),
    "reasoning.effort": ("reasoning_effort", _same),
    "parallel_tool_calls": ("parallel_tool_calls", _same),
    "user": ("user", _same),
    "safety_identifier": ("safety_identifier", _same),
    "service_tier": ("service_tier", _same),
}


def chat_members(ask: Ask) -> dict[str, tuple[str, Any]]:
    """Return the members beyond the common model that chat completions have too: by their name here, their name there and their value.

    Source: OpenAI, "Migrate to the Responses API".
    """
    found: dict[str, tuple[str, Any]] = {}
    for name in ask.beyond if ask.dialect == NAME else ():
        if name in _CHAT:
            value: Any = ask.body
            for step in name.split("."):
                value = value[step]
            there, said = _CHAT[name]
            found[name] = (there, said(value))
    return found
