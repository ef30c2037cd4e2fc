"""What an answer cost: what the upstream said, or an estimate that says that it is one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from ringwall.wire.dialects.model import Ask, BlockDelta, BlockStart, Event, Part, Reasoning, Text, ToolResult, ToolUse, Usage

TOKEN_BYTES = 4
"""UTF-8 bytes to a token: English text has about four characters to one, other scripts about as many bytes (Source: OpenAI, "What are
tokens and how to count them"). An estimate for budgets, no bill."""

_MESSAGE_TOKENS = 4  # what a message costs besides its words


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens of one request. `estimated`: the upstream has not said, or not yet."""

    input_tokens: int
    output_tokens: int
    estimated: bool


@dataclass(slots=True)
class Tally:
    """Counts one answer while it comes. `sent`: the upstream may have begun to think, so that the question costs something."""

    ask: Ask
    sent: bool = False
    said: Usage | None = None
    _input_said: int = 0
    _output_bytes: int = 0

    def note(self, event: Event) -> None:
        """Count an event."""
        if isinstance(event, BlockDelta):
            self._output_bytes += _size(event.text) + len(event.opaque)
        elif isinstance(event, BlockStart):
            self._output_bytes += _size(event.name)
        elif isinstance(event, Usage):
            self.said = event

    def input_is(self, tokens: int) -> None:
        """Take what the upstream has said of the question by now; an estimate will not be below it."""
        self._input_said = max(self._input_said, tokens)

    @property
    def counted(self) -> Counted:
        """What is known by now."""
        if self.said is not None:
            return Counted(input_tokens=self.said.input_tokens, output_tokens=self.said.output_tokens, estimated=False)
        if not self.sent:
            return Counted(input_tokens=0, output_tokens=0, estimated=False)
        known = max(self._input_said, estimated_input(self.ask))
        return Counted(input_tokens=known, output_tokens=-(-self._output_bytes // TOKEN_BYTES), estimated=True)


def estimated_input(ask: Ask) -> int:
    """Estimate a question's tokens. What has no text (images, documents in bytes) is not counted."""
    size = sum(_size_of(part) for part in ask.system) + sum(_size_of(part) for turn in ask.turns for part in turn.parts)
    size += sum(_size(tool.name) + _size(tool.description) + len(msgspec.json.encode(tool.schema)) for tool in ask.tools)
    messages = len(ask.turns) + bool(ask.system)
    return -(-size // TOKEN_BYTES) + _MESSAGE_TOKENS * messages


def _size_of(part: Part) -> int:
    if isinstance(part, Text | Reasoning):
        return _size(part.text)
    if isinstance(part, ToolUse):
        return _size(part.name) + _size(part.arguments)
    return _sum(part.content) if isinstance(part, ToolResult) else 0


def _sum(parts: Iterable[Part]) -> int:
    return sum(_size_of(part) for part in parts)


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
