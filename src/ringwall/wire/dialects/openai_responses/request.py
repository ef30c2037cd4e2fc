"""Responses: a request read.

Its body reaches no upstream: what the common model has no word for is refused when the request is translated, but for the members that chat
completions have too (`names.py`). Every text of it is judged all the same.
"""

from __future__ import annotations

from typing import Any

from ringwall.wire.dialects.asked import read_function, tool_items
from ringwall.wire.dialects.errors import HostedTool, StoresNoText
from ringwall.wire.dialects.gather import Gather
from ringwall.wire.dialects.members import REQUEST, told
from ringwall.wire.dialects.model import Ask, Path, Sampling, Tool
from ringwall.wire.dialects.openai_responses.items import Conversation
from ringwall.wire.dialects.openai_responses.names import NAME

_KNOWN = frozenset(
    (
        *("model", "input", "instructions", "tools", "tool_choice", "max_output_tokens", "temperature", "top_p", "stream"),
        *("stream_options", "text", "reasoning", "include", "metadata"),
        *("store", "background", "previous_response_id", "conversation", "prompt"),
    )
)
_SETTINGS = frozenset(("service_tier",))
_USUAL: dict[str, Any] = {"parallel_tool_calls": True, "truncation": "disabled", "top_logprobs": 0}
"""Members that say what would be so without them."""
_CHOICES = {"auto": "auto", "none": "none", "required": "any"}
_SEALED_REASONING = "reasoning.encrypted_content"
_SUMMARIES = ("auto", "concise", "detailed")
_METADATA = (16, 64, 512)
"""Pairs, characters of a name, characters of a value (OpenAI API reference, "metadata")."""


def read_request(body: dict[str, Any], model: str) -> Ask:
    """Read a request; see `ApplicationDialect.read_request`."""
    _refuse_stored(body)
    gather = Gather()
    usual = {name for name, value in _USUAL.items() if body.get(name) == value and type(body.get(name)) is type(value)}
    gather.rest(body, _KNOWN | usual, (), settings=_SETTINGS)
    _read_settings(body, gather)
    tools = _read_tools(body.get("tools"), gather)
    conversation = Conversation(gather)
    conversation.instruct(body.get("instructions"))
    conversation.read(body.get("input"))
    return Ask(
        model=model or REQUEST.text(body.get("model"), ("model",)),
        system=tuple(conversation.system),
        turns=conversation.turns(),
        tools=tools,
        tool_choice=_read_choice(body.get("tool_choice"), gather),
        sampling=_read_sampling(body),
        stream=REQUEST.flag(body.get("stream"), ("stream",)),
        beyond=gather.beyond,
        elsewhere=tuple(gather.elsewhere),
        dialect=NAME,
        body=body,
    )


def _refuse_stored(body: dict[str, Any]) -> None:
    for name in ("store", "background"):
        if REQUEST.flag(body.get(name), (name,)):
            raise StoresNoText(f"`{name}` must be false: ringwall stores no text, so no answer can be fetched later")
    for name in ("previous_response_id", "conversation", "prompt"):
        if body.get(name) is not None:
            raise StoresNoText(f"`{name}` must be null: ringwall stores no text that it could refer to")


def _read_settings(body: dict[str, Any], gather: Gather) -> None:
    """Read the members that hold others. Two are left out of every translation: how reasoning is summed up, and that it comes encrypted."""
    if body.get("stream_options") is not None:
        options = REQUEST.object(body["stream_options"], ("stream_options",))
        gather.rest(options, {"include_obfuscation"} if options.get("include_obfuscation") is False else (), ("stream_options",))
    if body.get("text") is not None:
        text = REQUEST.object(body["text"], ("text",))
        gather.rest(text, {"format"} if text.get("format") == {"type": "text"} else (), ("text",))
    if body.get("reasoning") is not None:
        reasoning = REQUEST.object(body["reasoning"], ("reasoning",))
        gather.rest(reasoning, {name for name in ("summary", "generate_summary") if reasoning.get(name) in _SUMMARIES}, ("reasoning",))
    if body.get("include") is not None:
        include = REQUEST.list(body["include"], ("include",))
        if any(each != _SEALED_REASONING for each in include):
            gather.rest({"include": include}, (), ())
    _check_metadata(body.get("metadata"))


def _check_metadata(value: Any) -> None:
    """Refuse metadata that is larger than OpenAI's: it is told again in the answer, and goes nowhere else."""
    if value is None:
        return
    pairs, name_chars, value_chars = _METADATA
    if len(REQUEST.object(value, ("metadata",))) > pairs:
        raise REQUEST.fail(("metadata",), f"must have at most {pairs} members")
    for name, text in value.items():
        if len(name) > name_chars or len(REQUEST.text(text, ("metadata", name))) > value_chars:
            raise REQUEST.fail(("metadata",), f"must have names of at most {name_chars} characters and texts of at most {value_chars}")


def _read_tools(value: Any, gather: Gather) -> tuple[Tool, ...]:
    if value is None:
        return ()
    tools = []
    for at, tool in tool_items(value, ("tools",)):
        if REQUEST.text(tool.get("type"), (*at, "type")) != "function":
            raise _hosted((*at, "type"))
        gather.rest(tool, ("type", "name", "description", "parameters", "strict"), at)
        tools.append(read_function(tool, at))
    return tuple(tools)


def _hosted(path: Path) -> HostedTool:
    return HostedTool(f"`{told(path)}` must be `function`: ringwall runs no tools, and lets no vendor run one beside the wall")


def _read_choice(value: Any, gather: Gather) -> str:
    if value is None:
        return ""
    if type(value) is str:
        if value not in _CHOICES:
            raise REQUEST.fail(("tool_choice",), "must be `auto`, `none`, `required` or a function")
        return _CHOICES[value]
    choice = REQUEST.object(value, ("tool_choice",))
    kind = REQUEST.text(choice.get("type"), ("tool_choice", "type"))
    if kind == "allowed_tools":
        gather.rest({"tool_choice": choice}, (), ())
        return ""
    if kind != "function":
        raise _hosted(("tool_choice", "type"))
    gather.rest(choice, ("type", "name"), ("tool_choice",))
    return "tool:" + REQUEST.name(choice.get("name"), ("tool_choice", "name"))


def _read_sampling(body: dict[str, Any]) -> Sampling:
    most = body.get("max_output_tokens")
    return Sampling(
        max_tokens=None if most is None else REQUEST.whole(most, ("max_output_tokens",), 1),
        temperature=None if body.get("temperature") is None else REQUEST.number(body["temperature"], ("temperature",)),
        top_p=None if body.get("top_p") is None else REQUEST.number(body["top_p"], ("top_p",)),
    )
