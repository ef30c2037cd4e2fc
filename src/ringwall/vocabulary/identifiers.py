"""Fresh identifiers in the alphabets that AWS uses."""

from __future__ import annotations

import secrets

_LOWER = "abcdefghijklmnopqrstuvwxyz0123456789"


def new_id(length: int = 12, alphabet: str = _LOWER) -> str:
    """Draw an unguessable identifier, `length` characters of `alphabet` (guardrail ids: 12 of a-z0-9)."""
    return "".join(secrets.choice(alphabet) for _ in range(length))
