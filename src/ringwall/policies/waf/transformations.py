"""The 31 text transformations of AWS WAF, in one visible table: functions from bytes to bytes.

Source: AWS WAF Developer Guide, "Using text transformations in AWS WAF"; the names are those of TextTransformationType.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

from ringwall.policies.waf import decodings
from ringwall.policies.waf.element import Element
from ringwall.policies.waf.errors import InvalidWafDocument

Transformation = Callable[[bytes], bytes]

TRANSFORMATIONS_MAX = 10  # AWS WAF quotas: text transformations per statement

_LOWER = bytes.maketrans(bytes(range(65, 91)), bytes(range(97, 123)))
_UPPER = bytes.maketrans(bytes(range(97, 123)), bytes(range(65, 91)))
_SPACES = b" \t\n\r\v\f"
_SPACE_RUNS = re.compile(rb"[ \t\n\r\v\f\xa0]+")
_BLANKS = re.compile(rb" +")
_COMMENT = re.compile(rb"/\*.*?(?:\*/|\Z)", re.DOTALL)
_COMMENT_MARK = re.compile(rb"/\*|\*/|--|#")
_SLASHES = re.compile(rb"/+")
_BACKSLASHES = re.compile(rb"\\+")


def _compress_white_space(value: bytes) -> bytes:
    return _SPACE_RUNS.sub(b" ", value)


def _cmd_line(value: bytes) -> bytes:
    value = value.translate(bytes.maketrans(b",;", b"  "), b"\\\"'^")
    value = _BLANKS.sub(b" ", value)  # first: a pattern of spaces before a slash would look at each run of spaces again and again
    return value.replace(b" /", b"/").replace(b" (", b"(").translate(_LOWER)


def _cmd_line_unix(value: bytes) -> bytes:
    return _one_command(value.translate(None, b"\\\"'"))


def _cmd_line_win(value: bytes) -> bytes:
    value = re.sub(rb"\^\r?\n", b"", value).translate(None, b"\"'^`")
    return _one_command(_BACKSLASHES.sub(rb"\\", value))


def _one_command(value: bytes) -> bytes:
    return re.sub(rb"[ \t\n\r\v\f]+", b" ", value).strip(b" ").translate(_LOWER)


def _normalize_path(value: bytes) -> bytes:
    """Remove repeated slashes, self-references, and back-references that are not at the beginning."""
    value = _SLASHES.sub(b"/", value)
    rooted = value.startswith(b"/")
    kept: list[bytes] = []
    segments = value.split(b"/")[rooted:]
    for segment in segments:
        if segment == b".." and kept and kept[-1] != b"..":
            kept.pop()
        elif (segment == b".." and not rooted) or segment not in {b"", b".", b".."}:
            kept.append(segment)
    path = b"/".join(kept)
    ends_open = segments[-1] in {b"", b".", b".."} and path and kept[-1] != b".."
    return (b"/" if rooted else b"") + path + (b"/" if ends_open else b"")


def _normalize_path_win(value: bytes) -> bytes:
    return _normalize_path(value.replace(b"\\", b"/"))


def _where(marks: bytes, step: Transformation) -> Transformation:
    """Leave a value alone that has none of the characters that a transformation begins with: most have none, and looking is cheap."""

    def apply(value: bytes) -> bytes:
        return step(value) if any(mark in value for mark in marks) else value

    return apply


TRANSFORMATIONS: dict[str, Transformation] = {
    "NONE": lambda value: value,
    "COMPRESS_WHITE_SPACE": _compress_white_space,
    "HTML_ENTITY_DECODE": _where(b"&", decodings.html_entity_decode),
    "LOWERCASE": lambda value: value.translate(_LOWER),
    "CMD_LINE": _cmd_line,
    "URL_DECODE": _where(b"%+", decodings.url_decode),
    "BASE64_DECODE": decodings.base64_decode,
    "HEX_DECODE": decodings.hex_decode,
    "MD5": lambda value: hashlib.md5(value, usedforsecurity=False).digest(),
    "REPLACE_COMMENTS": _where(b"*", lambda value: _COMMENT.sub(b" ", value)),
    "ESCAPE_SEQ_DECODE": _where(b"\\", decodings.escape_seq_decode),
    "SQL_HEX_DECODE": _where(b"xX", decodings.sql_hex_decode),
    "CSS_DECODE": _where(b"\\", decodings.css_decode),
    "JS_DECODE": _where(b"\\", decodings.js_decode),
    "NORMALIZE_PATH": _normalize_path,
    "NORMALIZE_PATH_WIN": _normalize_path_win,
    "REMOVE_NULLS": lambda value: value.replace(b"\0", b""),
    "REPLACE_NULLS": lambda value: value.replace(b"\0", b" "),
    "BASE64_DECODE_EXT": decodings.base64_decode_ext,
    "URL_DECODE_UNI": _where(b"%+", decodings.url_decode_uni),
    "UTF8_TO_UNICODE": decodings.utf8_to_unicode,
    "REMOVE_WHITESPACE": lambda value: _SPACE_RUNS.sub(b"", value),
    "TRIM": lambda value: value.strip(_SPACES),
    "TRIM_LEFT": lambda value: value.lstrip(_SPACES),
    "TRIM_RIGHT": lambda value: value.rstrip(_SPACES),
    "REMOVE_COMMENTS_CHAR": lambda value: _COMMENT_MARK.sub(b"", value),
    "UPPERCASE": lambda value: value.translate(_UPPER),
    "CMD_LINE_WIN": _cmd_line_win,
    "CMD_LINE_UNIX": _cmd_line_unix,
    "JS_DECODE_EXT": _where(b"\\", decodings.js_decode_ext),
    "SHA256": lambda value: hashlib.sha256(value).digest(),
}


class Transformations:
    """The transformations of one statement, in the order of their priorities."""

    __slots__ = ("_steps", "names")

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        self._steps = tuple(TRANSFORMATIONS[name] for name in names if name != "NONE")

    @property
    def count(self) -> int:
        """How many there are, NONE left out."""
        return len(self._steps)

    def apply(self, value: bytes) -> bytes:
        """Return a value after all of them."""
        for step in self._steps:
            value = step(value)
        return value


def read_transformations(element: Element) -> Transformations:
    """Read `TextTransformations` of a statement.

    Raises:
        InvalidWafDocument: none, too many, an unknown one, or two of the same priority.
    """
    named: dict[int, str] = {}
    for one in element.elements("TextTransformations", most=TRANSFORMATIONS_MAX):
        one.known("Priority", "Type")
        priority = one.integer("Priority", 0, 2**31 - 1)
        if priority in named:
            raise InvalidWafDocument(f"`{one.path}.Priority` is that of another transformation")
        named[priority] = one.word("Type", TRANSFORMATIONS)
    return Transformations(tuple(named[priority] for priority in sorted(named)))
