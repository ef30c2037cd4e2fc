"""Chat completions: a request read."""

from __future__ import annotations

from typing import Any

from ringwall.wire.dialects.asked import read_function, tool_items
from ringwall.wire.dialects.errors import SeveralChoices
from ringwall.wire.dialects.gather import Gather
from ringwall.wire.dialects.members import REQUEST
from ringwall.wire.dialects.model import Ask, Origin, Part, Path, Reasoning, Sampling, Text, Tool, ToolResult, ToolUse, Turn

NAME = "openai_chat"
_KNOWN = frozenset(
    (
        "model",
        "messages",
        "tools",
        "tool_choice",
        "max_tokens",
        "max_completion_tokens",
        "temperature",
        "top_p",
        "stop",
        "stream",
        "stream_options",
        "n",
    )
)
_SETTINGS = frozenset(("service_tier",))
_USUAL: dict[str, Any] = {
    "parallel_tool_calls": True,
    "logprobs": False,
    "store": False,
    "response_format": {"type": "text"},
    "frequency_penalty": 0,
    "presence_penalty": 0,
    "logit_bias": {},
    "metadata": {},
}
"""Members that say what would be so without them."""
_KINDS = {"image_url": "image", "input_audio": "audio", "file": "document", "video_url": "video"}
_CHOICES = {"auto": "auto", "none": "none", "required": "any"}


def read_request(body: dict[str, Any], model: str) -> Ask:
    """Read a request; see `Dialect.read_request`."""
    if body.get("n") not in (None, 1) or body.get("n") is True:
        raise SeveralChoices("`n` must be 1")
    gather = Gather()
    usual = {name for name, value in _USUAL.items() if body.get(name) == value and type(body.get(name)) is type(value)}
    gather.rest(body, _KNOWN | usual, (), settings=_SETTINGS)
    _read_options(body, gather)
    tools = _read_tools(body.get("tools"), gather)
    conversation = _Conversation(gather)
    for number, message in enumerate(REQUEST.list(body.get("messages"), ("messages",))):
        conversation.add(message, ("messages", number))
    return Ask(
        model=model or REQUEST.text(body.get("model"), ("model",)),
        system=tuple(conversation.system),
        turns=tuple(conversation.turns),
        tools=tools,
        tool_choice=_read_choice(body.get("tool_choice"), gather),
        sampling=_read_sampling(body, gather),
        stream=REQUEST.flag(body.get("stream"), ("stream",)),
        beyond=gather.beyond,
        elsewhere=tuple(gather.elsewhere),
        dialect=NAME,
        body=body,
    )


def wants_usage(body: dict[str, Any]) -> bool:
    """Tell whether a request asks for the usage at the end of its stream."""
    options = body.get("stream_options")
    return isinstance(options, dict) and options.get("include_usage") is True


def _read_options(body: dict[str, Any], gather: Gather) -> None:
    if body.get("stream_options") is not None:
        options = REQUEST.object(body["stream_options"], ("stream_options",))
        REQUEST.flag(options.get("include_usage"), ("stream_options", "include_usage"))
        usual = {"include_obfuscation"} if options.get("include_obfuscation") is False else set()
        gather.rest(options, {"include_usage"} | usual, ("stream_options",))


class _Conversation:
    """Reads messages one after the other."""

    def __init__(self, gather: Gather) -> None:
        self._gather = gather
        self.system: list[Part] = []
        self.turns: list[Turn] = []

    def add(self, value: Any, path: Path) -> None:
        message = REQUEST.object(value, path)
        self._gather.count(1, path)
        role = message.get("role")
        if role in ("system", "developer"):
            self._add_system(message, path)
        elif role == "user":
            self._rest(message, ("role", "content"), path, "user")
            self.turns.append(Turn("user", self._content(message.get("content"), (*path, "content"), "user")))
        elif role == "assistant":
            self.turns.append(Turn("assistant", self._assistant(message, path)))
        elif role == "tool":
            self._rest(message, ("role", "content", "tool_call_id"), path, "tool")
            name = REQUEST.name(message.get("tool_call_id"), (*path, "tool_call_id"))
            texts = self._gather.texts(message.get("content"), (*path, "content"), "tool")
            self.turns.append(Turn("user", (ToolResult(name, texts),)))
        else:
            raise REQUEST.fail((*path, "role"), "must be `system`, `developer`, `user`, `assistant` or `tool`")

    def _rest(self, message: dict[str, Any], known: tuple[str, ...], path: Path, origin: Origin) -> None:
        self._gather.rest(message, known, path, origin)

    def _add_system(self, message: dict[str, Any], path: Path) -> None:
        self._rest(message, ("role", "content"), path, "system")
        self.system += self._gather.texts(message.get("content"), (*path, "content"), "system")
        if self.turns:
            self._gather.name(("messages", "system"))  # in the middle of the conversation: only this dialect keeps its place

    def _content(self, value: Any, path: Path, origin: Origin) -> tuple[Part, ...]:
        if type(value) is str:
            return (Text(value, origin, frozenset(), path),)
        parts: list[Part] = []
        for number, item in enumerate(REQUEST.list(value, path)):
            at = (*path, number)
            part = REQUEST.object(item, at)
            kind = REQUEST.text(part.get("type"), (*at, "type"))
            if kind == "text":
                parts.append(self._gather.text_block(part, at, origin))
            elif kind == "refusal" and origin == "assistant":
                self._rest(part, ("type", "refusal"), at, origin)
                parts.append(self._refusal(part.get("refusal"), (*at, "refusal")))
            else:
                parts.append(self._gather.unjudged(_KINDS.get(kind, "unknown"), at))
        self._gather.count(len(parts), path)
        return tuple(parts)

    def _refusal(self, value: Any, path: Path) -> Text:
        return Text(REQUEST.text(value, path), "assistant", frozenset(), path)

    def _assistant(self, message: dict[str, Any], path: Path) -> tuple[Part, ...]:
        self._rest(message, ("role", "content", "refusal", "tool_calls", "reasoning_content", "reasoning"), path, "assistant")
        thoughts = [name for name in ("reasoning_content", "reasoning") if message.get(name) is not None]
        parts: list[Part] = [Reasoning(REQUEST.text(message[name], (*path, name)), path=(*path, name)) for name in thoughts]
        if message.get("content") is not None:
            parts += self._content(message["content"], (*path, "content"), "assistant")
        if message.get("refusal") is not None:
            parts.append(self._refusal(message["refusal"], (*path, "refusal")))
        if message.get("tool_calls") is not None:
            calls = REQUEST.list(message["tool_calls"], (*path, "tool_calls"))
            self._gather.count(len(calls), path)
            parts += [self._call(call, (*path, "tool_calls", number)) for number, call in enumerate(calls)]
        return tuple(parts)

    def _call(self, value: Any, path: Path) -> ToolUse:
        call = REQUEST.object(value, path)
        _only_functions(call, path)
        self._rest(call, ("id", "type", "function", "index"), path, "assistant")
        at = (*path, "function")
        function = REQUEST.object(call.get("function"), at)
        self._rest(function, ("name", "arguments"), at, "assistant")
        arguments = REQUEST.text(function.get("arguments"), (*at, "arguments"))
        name = REQUEST.name(function.get("name"), (*at, "name"))
        return ToolUse(REQUEST.name(call.get("id"), (*path, "id")), name, arguments, (*at, "arguments"))


def _only_functions(value: dict[str, Any], path: Path) -> None:
    if value.get("type", "function") != "function":
        raise REQUEST.fail((*path, "type"), "must be `function`: tools of other types are not read")


def _read_tools(value: Any, gather: Gather) -> tuple[Tool, ...]:
    if value is None:
        return ()
    tools = []
    for path, tool in tool_items(value, ("tools",)):
        _only_functions(tool, path)
        gather.rest(tool, ("type", "function"), path)
        at = (*path, "function")
        function = REQUEST.object(tool.get("function"), at)
        gather.rest(function, ("name", "description", "parameters", "strict"), at)
        tools.append(read_function(function, at))
    return tuple(tools)


def _read_choice(value: Any, gather: Gather) -> str:
    if value is None:
        return ""
    if type(value) is str:
        if value not in _CHOICES:
            raise REQUEST.fail(("tool_choice",), "must be `auto`, `none`, `required` or a function")
        return _CHOICES[value]
    choice = REQUEST.object(value, ("tool_choice",))
    if choice.get("type") != "function":
        gather.rest({"tool_choice": choice}, (), ())
        return ""
    function = REQUEST.object(choice.get("function"), ("tool_choice", "function"))
    gather.rest(choice, ("type", "function"), ("tool_choice",))
    gather.rest(function, ("name",), ("tool_choice", "function"))
    return "tool:" + REQUEST.name(function.get("name"), ("tool_choice", "function", "name"))


def _read_sampling(body: dict[str, Any], gather: Gather) -> Sampling:
    asked = [name for name in ("max_completion_tokens", "max_tokens") if body.get(name) is not None]
    stop = body.get("stop")
    alone = type(stop) is str
    sequences = [] if stop is None else [stop] if alone else REQUEST.list(stop, ("stop",))
    return Sampling(
        max_tokens=min((REQUEST.whole(body[name], (name,), 1) for name in asked), default=None),
        temperature=None if body.get("temperature") is None else REQUEST.number(body["temperature"], ("temperature",)),
        top_p=None if body.get("top_p") is None else REQUEST.number(body["top_p"], ("top_p",)),
        stop_sequences=gather.stop_sequences(sequences, ("stop",), alone=alone),
    )
