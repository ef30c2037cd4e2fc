"""SHA-256, and what is made of it: HMAC, HKDF, comparison in constant time."""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from ringwall.errors import Bug

_HASH_BYTES: Final = 32


def sha256(data: bytes) -> bytes:
    """Hash data (FIPS 180-4); 32 bytes."""
    return hashlib.sha256(data).digest()


def hmac_sha256(key: bytes, data: bytes) -> bytes:
    """Authenticate data under a key (RFC 2104); 32 bytes."""
    return hmac.digest(key, data, "sha256")


class HmacKey:
    """A key that authenticates many messages (RFC 2104): what depends on the key alone is computed once."""

    __slots__ = ("_begun",)

    def __init__(self, key: bytes) -> None:
        self._begun = hmac.new(key, digestmod="sha256")

    def digest(self, data: bytes) -> bytes:
        """Authenticate data; 32 bytes."""
        message = self._begun.copy()
        message.update(data)
        return message.digest()


def hkdf_sha256(secret: bytes, *, info: bytes, salt: bytes = b"", length: int = _HASH_BYTES) -> bytes:
    """Derive a key for one purpose from a uniformly random secret.

    Args:
        secret: the input keying material.
        info: names the purpose; different `info`, independent keys.
        salt: public and random, or empty.
        length: of the key, at most 255 * 32 bytes.

    Raises:
        Bug: more bytes asked for than the function gives.

    Source: RFC 5869 s.2.
    """
    if not 0 < length <= 255 * _HASH_BYTES:
        raise Bug("a derived key is 1 to 8160 bytes long", length=length)
    extracted = hmac_sha256(salt or bytes(_HASH_BYTES), secret)
    block = b""
    derived = b""
    counter = 1
    while len(derived) < length:
        block = hmac_sha256(extracted, block + info + bytes([counter]))
        derived += block
        counter += 1
    return derived[:length]


def equal(left: bytes, right: bytes) -> bool:
    """Compare two secrets in time that depends on their lengths only."""
    return hmac.compare_digest(left, right)
