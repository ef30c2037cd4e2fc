"""Converse: the blocks of a message, read."""

from __future__ import annotations

import base64
from typing import Any

from ringwall.wire.dialects.gather import CACHE_HINTS, Gather, as_text, check_name, is_cache_hint, silent
from ringwall.wire.dialects.members import REQUEST
from ringwall.wire.dialects.model import Origin, Part, Path, Reasoning, Role, Text, ToolResult, ToolUse, Unjudged

_QUALIFIERS = ("guard_content", "query", "grounding_source")
_FORMATS = (None, "pdf", "csv", "doc", "docx", "xls", "xlsx", "html", "txt", "md")
_UNJUDGED = ("image", "video", "audio")


class Content:
    """Reads the contents of messages and of the system prompt."""

    def __init__(self, gather: Gather) -> None:
        self._gather = gather

    def read(self, value: Any, path: Path, role: Role) -> tuple[Part, ...]:
        """Read one content: a list of blocks, each with one member."""
        parts: list[Part] = []
        blocks = REQUEST.list(value, path)
        self._gather.count(len(blocks), path)
        for number, item in enumerate(blocks):
            at = (*path, number)
            kind, inner = self._only(item, at)
            parts += self._block(kind, inner, at, role)
        return tuple(parts)

    def _only(self, value: Any, path: Path) -> tuple[str, Any]:
        """Return the one member of a union, and what it holds."""
        union = REQUEST.object(value, path)
        for name in union:
            check_name(name, path)
        said = {name: item for name, item in union.items() if item is not None}
        if len(said) != 1:
            raise REQUEST.fail(path, "must have exactly one member")
        return next(iter(said.items()))

    def _block(self, kind: str, inner: Any, path: Path, role: Role) -> list[Part]:
        at = (*path, kind)
        if kind in CACHE_HINTS:
            if not is_cache_hint(inner):
                raise REQUEST.fail(at, "must be a cache hint, which has no room for prose")
            self._gather.hint(inner, at, role)
            return []
        if kind == "citationsContent":
            return [*self._citations(REQUEST.object(inner, at), at, role)]
        one = self._one(kind, inner, at, role)
        return [*self._document_or_unjudged(kind, inner, path)] if one is None else [one]

    def _one(self, kind: str, inner: Any, path: Path, role: Role) -> Part | None:
        if kind == "text":
            return Text(REQUEST.text(inner, path), role, frozenset(), path)
        if kind == "guardContent":
            return self._guarded(inner, path, role)
        if kind == "toolUse":
            return self._tool_use(REQUEST.object(inner, path), path)
        if kind == "toolResult":
            return self._tool_result(REQUEST.object(inner, path), path)
        return self._reasoning(inner, path) if kind == "reasoningContent" else None

    def _document_or_unjudged(self, kind: str, inner: Any, path: Path) -> list[Text | Unjudged]:
        if kind == "document":
            return self._document(REQUEST.object(inner, (*path, kind)), path)
        if kind == "searchResult":
            return self._search_result(REQUEST.object(inner, (*path, kind)), (*path, kind))
        return [self._gather.unjudged(kind if kind in _UNJUDGED else "unknown", path)]

    def _guarded(self, value: Any, path: Path, role: Role) -> Text | Unjudged:
        kind, inner = self._only(value, path)
        if kind != "text":
            return self._gather.unjudged("image" if kind == "image" else "unknown", path)
        at = (*path, "text")
        block = REQUEST.object(inner, at)
        self._gather.rest(block, ("text", "qualifiers"), at, role)
        qualifiers = REQUEST.list(block.get("qualifiers") or [], (*at, "qualifiers"))
        if not all(type(one) is str and one in _QUALIFIERS for one in qualifiers):
            raise REQUEST.fail((*at, "qualifiers"), "must be of `guard_content`, `query` and `grounding_source`")
        text = REQUEST.text(block.get("text"), (*at, "text"))
        return Text(text, role, frozenset(qualifiers or ["guard_content"]), (*at, "text"))

    def _tool_use(self, block: dict[str, Any], path: Path) -> ToolUse:
        self._gather.rest(block, ("toolUseId", "name", "input"), path, "assistant")
        arguments = REQUEST.object(block.get("input"), (*path, "input"))
        tool_id = REQUEST.name(block.get("toolUseId"), (*path, "toolUseId"))
        return ToolUse(tool_id, REQUEST.name(block.get("name"), (*path, "name")), as_text(arguments), (*path, "input"))

    def _reasoning(self, value: Any, path: Path) -> Reasoning:
        kind, inner = self._only(value, path)
        at = (*path, kind)
        if kind == "redactedContent":
            return Reasoning("", opaque_of(inner, at), sealed=True, path=at)
        if kind != "reasoningText":
            raise REQUEST.fail(path, "must have `reasoningText` or `redactedContent`")
        block = REQUEST.object(inner, at)
        self._gather.rest(block, ("text", "signature"), at, "assistant")
        signature = REQUEST.opaque(block.get("signature"), (*at, "signature"))
        return Reasoning(REQUEST.text(block.get("text"), (*at, "text")), signature, path=(*at, "text"))

    def _tool_result(self, block: dict[str, Any], path: Path) -> ToolResult:
        self._gather.rest(block, ("toolUseId", "content", "status"), path, "tool")
        content: list[Text | Unjudged] = []
        items = REQUEST.list(block.get("content"), (*path, "content"))
        self._gather.count(len(items), path)
        for number, item in enumerate(items):
            at = (*path, "content", number)
            kind, inner = self._only(item, at)
            if kind == "text":
                content.append(Text(REQUEST.text(inner, (*at, kind)), "tool", frozenset(), (*at, kind)))
            elif kind == "json":
                content.append(Text(as_text(inner), "tool", frozenset(), (*at, kind)))
            else:
                content += self._document_or_unjudged(kind, inner, at)
        status = block.get("status")
        if status not in (None, "success", "error"):
            raise REQUEST.fail((*path, "status"), "must be `success` or `error`")
        return ToolResult(REQUEST.name(block.get("toolUseId"), (*path, "toolUseId")), tuple(content), status == "error")

    def _document(self, block: dict[str, Any], whole: Path) -> list[Text | Unjudged]:
        """Read a document. Its name and context go to its model with it, so they are judged as it is; no other dialect says it whole."""
        path = (*whole, "document")
        self._gather.name(("messages", "content", "document"))
        self._gather.rest(block, ("format", "name", "source", "context", *silent(block, "citations")), path, "document")
        if block.get("format") not in _FORMATS:
            raise REQUEST.fail((*path, "format"), "must be one that documents have")
        self._gather.optional(block, "name", path, "document")
        self._gather.optional(block, "context", path, "document")
        at = (*path, "source")
        kind, inner = self._only(block.get("source"), at)
        if kind == "text":
            return [Text(REQUEST.text(inner, (*at, kind)), "document", frozenset(), (*at, kind))]
        if kind == "content":
            return [*self._texts(inner, (*at, kind), "document")]
        return [self._gather.unjudged("document", whole)]

    def _search_result(self, block: dict[str, Any], path: Path) -> list[Text | Unjudged]:
        self._gather.name(("messages", "content", "searchResult"))
        self._gather.rest(block, ("source", "title", "content", *silent(block, "citations")), path, "document")
        self._gather.optional(block, "source", path, "document")
        self._gather.optional(block, "title", path, "document")
        return [*self._texts(block.get("content"), (*path, "content"), "document")]

    def _citations(self, block: dict[str, Any], path: Path, role: Role) -> list[Text]:
        self._gather.name(("messages", "content", "citationsContent"))
        self._gather.rest(block, ("content",), path, role)
        return [] if block.get("content") is None else self._texts(block["content"], (*path, "content"), role)

    def _texts(self, value: Any, path: Path, origin: Origin) -> list[Text]:
        """Read a list of `{"text": ...}`."""
        items = REQUEST.list(value, path)
        self._gather.count(len(items), path)
        found = []
        for number, item in enumerate(items):
            at = (*path, number)
            kind, inner = self._only(item, at)
            if kind != "text":
                raise REQUEST.fail(at, "must have `text`")
            found.append(Text(REQUEST.text(inner, (*at, kind)), origin, frozenset(), (*at, kind)))
        return found


def opaque_of(value: Any, path: Path) -> str:
    """Say bytes as text: base64, which is how JSON has them already."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return REQUEST.opaque(value, path)
