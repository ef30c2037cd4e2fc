"""Identifiers of requests and records: random UUIDs, made without the cost of a `uuid.UUID`."""

from __future__ import annotations

from ringwall.crypto import random_piece


def new_uuid() -> str:
    """Return a version 4 UUID in its text form (RFC 9562 section 5.4)."""
    digits = random_piece(16).hex()
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
