"""The dialects, by name."""

from __future__ import annotations

from ringwall.wire.dialects.anthropic_messages import AnthropicMessages
from ringwall.wire.dialects.converse import Converse
from ringwall.wire.dialects.dialect import ApplicationDialect, Dialect
from ringwall.wire.dialects.openai_chat import OpenAIChat
from ringwall.wire.dialects.openai_responses import OpenAIResponses

_ALL: tuple[Dialect, ...] = (OpenAIChat(), AnthropicMessages(), Converse())
DIALECTS: dict[str, Dialect] = {dialect.name: dialect for dialect in _ALL}
"""`openai_chat`, `anthropic_messages`, `converse`; none keeps anything between calls."""
_RESPONSES = OpenAIResponses()
APPLICATION_DIALECTS: dict[str, ApplicationDialect] = {**DIALECTS, _RESPONSES.name: _RESPONSES}
"""What applications ask in: those, and `openai_responses`."""
