"""What the guardrail service takes as an argument beside storage."""

from __future__ import annotations

from typing import Protocol


class Digester(Protocol):
    """Keyed digests under a key of the account's own (`ringwall.keys.Keys` is one)."""

    def digest(self, account_id: str, data: bytes) -> str:
        """Return a keyed digest of the bytes that nobody without the account's key can compute."""
        ...
