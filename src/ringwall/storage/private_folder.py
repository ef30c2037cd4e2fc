"""Folders of a data directory, for their owner alone."""

from __future__ import annotations

from pathlib import Path


def make_private(folder: Path) -> None:
    """Make a folder, and whichever of the folders above it are missing, readable by nobody else (`Path.mkdir` gives its mode to the last).

    Raises:
        OSError: it cannot be made; FileExistsError where a file stands in its place.
    """
    for above in reversed(folder.parents):
        if not above.exists():
            above.mkdir(mode=0o700, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
