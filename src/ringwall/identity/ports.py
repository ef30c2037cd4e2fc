"""What identity needs from the room below that keeps keys."""

from __future__ import annotations

from typing import Protocol


class Sealer(Protocol):
    """Authenticated encryption under a key that identity never sees."""

    def seal(self, plaintext: bytes, *, context: str) -> bytes:
        """Encrypt; `context` is authenticated and must be the same when opening."""
        ...

    def open(self, sealed: bytes, *, context: str) -> bytes:
        """Decrypt. Raises a `RingwallError` for anything that was not sealed here with this context."""
        ...
