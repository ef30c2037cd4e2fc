"""Salts of rows: 16 bytes for each, from one key that stays with the data.

Row i's salt is block i of the AES-256-CTR keystream, so a salt that is shown with its row tells nothing about another, and who destroys the
key has made every commitment to a row that was not shown into noise.
"""

from __future__ import annotations

import os
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from ringwall.errors import InvalidRequest

SALT_BYTES: Final = 16
KEY_BYTES: Final = 32


class SaltKey:
    """The key of one data set's row salts. Keep it where the data are."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise InvalidRequest(f"a salt key has {KEY_BYTES} bytes")
        self._key = key

    @classmethod
    def generate(cls) -> SaltKey:
        """Make a key from the operating system's random source."""
        return cls(os.urandom(KEY_BYTES))

    @classmethod
    def from_hex(cls, text: str) -> SaltKey:
        """Read a key that `hex` wrote.

        Raises:
            InvalidRequest: not 64 hexadecimal digits.
        """
        try:
            return cls(bytes.fromhex(text.strip()))
        except ValueError as error:
            raise InvalidRequest("a salt key is written as 64 hexadecimal digits") from error

    def hex(self) -> str:
        """Write the key down."""
        return self._key.hex()

    def salts(self, start: int, count: int) -> bytes:
        """Return the salts of `count` rows from row `start` on, 16 bytes each."""
        counter = start.to_bytes(SALT_BYTES, "big")
        return Cipher(algorithms.AES(self._key), modes.CTR(counter)).encryptor().update(bytes(SALT_BYTES * count))
