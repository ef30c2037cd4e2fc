"""How much of a conversation is read. Bodies have their own limits before they come here: bytes, depth, values."""

EVENT_BYTES = 1 << 20
"""One event of a stream: a large tool call sent at once, with room."""
MOST_PARTS = 20_000
"""Messages, and parts of messages, of one request."""
MOST_TOOLS = 1_024
MOST_STOP_SEQUENCES = 256
MOST_BLOCKS = 1_024
"""Blocks of one answer."""
JSON_DEPTH = 64
NAME_CHARS = 256
"""A tool's name or the name of a call."""
MOST_NAMES = 20
"""Members that a refusal names."""
