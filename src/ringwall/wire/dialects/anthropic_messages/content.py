"""Anthropic messages: the blocks of a message, read."""

from __future__ import annotations

from typing import Any

from ringwall.wire.dialects.gather import Gather, as_text, silent
from ringwall.wire.dialects.members import REQUEST
from ringwall.wire.dialects.model import Part, Path, Reasoning, Role, Text, ToolResult, ToolUse, Unjudged


class Content:
    """Reads the contents of messages."""

    def __init__(self, gather: Gather) -> None:
        self._gather = gather

    def read(self, value: Any, path: Path, role: Role) -> tuple[Part, ...]:
        """Read one content: a text, or a list of blocks."""
        if type(value) is str:
            return (Text(value, role, frozenset(), path),)
        parts: list[Part] = []
        blocks = REQUEST.list(value, path)
        self._gather.count(len(blocks), path)
        for number, block in enumerate(blocks):
            at = (*path, number)
            parts += self._block(REQUEST.object(block, at), at, role)
        return tuple(parts)

    def _block(self, block: dict[str, Any], path: Path, role: Role) -> list[Part]:
        kind = REQUEST.text(block.get("type"), (*path, "type"))
        if kind == "text":
            return [self._gather.text_block(block, path, role)]
        if kind == "tool_use":
            return [self._tool_use(block, path)]
        if kind == "tool_result":
            return [self._tool_result(block, path)]
        if kind in {"thinking", "redacted_thinking"}:
            return [self._thinking(block, path, sealed=kind == "redacted_thinking")]
        return [*self._document_or_unjudged(block, kind, path)]

    def _document_or_unjudged(self, block: dict[str, Any], kind: str, path: Path) -> list[Text | Unjudged]:
        if kind == "document":
            return self._document(block, path)
        if kind == "search_result":
            return self._search_result(block, path)
        return [self._gather.unjudged("image" if kind == "image" else "unknown", path)]

    def _tool_use(self, block: dict[str, Any], path: Path) -> ToolUse:
        self._gather.rest(block, ("type", "id", "name", "input"), path, "assistant")
        arguments = REQUEST.object(block.get("input"), (*path, "input"))
        tool_id = REQUEST.name(block.get("id"), (*path, "id"))
        return ToolUse(tool_id, REQUEST.name(block.get("name"), (*path, "name")), as_text(arguments), (*path, "input"))

    def _thinking(self, block: dict[str, Any], path: Path, *, sealed: bool) -> Reasoning:
        if sealed:
            self._gather.rest(block, ("type", "data"), path, "assistant")
            return Reasoning("", REQUEST.opaque(block.get("data"), (*path, "data")), sealed=True, path=(*path, "data"))
        self._gather.rest(block, ("type", "thinking", "signature"), path, "assistant")
        signature = REQUEST.opaque(block.get("signature"), (*path, "signature"))
        return Reasoning(REQUEST.text(block.get("thinking"), (*path, "thinking")), signature, path=(*path, "thinking"))

    def _tool_result(self, block: dict[str, Any], path: Path) -> ToolResult:
        self._gather.rest(block, ("type", "tool_use_id", "content", "is_error"), path, "tool")
        content: list[Text | Unjudged] = []
        at = (*path, "content")
        value = block.get("content")
        if type(value) is str:
            content.append(Text(value, "tool", frozenset(), at))
        elif value is not None:
            items = REQUEST.list(value, at)
            self._gather.count(len(items), at)
            for number, item in enumerate(items):
                content += self._result_block(REQUEST.object(item, (*at, number)), (*at, number))
        failed = REQUEST.flag(block.get("is_error"), (*path, "is_error"))
        return ToolResult(REQUEST.name(block.get("tool_use_id"), (*path, "tool_use_id")), tuple(content), failed)

    def _result_block(self, block: dict[str, Any], path: Path) -> list[Text | Unjudged]:
        kind = REQUEST.text(block.get("type"), (*path, "type"))
        if kind == "text":
            return [self._gather.text_block(block, path, "tool")]
        return self._document_or_unjudged(block, kind, path)

    def _document(self, block: dict[str, Any], path: Path) -> list[Text | Unjudged]:
        """Read a document. Its title and context go to its model with it, so they are judged as it is; no other dialect says it whole."""
        self._gather.name(("messages", "content", "document"))
        self._gather.rest(block, ("type", "source", "title", "context", *silent(block, "citations")), path, "document")
        self._gather.optional(block, "title", path, "document")
        self._gather.optional(block, "context", path, "document")
        at = (*path, "source")
        source = REQUEST.object(block.get("source"), at)
        kind = REQUEST.text(source.get("type"), (*at, "type"))
        if kind == "text":
            usual = {"media_type"} if source.get("media_type") == "text/plain" else set()
            self._gather.rest(source, {"type", "data"} | usual, at, "document")
            return [Text(REQUEST.text(source.get("data"), (*at, "data")), "document", frozenset(), (*at, "data"))]
        if kind != "content":
            return [self._gather.unjudged("document", path)]
        self._gather.rest(source, ("type", "content"), at, "document")
        if type(source.get("content")) is str:
            return [Text(source["content"], "document", frozenset(), (*at, "content"))]
        found: list[Text | Unjudged] = []
        items = REQUEST.list(source.get("content"), (*at, "content"))
        self._gather.count(len(items), at)
        for number, item in enumerate(items):
            here = (*at, "content", number)
            part = REQUEST.object(item, here)
            text = part.get("type") == "text"
            found.append(self._gather.text_block(part, here, "document") if text else self._gather.unjudged("image", here))
        return found

    def _search_result(self, block: dict[str, Any], path: Path) -> list[Text | Unjudged]:
        self._gather.name(("messages", "content", "search_result"))
        self._gather.rest(block, ("type", "source", "title", "content", *silent(block, "citations")), path, "document")
        self._gather.optional(block, "source", path, "document")
        self._gather.optional(block, "title", path, "document")
        return [*self._gather.texts(block.get("content"), (*path, "content"), "document")]
