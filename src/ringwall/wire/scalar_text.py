"""Single values written as text: in paths, queries, headers and forms."""

from __future__ import annotations

import binascii
import math
import re
from collections.abc import Callable
from typing import Any

from ringwall.wire.constraint import integer_bounds, is_integer
from ringwall.wire.errors import MalformedRequest
from ringwall.wire.model import Ref, Shape
from ringwall.wire.strict_json import decode_json
from ringwall.wire.timestamp import form_of, moment_from_text

_INTEGER = re.compile(r"[+-]?\d{1,19}", re.ASCII)
_FLOAT = re.compile(r"[+-]?(?:\d{1,400}(?:\.\d{0,400})?|\.\d{1,400})(?:[eE][+-]?\d{1,3})?", re.ASCII)
_WORDS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_BOOLEANS = {"true": True, "false": False, "True": True, "False": False}
_JSON_DEPTH = 32

Reader = Callable[[str, str], Any]


def reader_of(shape: Shape, ref: Ref, timestamp_default: str) -> Reader:
    """Compile a reader for one shape: (text, path) to value.

    The reader raises MalformedRequest where the text is not of the shape's type.
    """
    kind = "jsonvalue" if shape.jsonvalue or ref.jsonvalue else shape.type
    if is_integer(kind):
        low, high = integer_bounds(kind)
        return lambda text, path: _read_integer(text, path, low, high)
    if kind == "timestamp":
        form = form_of(ref.timestamp_format or shape.timestamp_format, timestamp_default)
        return lambda text, path: _read_moment(text, path, form)
    try:
        return _READERS[kind]
    except KeyError:
        raise MalformedRequest(f"the model writes a {kind[:40]} as text, which cannot be read") from None


def _read_string(text: str, _path: str) -> str:
    return text


def _read_integer(text: str, path: str, low: int, high: int) -> int:
    if not _INTEGER.fullmatch(text) or not low <= int(text) <= high:
        raise MalformedRequest(f"`{path}` is not a whole number from {low} to {high}")
    return int(text)


def _read_float(text: str, path: str) -> float:
    word = _WORDS.get(text)
    if word is not None:
        return word
    if not _FLOAT.fullmatch(text) or not math.isfinite(float(text)):
        raise MalformedRequest(f"`{path}` is not a number")
    return float(text)


def _read_boolean(text: str, path: str) -> bool:
    value = _BOOLEANS.get(text)
    if value is None:
        raise MalformedRequest(f"`{path}` is neither true nor false")
    return value


def _read_moment(text: str, path: str, form: str) -> Any:
    try:
        return moment_from_text(text, form)
    except ValueError as error:
        raise MalformedRequest(f"`{path}` is not a timestamp ({form}): {error}") from None


def read_base64(text: str, path: str) -> bytes:
    """Read base64 as RFC 4648 section 4 has it, padded, without anything else in it."""
    try:
        return binascii.a2b_base64(text.encode("ascii"), strict_mode=True)
    except (binascii.Error, UnicodeEncodeError):
        raise MalformedRequest(f"`{path}` is not base64") from None


def _read_jsonvalue(text: str, path: str) -> Any:
    return decode_json(read_base64(text, path), _JSON_DEPTH)


_READERS: dict[str, Reader] = {
    "jsonvalue": _read_jsonvalue,
    "float": _read_float,
    "double": _read_float,
    "boolean": _read_boolean,
    "blob": read_base64,
    "string": _read_string,
}
