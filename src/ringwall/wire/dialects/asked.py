"""What the dialects' requests write alike: a conversation of turns, and a list of tools."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

from ringwall.errors import LimitExceeded
from ringwall.wire.dialects.gather import Gather
from ringwall.wire.dialects.limits import MOST_TOOLS
from ringwall.wire.dialects.members import REQUEST
from ringwall.wire.dialects.model import Part, Path, Tool, Turn

ReadContent = Callable[[Any, Path, Literal["user", "assistant"]], tuple[Part, ...]]
"""A message's content, where it stands and who says it, to its parts."""
ReadSystem = Callable[[Any, Path], Sequence[Part]]


def read_turns(messages: Sequence[Any], gather: Gather, content: ReadContent, system: ReadSystem) -> tuple[list[Part], list[Turn]]:
    """Read `messages` of `role` and `content`.

    Args:
        messages: at the path `messages`. gather: of the request.
        content: reads what a user or an assistant says.
        system: reads a system prompt in the middle of the conversation; only the dialect itself keeps its place.

    Returns:
        the parts of system prompts, and the turns.

    Raises:
        MalformedRequest: a message is none, or has another role.
        LimitExceeded: there are too many messages and parts.
    """
    prompts: list[Part] = []
    turns: list[Turn] = []
    for number, item in enumerate(messages):
        path: Path = ("messages", number)
        message = REQUEST.object(item, path)
        gather.count(1, path)
        role = message.get("role")
        if role == "system":
            gather.rest(message, ("role", "content"), path, "system")
            gather.name(("messages", "system"))
            prompts += system(message.get("content"), (*path, "content"))
        elif role == "user" or role == "assistant":  # noqa: PLR1714 -- a list is no member of a set, and mypy narrows this
            gather.rest(message, ("role", "content"), path, role)
            turns.append(Turn(role, content(message.get("content"), (*path, "content"), role)))
        else:
            raise REQUEST.fail((*path, "role"), "must be `user`, `assistant` or `system`")
    return prompts, turns


def tool_items(value: Any, path: Path) -> list[tuple[Path, dict[str, Any]]]:
    """Return the objects of a list of tools, each with where it stands.

    Raises:
        MalformedRequest: it is no list of objects. LimitExceeded: it is too long.
    """
    items = REQUEST.list(value, path)
    if len(items) > MOST_TOOLS:
        raise LimitExceeded(f"the request has more than {MOST_TOOLS} tools")
    return [((*path, number), REQUEST.object(item, (*path, number))) for number, item in enumerate(items)]


def read_tool(spec: dict[str, Any], path: Path, schema: dict[str, Any] | None, schema_path: Path) -> Tool:
    """Read `name`, `description` and `strict` of a tool whose schema was read.

    Raises:
        MalformedRequest: a member is missing or of another type.
    """
    return Tool(
        REQUEST.name(spec.get("name"), (*path, "name")),
        REQUEST.optional_text(spec.get("description"), (*path, "description")),
        schema,
        REQUEST.flag(spec.get("strict"), (*path, "strict")),
        (*path, "description") if spec.get("description") is not None else (),
        schema_path,
    )


def read_function(spec: dict[str, Any], path: Path) -> Tool:
    """Read a function as OpenAI writes it: its schema, `parameters`, may be left out.

    Raises:
        MalformedRequest: a member is missing or of another type.
    """
    at = (*path, "parameters")
    schema = spec.get("parameters")
    return read_tool(spec, path, None if schema is None else REQUEST.object(schema, at), at)
