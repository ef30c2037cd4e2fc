"""A policy document as JSON: bounded in length and depth, no key twice, every number as it was written."""

from __future__ import annotations

import json
import re
from typing import Any

from ringwall.policies.errors import MalformedPolicyDocument

MAX_CHARS = 131_072  # the longest document that the IAM model lets through at all
MAX_DEPTH = 16  # Statement > Condition > operator > key > values is 6
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\Z|\\\Z)|[{\[]|[}\]]', re.DOTALL)  # a string is eaten whole, an open one to the end: linear


class Number(str):
    """A JSON number as it was written, so that no digit is lost and a string stays distinguishable."""

    __slots__ = ()


def size_of(document: str | bytes) -> int:
    """Return the characters besides white space, which is what quotas count."""
    text = document if isinstance(document, str) else document.decode()
    return sum(map(len, text.split()))


def load_json(document: str | bytes) -> dict[str, Any]:
    """Return the object that a document is, its numbers as `Number`.

    Raises:
        MalformedPolicyDocument: it is no JSON object in UTF-8, is too long or nested too deeply, or has a key twice.
    """
    if len(document) > MAX_CHARS:
        raise MalformedPolicyDocument(f"The policy is longer than {MAX_CHARS} characters")
    try:
        text = document if isinstance(document, str) else document.decode()
        _check_depth(text)
        body = json.loads(text, object_pairs_hook=_object, parse_int=Number, parse_float=Number, parse_constant=_no_constant)
        if "\\u" in text or not text.isascii():
            json.dumps(body, ensure_ascii=False).encode()  # refuses lone surrogates, which nothing further on could print
    except (ValueError, RecursionError) as error:
        raise MalformedPolicyDocument("Syntax errors in policy: it is not JSON in UTF-8") from error
    if not isinstance(body, dict):
        raise MalformedPolicyDocument("Syntax errors in policy: it is not a JSON object")
    return body


def _check_depth(text: str) -> None:
    depth = 0
    for token in _BRACKETS.finditer(text):
        if token.group() in "{[":
            depth += 1
            if depth > MAX_DEPTH:
                raise MalformedPolicyDocument(f"The policy nests deeper than {MAX_DEPTH} levels")
        elif token.group() in "}]":
            depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    body = dict(pairs)
    if len(body) != len(pairs):
        raise MalformedPolicyDocument("Syntax errors in policy: a key appears twice in one object")
    return body


def _no_constant(text: str) -> None:
    raise MalformedPolicyDocument(f"Syntax errors in policy: {text} is not JSON")
