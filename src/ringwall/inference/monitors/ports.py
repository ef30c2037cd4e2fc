"""What stored monitors need from other rooms."""

from __future__ import annotations

from typing import Protocol


class Sealer(Protocol):
    """Encrypts what is stored: snapshots tell vectors roughly, calibrations hold a salt and a private set."""

    def seal(self, plaintext: bytes, *, context: str) -> bytes:
        """Encrypt and authenticate up to 1 MiB for one context."""
        ...

    def open(self, sealed: bytes, *, context: str) -> bytes:
        """Return what was sealed for this context; IntegrityError if it was not."""
        ...
