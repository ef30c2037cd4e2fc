"""The last checkpoint that this process signed, kept outside of the database: what tells a log that was rolled back from one that grew.

A database that is put back to an older state (an old backup, a copied disk) looks sound by itself. Continued, it would sign trees that
contradict what was signed before. The file beside it remembers.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from ringwall.crypto import sha256
from ringwall.crypto.notes import NOTE_BYTES
from ringwall.errors import DependencyError
from ringwall.storage.private_folder import make_private, write_flushed


class CheckpointFile:
    """One log's last checkpoint, in a file that is replaced whole."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> bytes:
        """Return the checkpoint; empty if there is none.

        Raises:
            DependencyError: the file cannot be read.
        """
        try:
            with self.path.open("rb") as file:
                return file.read(NOTE_BYTES)
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise DependencyError(f"`{self.path}` cannot be read: {error.strerror}", remedy="correct its permissions") from None

    def put_aside(self, note: bytes) -> Path:
        """Keep a checkpoint that the log as it is does not lead to, in a file of its own that is never replaced; return which.

        Raises:
            DependencyError: the file cannot be written.
        """
        path = self.path.parent / "former" / f"{sha256(note).hex()}.checkpoint"
        write_flushed(path, note)
        return path

    def write(self, note: bytes) -> None:
        """Replace the checkpoint. Not flushed: losing the newest of it makes the memory older, never wrong.

        Raises:
            DependencyError: the file cannot be written.
        """
        draft = self.path.with_name(f".{self.path.name}.{secrets.token_hex(4)}")
        try:
            make_private(self.path.parent)
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(note)
            draft.replace(self.path)
        except OSError as error:
            raise DependencyError(
                f"`{self.path}` cannot be written: {error.strerror}", remedy="free space, or correct permissions"
            ) from None
