"""Folders and files of a data directory, for their owner alone."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from ringwall.errors import DependencyError


def make_private(folder: Path) -> None:
    """Make a folder, and whichever of the folders above it are missing, readable by nobody else (`Path.mkdir` gives its mode to the last).

    Raises:
        OSError: it cannot be made; FileExistsError where a file stands in its place.
    """
    for above in reversed(folder.parents):
        if not above.exists():
            above.mkdir(mode=0o700, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)


def write_flushed(path: Path, data: bytes) -> None:
    """Write a file that only its owner can read, whole or not at all, and flushed; the folders above it are made. Blocks.

    Raises:
        DependencyError: it cannot be written.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        make_private(path.parent)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise DependencyError(f"`{path}` cannot be written: {error.strerror}", remedy="free space, or correct permissions") from None
