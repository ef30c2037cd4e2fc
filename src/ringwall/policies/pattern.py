"""Wildcard patterns with policy variables: how IAM compares strings, actions and ARNs.

A pattern is a tuple of tokens: literal text, `Wild.ANY` (`*`), `Wild.ONE` (`?`) and variables. Two flavours differ in what a wildcard
may swallow:

* `text` (StringLike, actions, one component of ArnLike): every character.
* `arn` (Resource): inside a colon-separated segment a wildcard stays in its segment; a `*` that ends a segment may run on over colons.

Matching never backtracks over more than one star at a time: all stars but the last of a run are compiled to atomic groups that stop at
the leftmost place where what follows fits, which is enough because the next star absorbs the rest. So the cost is at most
O(len(pattern) * len(text)) for a hostile pattern too (tests/property/policies/test_pattern.py compares with a naive matcher).

Source: IAM User Guide, "IAM JSON policy elements: Resource", "Policy elements: Variables and tags".
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Literal

import msgspec

from ringwall.policies.errors import MalformedPolicyDocument

Context = Mapping[str, tuple[str, ...]]
"""Request context in normal form: lower-case key to its values as text."""

Flavour = Literal["text", "arn"]


class Wild(enum.Enum):
    """A wildcard."""

    ANY = "*"
    ONE = "?"


class Variable(msgspec.Struct, frozen=True):
    """`${key}` or `${key, 'default'}`; the key is lower-case."""

    key: str
    default: str | None = None


Token = str | Wild | Variable
Tokens = tuple[Token, ...]

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_VARIABLE_BODY = re.compile(r"([A-Za-z0-9][\w-]*:[\w:/@.=+-]+)(?:\s*,\s*'([^']*)')?", re.ASCII)
_ESCAPES = {"*": "*", "?": "?", "$": "$"}
_PIECES = re.compile(r"[*?]|[^*?]+")


def tokenize(text: str, *, variables: bool, wildcards: bool = True) -> Tokens:
    """Split a pattern into tokens; neighbouring stars become one.

    Args:
        text: the pattern as written.
        variables: whether `${...}` is a variable (policy version 2012-10-17) or text.
        wildcards: whether `*` and `?` are wildcards.

    Raises:
        MalformedPolicyDocument: a `${` that is no variable.
    """
    tokens: list[Token] = []
    for token in _scan(text, variables=variables, wildcards=wildcards):
        last = tokens[-1] if tokens else None
        if isinstance(token, str) and isinstance(last, str):
            tokens[-1] = last + token
        elif not (token is Wild.ANY and last is Wild.ANY):
            tokens.append(token)
    return tuple(tokens)


def _scan(text: str, *, variables: bool, wildcards: bool) -> Iterator[Token]:
    position = 0
    if variables:
        for found in _VARIABLE.finditer(text):
            yield from _plain(text[position : found.start()], wildcards=wildcards, variables=True)
            yield _variable(found.group(1))
            position = found.end()
    yield from _plain(text[position:], wildcards=wildcards, variables=variables)


def _variable(body: str) -> Token:
    if body in _ESCAPES:
        return _ESCAPES[body]
    parsed = _VARIABLE_BODY.fullmatch(body)
    if parsed is None:
        raise MalformedPolicyDocument(f"`${{{body[:100]}}}` is not a policy variable")
    return Variable(parsed.group(1).lower(), parsed.group(2))


def _plain(text: str, *, wildcards: bool, variables: bool) -> Iterator[Token]:
    if variables and "${" in text:
        raise MalformedPolicyDocument("A policy variable is not closed")
    if not wildcards:
        if text:
            yield text
        return
    for piece in _PIECES.findall(text):
        yield Wild(piece) if piece in "*?" else piece


def resolve(tokens: Tokens, context: Context) -> Tokens | None:
    """Put values in place of variables; None where one has no single value and no default."""
    resolved: list[Token] = []
    for token in tokens:
        if not isinstance(token, Variable):
            resolved.append(token)
            continue
        values = context.get(token.key)
        if values and len(values) == 1:
            resolved.append(values[0])
        elif not values and token.default is not None:
            resolved.append(token.default)
        else:
            return None
    return tuple(resolved)


def has_variables(tokens: Tokens) -> bool:
    """Say whether a pattern must be resolved before it is matched."""
    return any(isinstance(token, Variable) for token in tokens)


def literal(tokens: Tokens) -> str | None:
    """Return the text of a pattern without wildcards and variables, else None."""
    return "".join(tokens) if all(isinstance(token, str) for token in tokens) else None  # type: ignore[arg-type] # all are str


class Glob:
    """A pattern without variables, ready to match.

    prefix: the literal characters that every match starts with.
    """

    __slots__ = ("_flavour", "_needle", "_regex", "_tokens", "only_prefix", "prefix")

    def __init__(self, tokens: Tokens, flavour: Flavour) -> None:
        self._tokens = tokens
        self._flavour: Flavour = flavour
        self.prefix = tokens[0] if tokens and isinstance(tokens[0], str) else ""
        rest = tokens[1:] if self.prefix else tokens
        self.only_prefix = rest == (Wild.ANY,)
        # The longest literal behind the prefix: looking for it first spares most patterns that do not match their regular expression.
        self._needle = max((token for token in rest if isinstance(token, str)), key=len, default="")
        self._regex: re.Pattern[str] | None = None

    def matches(self, text: str) -> bool:
        """Say whether the whole of `text` matches."""
        if self.only_prefix:
            return text.startswith(self.prefix)
        if self._needle not in text:
            return False
        if self._regex is None:
            self._regex = _compile(self._tokens, self._flavour)
        return self._regex.match(text) is not None


@lru_cache(maxsize=4096)
def glob(tokens: Tokens, flavour: Flavour) -> Glob:
    """Return the glob for `tokens`, kept for the next time (variables are resolved anew for each request)."""
    return Glob(tokens, flavour)


def _compile(tokens: Tokens, flavour: Flavour) -> re.Pattern[str]:
    source = _text_source(tokens) if flavour == "text" else _arn_source(tokens)
    return re.compile(source + r"\Z", re.DOTALL)


def _chunks(tokens: Tokens, one: str) -> list[str]:
    """Regex sources of what stands between stars."""
    chunks = [""]
    for token in tokens:
        if token is Wild.ANY:
            chunks.append("")
        else:
            chunks[-1] += one if token is Wild.ONE else re.escape(str(token))
    return chunks


def _text_source(tokens: Tokens) -> str:
    first, *rest = _chunks(tokens, ".")
    if not rest:
        return first
    return first + "".join(f"(?>.*?{chunk})" for chunk in rest[:-1]) + ".*" + rest[-1]


def _arn_source(tokens: Tokens) -> str:
    """Blocks between free stars (those that end a segment); a block has a fixed number of colons, so its leftmost match ends leftmost."""
    blocks: list[str] = []
    block: list[str] = []
    for index, segment in enumerate(_segments(tokens)):
        runs_on = bool(segment) and segment[-1] is Wild.ANY
        source = _segment_source(segment[:-1] if runs_on else segment, runs_on=runs_on)
        block.append(f":{source}" if index else source)
        if runs_on:
            blocks.append("".join(block))
            block = []
    blocks.append("".join(block))
    first, *rest = blocks
    if not rest:
        return first
    return first + "".join(f"(?>.*?{middle})" for middle in rest[:-1]) + ".*" + rest[-1]


def _segment_source(tokens: Tokens, *, runs_on: bool) -> str:
    first, *rest = _chunks(tokens, "[^:]")
    if not rest:
        return first
    committed = rest if runs_on else rest[:-1]
    return first + "".join(f"(?>[^:]*?{chunk})" for chunk in committed) + ("" if runs_on else f"[^:]*{rest[-1]}")


def _segments(tokens: Tokens) -> list[Tokens]:
    segments: list[list[Token]] = [[]]
    for token in tokens:
        if not isinstance(token, str):
            segments[-1].append(token)
            continue
        for index, part in enumerate(token.split(":")):
            if index:
                segments.append([])
            if part:
                segments[-1].append(part)
    return [tuple(segment) for segment in segments]


def arn_components(tokens: Tokens) -> tuple[Tokens, ...] | None:
    """Split an ArnLike pattern at its first five colons; None if it has fewer. Colons inside a variable's value do not count."""
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if not isinstance(token, str):
            parts[-1].append(token)
            continue
        pieces = token.split(":", 6 - len(parts))
        for index, piece in enumerate(pieces):
            if index:
                parts.append([])
            if piece:
                parts[-1].append(piece)
    return tuple(tuple(part) for part in parts) if len(parts) == 6 else None
