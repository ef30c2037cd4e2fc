"""Code in what a model calls tools with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ringwall.guardrails.code.block import CodeBlock, whole
from ringwall.guardrails.code.languages import ALIASES, language_by_signs
from ringwall.wire.strict_json import decode_json

_DEPTH = 64
_TELLING = ("language", "lang")
_SHELL_ARGUMENT = "command"


def code_in_call(tool: str, arguments: str, patterns: Sequence[str]) -> tuple[CodeBlock, ...]:
    """Return the code in a tool's call, a block for each string.

    Args:
        tool: its name.
        arguments: JSON text; empty is no arguments.
        patterns: `TOOL.ARGUMENT[=LANGUAGE]`, as a policy has them. A member of such a name counts at any depth, with every string below it.

    The language is the pattern's, else that of a member `language` or `lang` beside the argument, the tool's name where it is a language's
    own, shell for `command`, or what signs tell.

    Raises:
        MalformedRequest, LimitExceeded: the arguments are no JSON, or too much of it: nobody knows what is in them.
    """
    wanted: dict[str, str] = {}
    for pattern in patterns:
        target, _, language = pattern.partition("=")
        named, _, argument = target.partition(".")
        if named in {"*", tool}:
            name = argument.lower()
            wanted[name] = wanted.get(name) or ALIASES.get(language.lower(), "")
    if not wanted or not arguments.strip():
        return ()
    value = decode_json(arguments.encode("utf-8", "surrogatepass"), _DEPTH)
    return tuple(whole(text, claimed or _language(tool, name, beside, text)) for name, claimed, beside, text in _strings(value, wanted))


def _strings(value: Any, wanted: dict[str, str]) -> Iterator[tuple[str, str, dict[str, Any], str]]:
    if isinstance(value, dict):
        for name, member in value.items():
            if name.lower() in wanted:
                yield from ((name.lower(), wanted[name.lower()], value, text) for text in _below(member) if text.strip())
            else:
                yield from _strings(member, wanted)
    elif isinstance(value, list):
        for member in value:
            yield from _strings(member, wanted)


def _below(member: Any) -> Iterator[str]:
    """Yield every string of a member: files by their names, lines in lists of lists."""
    if isinstance(member, str):
        yield member
    elif isinstance(member, dict | list):
        for inner in member.values() if isinstance(member, dict) else member:
            yield from _below(inner)


def _language(tool: str, argument: str, beside: dict[str, Any], text: str) -> str:
    for word in (*(beside.get(name) for name in _TELLING), tool):
        if isinstance(word, str) and word.lower() in ALIASES:
            return ALIASES[word.lower()]
    return language_by_signs(text) or ("bash" if argument == _SHELL_ARGUMENT else "")
