"""The elements of a JSON body, read as forgivingly as AWS WAF says it reads them, and no further than the first thing it cannot read.

Source: AWS WAF Developer Guide, "JSON body": a missing comma, a missing colon and extra colons are read over; invalid characters, duplicate
keys, truncation and a root that is neither object nor array end the reading. Numbers and the words true, false and null count as values
with their text. JSON Pointer is RFC 6901.
"""

from __future__ import annotations

import json
import re
from typing import NamedTuple

DEPTH_MAX = 64  # levels of nesting that are read; deeper ones end the reading

_TOKEN = re.compile(rb'[ \t\r\n]*(?:([{}\[\],:])|("[^"\\\x00-\x1f]*(?:\\.[^"\\\x00-\x1f]*)*")|(-?[0-9][0-9.eE+-]*|true|false|null))')
_REST = re.compile(rb"[ \t\r\n]*")
_PUNCTUATION_BETWEEN = {b",", b":"}


class JsonElement(NamedTuple):
    """One key or value: where it stands, and its text in UTF-8."""

    pointer: tuple[str, ...]
    is_key: bool
    text: bytes


class JsonBody(NamedTuple):
    """What was read, and whether that is all there was."""

    elements: tuple[JsonElement, ...]
    complete: bool


class _Level:
    """An object or array that is open: its pointer, its keys so far, the key that waits for a value."""

    __slots__ = ("index", "is_object", "key", "keys", "pointer")

    def __init__(self, pointer: tuple[str, ...], *, is_object: bool) -> None:
        self.pointer = pointer
        self.is_object = is_object
        self.keys: set[str] = set()
        self.key: str | None = None
        self.index = 0

    def place(self) -> tuple[str, ...] | None:
        """Take the place of the next value; None where a key must come first."""
        if not self.is_object:
            self.index += 1
            return (*self.pointer, str(self.index - 1))
        if self.key is None:
            return None
        place, self.key = (*self.pointer, self.key), None
        return place


class _Reader:
    """Reads tokens until the root is closed or something cannot be read."""

    def __init__(self) -> None:
        self.elements: list[JsonElement] = []
        self._open: list[_Level] = []

    def read(self, body: bytes) -> bool:
        """Read a body; say whether all of it was read."""
        position = 0
        while True:
            found = _TOKEN.match(body, position)
            if found is None or not self._take(found):
                return False
            position = found.end()
            if not self._open:
                return _REST.fullmatch(body, position) is not None

    def _take(self, found: re.Match[bytes]) -> bool:
        mark = found[1]
        if mark is None:
            return bool(self._open) and self._scalar(found[2], found[3])
        if mark in _PUNCTUATION_BETWEEN:
            return bool(self._open)
        if mark in {b"{", b"["}:
            return self._begin(is_object=mark == b"{")
        return self._end(is_object=mark == b"}")

    def _begin(self, *, is_object: bool) -> bool:
        if len(self._open) >= DEPTH_MAX:
            return False
        place: tuple[str, ...] | None = self._open[-1].place() if self._open else ()
        if place is None:
            return False
        self._open.append(_Level(place, is_object=is_object))
        return True

    def _end(self, *, is_object: bool) -> bool:
        if not self._open or self._open[-1].is_object != is_object or self._open[-1].key is not None:
            return False
        self._open.pop()
        return True

    def _scalar(self, quoted: bytes | None, word: bytes | None) -> bool:
        level = self._open[-1]
        text = (word or b"").decode("ascii") if quoted is None else _unquoted(quoted)
        if text is None:
            return False
        if level.is_object and level.key is None:
            return quoted is not None and self._key(level, text)
        place = level.place()
        if place is None:
            return False
        self.elements.append(JsonElement(place, False, text.encode("utf-8", "surrogatepass")))
        return True

    def _key(self, level: _Level, key: str) -> bool:
        if key in level.keys:
            return False
        level.keys.add(key)
        level.key = key
        self.elements.append(JsonElement((*level.pointer, key), True, key.encode("utf-8", "surrogatepass")))
        return True


def read_json(body: bytes) -> JsonBody:
    """Read the keys and values of a JSON body, as far as they can be read."""
    reader = _Reader()
    complete = reader.read(body)
    return JsonBody(tuple(reader.elements), complete)


def read_pointer(text: str) -> tuple[str, ...] | None:
    """Read a JSON Pointer; None where it is none."""
    if not text.startswith("/") or re.search(r"~(?![01])", text):
        return None
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in text[1:].split("/"))


def _unquoted(quoted: bytes) -> str | None:
    try:
        text = json.loads(quoted)
    except ValueError:  # broken escapes, or no UTF-8
        return None
    return text if isinstance(text, str) else None
