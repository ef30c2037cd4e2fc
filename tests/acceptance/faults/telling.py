"""A model that tells what no client may hear, line by line, and breaks off when it is told to."""

from __future__ import annotations

from tests.acceptance.chat_upstream import Said

PACE_S = 0.004
"""Between two pieces of a stream: slow enough to be cut in the middle."""
PIECE = 9


def told(lines: int) -> str:
    """What the upstream says."""
    return "".join(f"Number {at} is at ada{at}@example.com today.\n" for at in range(lines))


def guarded(lines: int) -> str:
    """The same as a guardrail that masks addresses lets it go."""
    return "".join(f"Number {at} is at {{EMAIL}} today.\n" for at in range(lines))


def tell(asked: str) -> Said:
    """Answer `LINES`, or `LINES break PIECES`, after which the connection ends in the middle."""
    words = asked.split()
    return Said(told(int(words[0])), breaks=int(words[2]) if len(words) > 2 else None)
