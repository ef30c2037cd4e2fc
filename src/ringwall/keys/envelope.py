"""Authenticated encryption under one key that lives in memory: what data keys and record keys are used through."""

from __future__ import annotations

import secrets
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ringwall.errors import Bug, IntegrityError

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_ENCODER = msgspec.json.Encoder()


class DataCipher:
    """AES-256-GCM under one data key. Neither `repr` nor pickling shows the key.

    Source: NIST SP 800-38D; with random nonces at most 2**32 seals under one key.
    """

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise Bug("a data key has 32 bytes")
        self._cipher = AESGCM(key)

    def __repr__(self) -> str:
        return "DataCipher()"

    def __reduce__(self) -> str:
        raise TypeError("data keys are not serialised")

    def seal(self, plaintext: bytes, context: tuple[str, ...]) -> bytes:
        """Encrypt for one context; returns nonce (12 bytes), ciphertext, tag (16 bytes). Another context does not open it."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plaintext, _ENCODER.encode(context))

    def open(self, sealed: bytes, context: tuple[str, ...]) -> bytes:
        """Decrypt what was sealed for this context.

        Raises:
            IntegrityError: altered, or sealed with another key or for another context.
        """
        if len(sealed) < _NONCE_BYTES + _TAG_BYTES:
            raise IntegrityError("the sealed value is too short to be one")
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _ENCODER.encode(context))
        except InvalidTag:
            raise IntegrityError("the sealed value was altered or belongs elsewhere", remedy="restore a backup") from None


def new_key() -> bytes:
    """Draw a fresh key."""
    return secrets.token_bytes(KEY_BYTES)
