"""Converse: a request read."""

from __future__ import annotations

from typing import Any

from ringwall.wire.dialects.asked import read_tool, read_turns, tool_items
from ringwall.wire.dialects.converse.content import Content
from ringwall.wire.dialects.gather import CACHE_HINTS, Gather
from ringwall.wire.dialects.members import REQUEST
from ringwall.wire.dialects.model import Ask, Part, Path, Sampling, Tool, Turn

NAME = "converse"
OWN = "guardrailConfig"
"""Names a guardrail of ringwall's: nothing for the upstream."""
_KNOWN = frozenset(("modelId", "messages", "system", "inferenceConfig", "toolConfig", OWN))
_SETTINGS = frozenset(("performanceConfig", "serviceTier"))


def read_request(body: dict[str, Any], model: str) -> Ask:
    """Read a request; see `Dialect.read_request`. Whether its answer is streamed, the operation says: `stream` is False."""
    gather = Gather()
    gather.rest(body, _KNOWN, (), settings=_SETTINGS)
    tools, choice = _read_tools(body.get("toolConfig"), gather)
    system, turns = _read_conversation(body, gather)
    return Ask(
        model=model or REQUEST.text(body.get("modelId"), ("modelId",)),
        system=system,
        turns=turns,
        tools=tools,
        tool_choice=choice,
        sampling=_read_sampling(body.get("inferenceConfig"), gather),
        beyond=gather.beyond,
        elsewhere=tuple(gather.elsewhere),
        dialect=NAME,
        body=body,
    )


def _read_conversation(body: dict[str, Any], gather: Gather) -> tuple[tuple[Part, ...], tuple[Turn, ...]]:
    content = Content(gather)
    system: list[Part] = []
    if body.get("system") is not None:
        system += content.read(body["system"], ("system",), "system")
    # a prompt from prompt management stands in for the messages
    messages = [] if body.get("messages") is None else REQUEST.list(body["messages"], ("messages",))
    more, turns = read_turns(messages, gather, content.read, lambda value, path: content.read(value, path, "system"))
    system += more
    return tuple(system), tuple(turns)


def _read_tools(value: Any, gather: Gather) -> tuple[tuple[Tool, ...], str]:
    if value is None:
        return (), ""
    at: Path = ("toolConfig",)
    config = REQUEST.object(value, at)
    gather.rest(config, ("tools", "toolChoice"), at)
    tools = []
    for path, tool in tool_items(config.get("tools"), (*at, "tools")):
        gather.rest(tool, ("toolSpec",), path)
        if tool.get("toolSpec") is not None:
            tools.append(_read_tool(REQUEST.object(tool["toolSpec"], (*path, "toolSpec")), (*path, "toolSpec"), gather))
        elif not CACHE_HINTS & tool.keys():
            gather.name(("toolConfig", "tools"))
    return tuple(tools), _read_choice(config.get("toolChoice"), gather)


def _read_tool(spec: dict[str, Any], path: Path, gather: Gather) -> Tool:
    gather.rest(spec, ("name", "description", "inputSchema", "strict"), path)
    at = (*path, "inputSchema")
    schema = REQUEST.object(spec.get("inputSchema"), at)
    gather.rest(schema, ("json",), at)
    return read_tool(spec, path, REQUEST.object(schema.get("json"), (*at, "json")), (*at, "json"))


def _read_choice(value: Any, gather: Gather) -> str:
    if value is None:
        return ""
    path: Path = ("toolConfig", "toolChoice")
    choice = REQUEST.object(value, path)
    gather.rest(choice, ("auto", "any", "tool"), path)
    if choice.get("tool") is not None:
        tool = REQUEST.object(choice["tool"], (*path, "tool"))
        gather.rest(tool, ("name",), (*path, "tool"))
        return "tool:" + REQUEST.name(tool.get("name"), (*path, "tool", "name"))
    for name in ("auto", "any"):
        if choice.get(name) is not None:
            gather.rest(REQUEST.object(choice[name], (*path, name)), (), (*path, name))
            return name
    raise REQUEST.fail(path, "must have `auto`, `any` or `tool`")


def _read_sampling(value: Any, gather: Gather) -> Sampling:
    if value is None:
        return Sampling()
    at: Path = ("inferenceConfig",)
    config = REQUEST.object(value, at)
    gather.rest(config, ("maxTokens", "temperature", "topP", "stopSequences"), at)
    stop = [] if config.get("stopSequences") is None else REQUEST.list(config["stopSequences"], (*at, "stopSequences"))
    return Sampling(
        max_tokens=None if config.get("maxTokens") is None else REQUEST.whole(config["maxTokens"], (*at, "maxTokens"), 1),
        temperature=None if config.get("temperature") is None else REQUEST.number(config["temperature"], (*at, "temperature")),
        top_p=None if config.get("topP") is None else REQUEST.number(config["topP"], (*at, "topP")),
        stop_sequences=gather.stop_sequences(stop, (*at, "stopSequences")),
    )
