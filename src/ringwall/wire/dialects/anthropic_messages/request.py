"""Anthropic messages: a request read."""

from __future__ import annotations

from typing import Any

from ringwall.wire.dialects.anthropic_messages.content import Content
from ringwall.wire.dialects.asked import read_tool, read_turns, tool_items
from ringwall.wire.dialects.gather import Gather
from ringwall.wire.dialects.members import REQUEST
from ringwall.wire.dialects.model import Ask, Part, Path, Sampling, Tool, Turn

NAME = "anthropic_messages"
_KNOWN = frozenset(
    ("model", "messages", "system", "tools", "tool_choice", "max_tokens", "temperature", "top_p", "stop_sequences", "stream")
)
_SETTINGS = frozenset(("service_tier", "inference_geo"))
_CHOICES = ("auto", "any", "none")


def read_request(body: dict[str, Any], model: str) -> Ask:
    """Read a request; see `Dialect.read_request`."""
    gather = Gather()
    usual = {"thinking"} if body.get("thinking") == {"type": "disabled"} else set()
    gather.rest(body, _KNOWN | usual, (), settings=_SETTINGS)
    tools = _read_tools(body.get("tools"), gather)
    system, turns = _read_conversation(body, gather)
    return Ask(
        model=model or REQUEST.text(body.get("model"), ("model",)),
        system=system,
        turns=turns,
        tools=tools,
        tool_choice=_read_choice(body.get("tool_choice"), gather),
        sampling=_read_sampling(body, gather),
        stream=REQUEST.flag(body.get("stream"), ("stream",)),
        beyond=gather.beyond,
        elsewhere=tuple(gather.elsewhere),
        dialect=NAME,
        body=body,
    )


def _read_conversation(body: dict[str, Any], gather: Gather) -> tuple[tuple[Part, ...], tuple[Turn, ...]]:
    content = Content(gather)
    system: list[Part] = []
    if body.get("system") is not None:
        system += gather.texts(body["system"], ("system",), "system")
    messages = REQUEST.list(body.get("messages"), ("messages",))
    more, turns = read_turns(messages, gather, content.read, lambda value, path: gather.texts(value, path, "system"))
    system += more
    return tuple(system), tuple(turns)


def _read_tools(value: Any, gather: Gather) -> tuple[Tool, ...]:
    if value is None:
        return ()
    tools = []
    for path, tool in tool_items(value, ("tools",)):
        if tool.get("type") not in (None, "custom"):
            gather.name(("tools", "type"))  # one that the vendor runs: its members are its own
            gather.rest(tool, ("type", "name"), path)
            REQUEST.name(tool.get("name"), (*path, "name"))
            gather.optional(tool, "type", path, "definition")
            gather.optional(tool, "name", path, "definition")
            continue
        gather.rest(tool, ("type", "name", "description", "input_schema", "strict"), path)
        schema_path = (*path, "input_schema")
        tools.append(read_tool(tool, path, REQUEST.object(tool.get("input_schema"), schema_path), schema_path))
    return tuple(tools)


def _read_choice(value: Any, gather: Gather) -> str:
    if value is None:
        return ""
    path: Path = ("tool_choice",)
    choice = REQUEST.object(value, path)
    usual = {"disable_parallel_tool_use"} if choice.get("disable_parallel_tool_use") is False else set()
    gather.rest(choice, {"type", "name"} | usual, path)
    kind = REQUEST.text(choice.get("type"), (*path, "type"))
    if kind == "tool":
        return "tool:" + REQUEST.name(choice.get("name"), (*path, "name"))
    if kind not in _CHOICES:
        raise REQUEST.fail((*path, "type"), "must be `auto`, `any`, `tool` or `none`")
    return kind


def _read_sampling(body: dict[str, Any], gather: Gather) -> Sampling:
    stop = REQUEST.list(body.get("stop_sequences") or [], ("stop_sequences",))
    return Sampling(
        max_tokens=REQUEST.whole(body.get("max_tokens"), ("max_tokens",)),
        temperature=None if body.get("temperature") is None else REQUEST.number(body["temperature"], ("temperature",)),
        top_p=None if body.get("top_p") is None else REQUEST.number(body["top_p"], ("top_p",)),
        stop_sequences=gather.stop_sequences(stop, ("stop_sequences",)),
    )
