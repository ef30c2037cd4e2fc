"""ApplyGuardrail's content member: what is judged becomes blocks, what ringwall does not judge is refused, never passed by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from ringwall.guardrails import Block, ContentRefused
from ringwall.guardrails.assessment import OutputScope
from ringwall.guardrails.policy import Source, TextOrigin


def read_source(source: object) -> Source:
    """Return which way the content goes.

    Raises:
        ContentRefused: neither INPUT nor OUTPUT.
    """
    if source == "INPUT":
        return "INPUT"
    if source == "OUTPUT":
        return "OUTPUT"
    raise ContentRefused("`source` must be INPUT or OUTPUT")


def read_scope(scope: object) -> OutputScope:
    """Return how much the answer lists; INTERVENTIONS where nothing is said.

    Raises:
        ContentRefused: neither INTERVENTIONS nor FULL.
    """
    if scope is None or scope == "INTERVENTIONS":
        return "INTERVENTIONS"
    if scope == "FULL":
        return "FULL"
    raise ContentRefused("`outputScope` must be INTERVENTIONS or FULL")


def read_blocks(content: Sequence[Any], source: Source = "INPUT") -> list[Block]:
    """Read content blocks.

    Raises:
        ContentRefused: an image, an unknown kind of block, or a malformed text.
    """
    if not isinstance(content, list | tuple):
        raise ContentRefused("`content` must be a list of blocks")
    return [_block(index, block, source) for index, block in enumerate(content)]


def _block(index: int, block: Any, source: Source) -> Block:
    if not isinstance(block, dict):
        raise ContentRefused(f"content[{index}] must be an object with the member `text`")
    kinds = [kind for kind, value in block.items() if value is not None]
    if "image" in kinds:
        raise ContentRefused(f"content[{index}] is an image: ringwall does not judge images", remedy="send text only")
    if kinds != ["text"] or not isinstance(block["text"], dict):
        raise ContentRefused(f"content[{index}] must have exactly the member `text`")
    text = block["text"]
    if not isinstance(text.get("text"), str):
        raise ContentRefused(f"content[{index}].text.text must be a string")
    qualifiers = text.get("qualifiers") or ()
    if not isinstance(qualifiers, list | tuple) or not all(isinstance(each, str) for each in qualifiers):
        raise ContentRefused(f"content[{index}].text.qualifiers must be a list of strings")
    if not text.keys() <= {"text", "qualifiers", "origin"}:
        raise ContentRefused(f"content[{index}].text has an unknown member")
    return Block(text["text"], frozenset(qualifiers), _origin(index, source, text.get("origin")))


def _origin(index: int, source: Source, origin: object) -> TextOrigin | Literal[""]:
    """Return where a text comes from; ringwall's own member, which no AWS shape has."""
    if origin is None:
        return ""
    if source == "OUTPUT":
        raise ContentRefused(f"content[{index}].text.origin: an answer is the model's own words", remedy="leave `origin` out")
    if origin == "TOOL_RESULT":
        return "TOOL_RESULT"
    if origin == "DOCUMENT":
        return "DOCUMENT"
    raise ContentRefused(f"content[{index}].text.origin must be TOOL_RESULT or DOCUMENT")
