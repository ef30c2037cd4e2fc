"""JSON as RFC 8259 has it, with what the RFC leaves open refused: duplicate names, lone surrogates, NaN, and depth without bound."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from ringwall.errors import LimitExceeded
from ringwall.wire.errors import MalformedRequest

MOST_VALUES = 250_000
"""A body with more values is refused: a megabyte of `{},` would cost twenty in memory."""

_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_NAME_END = re.compile(rb'"[ \t\r\n]*+:')
_INNERMOST = re.compile(rb"\{[^{}\[\]]*+\}|\[[^{}\[\]]*+\]")


def decode_json(body: bytes, depth: int) -> Any:
    """Read one JSON value.

    Args:
        body: UTF-8, without a byte order mark.
        depth: how deeply arrays and objects may be nested.

    Raises:
        MalformedRequest: not JSON, a name twice in one object, a lone surrogate, a number out of range.
        LimitExceeded: nested more deeply than `depth`, or more than `MOST_VALUES` values; found before any value is made.
    Cost: O(len(body)) for bodies with at most `depth` brackets, O(depth * len(body)) for hostile ones.
    """
    skeleton: bytes | None = None
    brackets = body.count(b"[") + body.count(b"{")
    if brackets > depth or brackets + body.count(b",") > MOST_VALUES:
        skeleton = _STRING.sub(b"", body)
        _check_size(skeleton)
        _check_depth(skeleton, depth)
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedRequest(f"the body is not JSON: {_reason(error)}") from None
    except RecursionError:
        raise LimitExceeded(f"the body is nested more than {depth} levels deep") from None
    _check_names(body, _count_members(value), skeleton)
    return value


def _check_names(body: bytes, members: int, skeleton: bytes | None) -> None:
    """Refuse a body in which a name came twice.

    JSON has one colon outside of strings for each member, and a decoded object keeps one member for each name. Three counts of colons,
    each dearer than the one before: all, those that follow a quotation mark, those outside of strings. The first two count no fewer
    than there are members in the text, so where they equal what was decoded, nothing came twice.
    """
    if body.count(b":") == members or len(_NAME_END.findall(body)) == members:
        return
    bare = skeleton if skeleton is not None else _STRING.sub(b"", body)
    if bare.count(b":") != members:
        raise MalformedRequest("the body has an object in which a name appears twice")


def _check_size(skeleton: bytes) -> None:
    if skeleton.count(b"[") + skeleton.count(b"{") + skeleton.count(b",") > MOST_VALUES:
        raise LimitExceeded(f"the body has more than {MOST_VALUES} values")


def _check_depth(skeleton: bytes, depth: int) -> None:
    rest = skeleton
    for _ in range(depth):
        rest, closed = _INNERMOST.subn(b"", rest)
        if not closed:
            return  # what is left is unbalanced, which the decoder will say, or no bracket at all
    if b"[" in rest or b"{" in rest:
        raise LimitExceeded(f"the body is nested more than {depth} levels deep")


def _count_members(value: Any) -> int:
    if type(value) is dict:
        count = len(value)
        for item in value.values():
            if type(item) is dict or type(item) is list:
                count += _count_members(item)
        return count
    count = 0
    if type(value) is list:
        for item in value:
            if type(item) is dict or type(item) is list:
                count += _count_members(item)
    return count


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "invalid UTF-8"
    return str(error).removeprefix("JSON is malformed: ").lower()[:120]


def encode_json(value: Any) -> bytes:
    """Write one JSON value; bytes become base64, dates RFC 3339."""
    return msgspec.json.encode(value)
