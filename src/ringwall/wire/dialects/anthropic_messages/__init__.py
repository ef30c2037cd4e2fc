"""Anthropic messages: `POST /v1/messages`.

Source: Anthropic API reference, "Messages" and "Streaming messages", version 2023-06-01.
"""

from ringwall.wire.dialects.anthropic_messages.dialect import AnthropicMessages

__all__ = ["AnthropicMessages"]
