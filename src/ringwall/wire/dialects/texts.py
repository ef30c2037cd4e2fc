"""Every text of a request that is judged, in order, and the request with some of them changed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from ringwall.errors import Bug, LimitExceeded
from ringwall.wire.dialects.errors import Unmaskable
from ringwall.wire.dialects.gather import as_text
from ringwall.wire.dialects.limits import JSON_DEPTH
from ringwall.wire.dialects.members import told
from ringwall.wire.dialects.model import Ask, Part, Path, Reasoning, Text, Tool, ToolResult, ToolUse, Turn, Unjudged
from ringwall.wire.errors import MalformedRequest
from ringwall.wire.strict_json import decode_json


def judged_texts(ask: Ask) -> tuple[Text, ...]:
    """Return every text of a request that is judged: the system's, each turn's, the tools' definitions, then those elsewhere in the body.

    What a tool is called with counts as the assistant's words, and so does reasoning. Tools' schemas are JSON text. Sealed reasoning is
    read by nobody and not among them; contents that are not judged are in `unjudged`.
    """
    return tuple(_texts(ask))


def unjudged(ask: Ask) -> tuple[Unjudged, ...]:
    """Return the contents that no rule reads: a guarded request with one is refused."""
    found: list[Unjudged] = []
    for parts in (ask.system, *(turn.parts for turn in ask.turns)):
        for part in parts:
            found += [item for item in (part.content if isinstance(part, ToolResult) else (part,)) if isinstance(item, Unjudged)]
    return tuple(found)


_MADE_ID = re.compile(
    r"(?:call_|toolu_|toolu_bdrk_|srvtoolu_|chatcmpl-tool-|fc_|rs_|msg_)?[A-Za-z0-9]{1,40}|tooluse_[A-Za-z0-9_-]{22}"
    r"|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)
"""Ids of calls as vendors and servers draw them: one run of letters and digits after a mark of theirs, or a UUID."""


def names_of(ask: Ask) -> tuple[Text, ...]:
    """Return the names that models read beside the texts: those of calls as the assistant's words, those of tools as definitions.

    Each text has one name a line. It stands at no path: a name that was masked would be another tool's, so it can only block. Ids of calls
    are among the names, but for those that were drawn: rules that look for numbers and keys find some in them.
    """
    calls: dict[str, None] = {}
    for turn in ask.turns:
        for part in turn.parts:
            if isinstance(part, ToolUse):
                calls[part.name] = None
            if isinstance(part, ToolUse | ToolResult) and not _MADE_ID.fullmatch(part.id):
                calls[part.id] = None
    tools = dict.fromkeys(tool.name for tool in ask.tools)
    if ask.tool_choice.startswith("tool:"):
        tools[ask.tool_choice.removeprefix("tool:")] = None
    found = (Text("\n".join(calls), "assistant"), Text("\n".join(tools), "definition"))
    return tuple(text for text in found if text.text)


_STOPS = frozenset({"stop", "stop_sequences", "stopSequences"})
_NO_MARKS: Mapping[int, tuple[tuple[int, int], ...]] = {}


def replace_texts(ask: Ask, changed: Mapping[int, str], marked: Mapping[int, tuple[tuple[int, int], ...]] = _NO_MARKS) -> Ask:
    """Return the request with other words in some places.

    Args:
        ask: the request.
        changed: the new text for an index into `judged_texts(ask)`.
        marked: which spans of a new text input tags enclosed; none, where nothing is said.

    Raises:
        Unmaskable: a new text stands where only JSON can, and is none; or it is a stop sequence, which would be another one.
    Invariant: judged_texts of the result are those of `ask`, but for the changed ones; so are the texts at their paths in its body.
    """
    texts = judged_texts(ask)
    for index, words_now in changed.items():
        if not 0 <= index < len(texts):
            raise Bug("a text was to be changed that the request does not have")
        text = texts[index]
        if words_now != text.text and _STOPS.intersection(text.path[:2]) and text.text in ask.sampling.stop_sequences:
            raise Unmaskable(f"`{told(text.path)}` is a stop sequence, and would be another one")
    if not changed:
        return ask
    words = _Words(changed, marked)
    system = tuple(words.part(part) for part in ask.system)
    turns = tuple(Turn(turn.role, tuple(words.part(part) for part in turn.parts)) for turn in ask.turns)
    tools = tuple(words.tool(tool) for tool in ask.tools)
    elsewhere = tuple(words.text(text) for text in ask.elsewhere)
    new = msgspec.structs.replace(ask, system=system, turns=turns, tools=tools, elsewhere=elsewhere)
    return msgspec.structs.replace(new, body=body_of(new))


def body_of(ask: Ask) -> dict[str, Any]:
    """Return the body that the request was read from, with each text of the request at its path; unchanged parts are shared.

    Raises:
        Unmaskable: a changed text stands where only JSON can, and is none.
    """
    changes: dict[str | int, Any] = {}
    for text in _texts(ask) if ask.body else ():
        if not text.path:
            continue
        here: Any = ask.body
        for step in text.path:
            here = here[step]
        if as_text(here) != text.text:
            _plan(changes, text.path, text.text if isinstance(here, str) else _json(text.text, here, text.path))
    return _rebuilt(ask.body, changes) if changes else ask.body


class _New:
    """A value that stands in for whatever was there."""

    def __init__(self, value: Any) -> None:
        self.value = value


def _plan(changes: dict[str | int, Any], path: Path, value: Any) -> None:
    *steps, last = path
    for step in steps:
        changes = changes.setdefault(step, {})
    changes[last] = _New(value)


def _rebuilt(value: Any, changes: dict[str | int, Any]) -> Any:
    new: Any = dict(value) if isinstance(value, dict) else list(value)
    for step, change in changes.items():
        new[step] = change.value if isinstance(change, _New) else _rebuilt(new[step], change)
    return new


def _json(text: str, before: Any, path: Path) -> Any:
    try:
        value = decode_json(text.encode(), JSON_DEPTH)
    except (MalformedRequest, LimitExceeded, UnicodeEncodeError):
        value = None
    if type(value) is not type(before):
        raise Unmaskable(f"`{told(path)}` was changed and is not the JSON any more that has to stand there")
    return value


# -- one order for all --


def _texts(ask: Ask) -> Iterator[Text]:
    for part in ask.system:
        yield from _of_part(part)
    for turn in ask.turns:
        for part in turn.parts:
            yield from _of_part(part)
    for tool in ask.tools:
        yield from _of_tool(tool)
    yield from ask.elsewhere


def _of_part(part: Part) -> Iterator[Text]:
    if isinstance(part, Text):
        yield part
    elif isinstance(part, ToolResult):
        yield from [text for text in part.content if isinstance(text, Text)]
    elif isinstance(part, ToolUse):
        yield Text(part.arguments, "assistant", frozenset(), part.path)
    elif isinstance(part, Reasoning) and not part.sealed:
        yield Text(part.text, "assistant", frozenset(), part.path)


def _of_tool(tool: Tool) -> Iterator[Text]:
    if _described(tool):
        yield Text(tool.description, "definition", frozenset(), tool.description_path)
    if tool.schema is not None:
        yield Text(as_text(tool.schema), "definition", frozenset(), tool.schema_path)


def _described(tool: Tool) -> bool:
    return bool(tool.description or tool.description_path)


class _Words:
    """Hands out the words of a request in the order of `judged_texts`, the changed ones in their new form."""

    def __init__(self, changed: Mapping[int, str], marked: Mapping[int, tuple[tuple[int, int], ...]]) -> None:
        self._changed = changed
        self._marked = marked
        self._at = -1

    def _next(self) -> str | None:
        self._at += 1
        return self._changed.get(self._at)

    def text(self, text: Text) -> Text:
        new = self._next()
        return text if new is None else msgspec.structs.replace(text, text=new, marked=self._marked.get(self._at, ()))

    def part(self, part: Part) -> Part:
        if isinstance(part, Text):
            return self.text(part)
        if isinstance(part, ToolResult):
            content = tuple(self.text(item) if isinstance(item, Text) else item for item in part.content)
            return msgspec.structs.replace(part, content=content)
        if isinstance(part, Unjudged) or (isinstance(part, Reasoning) and part.sealed):
            return part
        new = self._next()
        if new is None:
            return part
        return msgspec.structs.replace(part, **({"arguments": new} if isinstance(part, ToolUse) else {"text": new}))

    def tool(self, tool: Tool) -> Tool:
        if _described(tool):
            new = self._next()
            tool = tool if new is None else msgspec.structs.replace(tool, description=new)
        if tool.schema is not None:
            new = self._next()
            if new is not None:
                tool = msgspec.structs.replace(tool, schema=_json(new, tool.schema, tool.schema_path))
        return tool
