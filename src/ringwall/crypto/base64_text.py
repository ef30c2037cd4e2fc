"""Base 64 that has one text per value: what is decoded encodes back to the same text, or is refused."""

from __future__ import annotations

import base64
import binascii

from ringwall.errors import IntegrityError


def encode_base64(data: bytes) -> str:
    """Write bytes in the standard alphabet, padded (RFC 4648 s.4)."""
    return base64.b64encode(data).decode("ascii")


def decode_base64(text: str, what: str) -> bytes:
    """Read the standard alphabet, padded; `what` names the value in the refusal.

    Raises:
        IntegrityError: another alphabet, no padding, white space, or bits that no encoder sets.
    """
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise IntegrityError(f"the {what} is not base 64") from None
    if encode_base64(decoded) != text:
        raise IntegrityError(f"the {what} is not canonical base 64")
    return decoded
