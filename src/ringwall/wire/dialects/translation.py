"""What every dialect does alike when it writes a request that was read from another."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import msgspec

from ringwall.wire.dialects.errors import Untranslatable
from ringwall.wire.dialects.limits import MOST_NAMES
from ringwall.wire.dialects.members import arguments_object
from ringwall.wire.dialects.model import Ask, Part, Text, ToolUse, Turn
from ringwall.wire.dialects.texts import unjudged


def refuse_the_unsayable(ask: Ask, dialect: str, sayable: Collection[str] = ()) -> None:
    """Refuse a request with members or contents that only its own dialect has words for.

    Args:
        ask: the request.
        dialect: the one it is to be said in.
        sayable: the members beyond the common model that this dialect has words for all the same.

    Raises:
        Untranslatable: it has some; they are named.
    """
    beyond = [name for name in ask.beyond if name not in sayable]
    names = list(dict.fromkeys([*beyond, *(f"a part of the kind {part.kind}" for part in unjudged(ask))]))
    if ask.sampling.max_tokens == 0:  # Anthropic fills a cache so
        names.append("an answer of no tokens")
    if names:
        listed = ", ".join(f"`{name}`" for name in names[:MOST_NAMES])
        more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
        raise unsayable(dialect, f"{listed}{more}")


def unsayable(dialect: str, what: str) -> Untranslatable:
    """Return the error for something that a dialect has no word for."""
    return Untranslatable(f"the dialect `{dialect}` of the model's upstream has no word for {what}")


def merged(turns: Iterable[Turn]) -> list[Turn]:
    """Join neighbouring turns of one role, for the dialects in which roles take turns, and leave out what has no words."""
    joined: list[Turn] = []
    for turn in turns:
        parts = tuple(part for part in turn.parts if not _is_silent(part))
        if not parts:
            continue
        if joined and joined[-1].role == turn.role:
            joined[-1] = Turn(turn.role, joined[-1].parts + parts)
        else:
            joined.append(Turn(turn.role, parts))
    return joined


def _is_silent(part: Part) -> bool:
    return isinstance(part, Text) and not part.text


def arguments_of(part: ToolUse, dialect: str) -> dict[str, Any]:
    """Return the arguments of an earlier call as the object that they say.

    Raises:
        Untranslatable: they say none.
    """
    value = arguments_object(part.arguments)
    if value is None:
        raise unsayable(dialect, "tool arguments that are no JSON object")
    return value


def without_nothing(body: dict[str, Any]) -> dict[str, Any]:
    """Return an object without the members that say nothing: None, and empty lists and objects."""
    return {name: value for name, value in body.items() if value is not None and value not in ([], {})}


def with_stream(body: dict[str, Any], ask: Ask) -> dict[str, Any]:
    """Ask for a stream where the request does, and for none where it does not, whatever the body said; changes `body`."""
    if bool(body.get("stream")) != ask.stream:
        body["stream"] = ask.stream
    return body


def sampling_of(ask: Ask, names: dict[str, str]) -> dict[str, Any]:
    """Say how the model is to answer in the names of a dialect (`{"max_tokens": "maxTokens"}`)."""
    values = msgspec.structs.asdict(ask.sampling)
    values["stop_sequences"] = list(ask.sampling.stop_sequences)
    return without_nothing({names[name]: value for name, value in values.items()})
