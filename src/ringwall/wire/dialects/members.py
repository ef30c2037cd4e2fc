"""Members of decoded JSON, each of the type its dialect says: or an error that names the member, never its value."""

from __future__ import annotations

import re
from typing import Any

from ringwall.errors import LimitExceeded, RingwallError
from ringwall.wire.dialects.errors import MalformedAnswer
from ringwall.wire.dialects.limits import JSON_DEPTH, NAME_CHARS
from ringwall.wire.dialects.model import Path
from ringwall.wire.errors import MalformedRequest
from ringwall.wire.strict_json import decode_json

_NAME = re.compile(rf"[!-~]{{1,{NAME_CHARS}}}")
_OPAQUE = re.compile(r"[A-Za-z0-9+/=._-]*")  # either alphabet, and the dots between parts
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
_MOST_TOKENS = 1 << 53


def told(path: Path) -> str:
    """Say a path as people write it: `messages[2].content`. A name that nobody chose well is not repeated."""
    words = ""
    for step in path:
        if isinstance(step, int):
            words += f"[{step}]"
        else:
            words += ("." if words else "") + (step if _PLAIN.fullmatch(step) else "(a name)")
    return words or "the body"


class Members:
    """Checks of one side of a conversation."""

    def __init__(self, failure: type[RingwallError]) -> None:
        self._failure = failure

    def fail(self, path: Path, must: str) -> RingwallError:
        """Return the error for a member: `messages[2].content` must be text."""
        return self._failure(f"`{told(path)}` {must}")

    def object(self, value: Any, path: Path) -> dict[str, Any]:
        """Return an object."""
        if type(value) is not dict:
            raise self.fail(path, "must be an object")
        return value

    def list(self, value: Any, path: Path) -> list[Any]:
        """Return a list."""
        if type(value) is not list:
            raise self.fail(path, "must be a list")
        return value

    def text(self, value: Any, path: Path) -> str:
        """Return a text, which may be empty."""
        if type(value) is not str:
            raise self.fail(path, "must be text")
        return value

    def optional_text(self, value: Any, path: Path) -> str:
        """Return a text, empty where there is none."""
        return "" if value is None else self.text(value, path)

    def name(self, value: Any, path: Path) -> str:
        """Return the name of a tool or of a call: it is read by no rule, so it has no room for prose."""
        if type(value) is not str or not _NAME.fullmatch(value):
            raise self.fail(path, f"must have 1 to {NAME_CHARS} visible ASCII characters")
        return value

    def opaque(self, value: Any, path: Path) -> str:
        """Return a signature or something encrypted, empty where there is none: it is read by no rule, so it has no room for prose."""
        if value is None:
            return ""
        if type(value) is not str or not _OPAQUE.fullmatch(value):
            raise self.fail(path, "must be base64")
        return value

    def whole(self, value: Any, path: Path, least: int = 0) -> int:
        """Return a whole number."""
        if type(value) is not int or not least <= value <= _MOST_TOKENS:
            raise self.fail(path, f"must be a whole number of at least {least}")
        return value

    def number(self, value: Any, path: Path) -> float:
        """Return a number, as it was written: 1 stays 1."""
        if type(value) is not int and type(value) is not float:
            raise self.fail(path, "must be a number")
        return value

    def flag(self, value: Any, path: Path) -> bool:
        """Return a truth value; nothing is no."""
        if value is not None and type(value) is not bool:
            raise self.fail(path, "must be true or false")
        return bool(value)


REQUEST = Members(MalformedRequest)
ANSWER = Members(MalformedAnswer)


def answer_json(data: bytes) -> dict[str, Any]:
    """Read an object that an upstream sent.

    Raises:
        MalformedAnswer: it is not JSON as ringwall reads it, or no object.
    """
    try:
        value = decode_json(data, JSON_DEPTH)
    except (MalformedRequest, LimitExceeded):
        raise MalformedAnswer("an event of the answer is not JSON, or is nested too deeply") from None
    return ANSWER.object(value, ())


def arguments_object(arguments: str) -> dict[str, Any] | None:
    """Return the object that a tool's arguments say, {} for none; None where they say no object."""
    if not arguments.strip():
        return {}
    try:
        value = decode_json(arguments.encode(), JSON_DEPTH)
    except (MalformedRequest, LimitExceeded, UnicodeEncodeError):
        return None
    return value if type(value) is dict else None
