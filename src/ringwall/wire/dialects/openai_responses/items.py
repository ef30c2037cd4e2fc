"""Responses: the items of a request's `input`, read into turns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import msgspec

from ringwall.wire.dialects.errors import StoresNoText
from ringwall.wire.dialects.gather import Gather
from ringwall.wire.dialects.members import REQUEST
from ringwall.wire.dialects.model import Origin, Part, Path, Reasoning, Text, ToolResult, ToolUse, Turn, Unjudged

_KINDS = {"input_image": "image", "input_audio": "audio", "input_file": "document"}
_STATUSES = ("in_progress", "completed", "incomplete")
_Reader = Callable[[dict[str, Any], Path], None]


class Conversation:
    """Reads items one after the other. What the assistant says, thinks and calls without a break is one turn."""

    def __init__(self, gather: Gather) -> None:
        self._gather = gather
        self.system: list[Part] = []
        self._turns: list[tuple[Literal["user", "assistant"], list[Part]]] = []
        self._readers: dict[str, _Reader] = {
            "message": self._message,
            "function_call": self._call,
            "function_call_output": self._result,
            "reasoning": self._reasoning,
            "item_reference": _refer,
        }

    def instruct(self, value: Any) -> None:
        """Read `instructions`."""
        if value is not None:
            self.system.append(Text(REQUEST.text(value, ("instructions",)), "system", frozenset(), ("instructions",)))

    def read(self, value: Any) -> None:
        """Read `input`.

        Raises:
            StoresNoText: an item that refers to one that was kept.
        """
        if type(value) is str:
            self._turns.append(("user", [Text(value, "user", frozenset(), ("input",))]))
            return
        for number, item in enumerate(REQUEST.list(value, ("input",))):
            path: Path = ("input", number)
            self._gather.count(1, path)
            one = REQUEST.object(item, path)
            kind = one.get("type")
            reader = self._readers.get("message" if kind is None else REQUEST.text(kind, (*path, "type")))
            if reader is None:
                names = ", ".join(f"`{name}`" for name in self._readers if name != "item_reference")
                raise REQUEST.fail((*path, "type"), f"must be one of {names}: items of other types are not read")
            reader(one, path)

    def turns(self) -> tuple[Turn, ...]:
        """Return the turns."""
        return tuple(Turn(role, tuple(parts)) for role, parts in self._turns)

    def _say(self, parts: list[Part]) -> None:
        if not parts:
            return
        if self._turns and self._turns[-1][0] == "assistant":
            self._turns[-1][1].extend(parts)
        else:
            self._turns.append(("assistant", parts))

    def _rest(self, item: dict[str, Any], known: tuple[str, ...], path: Path, origin: Origin) -> None:
        """Note what an item has beside what is known, its type, its name and how far it came."""
        if item.get("id") is not None:
            REQUEST.name(item["id"], (*path, "id"))
        if item.get("status") is not None and item["status"] not in _STATUSES:
            raise REQUEST.fail((*path, "status"), "must be one that items have")
        self._gather.rest(item, ("type", "id", "status", *known), path, origin)

    def _message(self, item: dict[str, Any], path: Path) -> None:
        role = item.get("role")
        if role in ("system", "developer"):
            self._rest(item, ("role", "content"), path, "system")
            self.system += self._parts(item.get("content"), (*path, "content"), "system")
            if self._turns:
                self._gather.name(("input", "system"))  # in the middle of the conversation: its place would be lost
        elif role == "user":
            self._rest(item, ("role", "content"), path, "user")
            self._turns.append(("user", [*self._parts(item.get("content"), (*path, "content"), "user")]))
        elif role == "assistant":
            self._rest(item, ("role", "content"), path, "assistant")
            self._say([*self._parts(item.get("content"), (*path, "content"), "assistant")])
        else:
            raise REQUEST.fail((*path, "role"), "must be `system`, `developer`, `user` or `assistant`")

    def _parts(self, value: Any, path: Path, origin: Origin) -> list[Text | Unjudged]:
        if type(value) is str:
            return [Text(value, origin, frozenset(), path)]
        parts: list[Text | Unjudged] = []
        for number, item in enumerate(REQUEST.list(value, path)):
            at = (*path, number)
            part = REQUEST.object(item, at)
            kind = REQUEST.text(part.get("type"), (*at, "type"))
            if kind in ("input_text", "output_text"):
                parts.append(self._text(part, "text", at, origin))
            elif kind == "refusal" and origin == "assistant":
                parts.append(self._text(part, "refusal", at, origin))
            else:
                parts.append(self._gather.unjudged(_KINDS.get(kind, "unknown"), at))
        self._gather.count(len(parts), path)
        return parts

    def _text(self, part: dict[str, Any], name: str, path: Path, origin: Origin) -> Text:
        nothing = [each for each in ("annotations", "logprobs") if part.get(each) == []]
        self._gather.rest(part, ("type", name, *nothing), path, origin)
        return Text(REQUEST.text(part.get(name), (*path, name)), origin, frozenset(), (*path, name))

    def _call(self, item: dict[str, Any], path: Path) -> None:
        self._rest(item, ("call_id", "name", "arguments"), path, "assistant")
        name = REQUEST.name(item.get("name"), (*path, "name"))
        arguments = REQUEST.text(item.get("arguments"), (*path, "arguments"))
        self._say([ToolUse(REQUEST.name(item.get("call_id"), (*path, "call_id")), name, arguments, (*path, "arguments"))])

    def _result(self, item: dict[str, Any], path: Path) -> None:
        self._rest(item, ("call_id", "output"), path, "tool")
        name = REQUEST.name(item.get("call_id"), (*path, "call_id"))
        self._turns.append(("user", [ToolResult(name, tuple(self._parts(item.get("output"), (*path, "output"), "tool")))]))

    def _reasoning(self, item: dict[str, Any], path: Path) -> None:
        """Read reasoning: its text, what goes with it for its model alone, and a summary, which stands for a text that is not there.

        What is encrypted is one thing for all texts of the item, so it goes with the last. A summary beside the reasoning itself, or beside
        what is encrypted, is judged and goes to no model.
        """
        self._rest(item, ("summary", "content", "encrypted_content"), path, "assistant")
        opaque = REQUEST.opaque(item.get("encrypted_content"), (*path, "encrypted_content"))
        said = self._thoughts(item.get("content"), "reasoning_text", (*path, "content"))
        summed_up = self._thoughts(item.get("summary"), "summary_text", (*path, "summary"))
        if not said and not opaque:
            self._say([*summed_up])
            return
        self._gather.elsewhere += [Text(each.text, "assistant", frozenset(), each.path) for each in summed_up]
        if said:
            said[-1] = msgspec.structs.replace(said[-1], opaque=opaque)
        self._say([*said] or [Reasoning("", opaque, sealed=True)])

    def _thoughts(self, value: Any, kind: str, path: Path) -> list[Reasoning]:
        found: list[Reasoning] = []
        for number, item in enumerate(REQUEST.list([] if value is None else value, path)):
            at = (*path, number)
            part = REQUEST.object(item, at)
            if part.get("type") != kind:
                raise REQUEST.fail((*at, "type"), f"must be `{kind}`")
            self._gather.rest(part, ("type", "text"), at, "assistant")
            found.append(Reasoning(REQUEST.text(part.get("text"), (*at, "text")), path=(*at, "text")))
        self._gather.count(len(found), path)
        return found


def _refer(_: dict[str, Any], path: Path) -> None:
    raise StoresNoText(f"`input[{path[-1]}]` refers to an item, and ringwall stores no text that it could refer to")
