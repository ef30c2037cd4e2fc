"""Frozen shards: the oldest entries of a log as static files, in the layout of tlog-tiles, out of the database.

A log is frozen in whole shards of 65,536 entries (256 level-0 tiles and bundles). Freezing writes the files, reads them back, checks every
entry against its tile and every tile against the tree, and only then removes the entries and their level-0 tiles from the database. The
tree, its origin, its indexes and every proof stay as they were (C2SP tlog-tiles, pruning): one tree, of which the old leaves lie elsewhere.

The erasable halves are not frozen: they end with the shard's time in the database.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ringwall.crypto import equal, leaf_hashes
from ringwall.crypto.tiles import TILE_BYTES, WIDTH, TilePath, bundle, check_bundle, entries_path, read_bundle, tile_path, whole_tile_hash
from ringwall.errors import DependencyError, IntegrityError
from ringwall.storage.private_folder import write_flushed

SHARD_ENTRIES: Final = WIDTH * WIDTH
_FILE_BYTES: Final = WIDTH * (2 + 65_535)


def shard_folder(directory: Path, log: str) -> Path:
    """Return where the shards of a log lie in the ledger's directory."""
    return directory / log / "shards"


class Shards:
    """The frozen part of one log, in a directory that any file server can serve; None: this house freezes nothing."""

    def __init__(self, directory: Path | None) -> None:
        self.directory = directory

    async def tile(self, index: int) -> bytes | None:
        """Return a frozen level-0 tile; None if there is none."""
        return await self._read(tile_path(0, index))

    async def entries(self, asked: TilePath) -> Sequence[bytes] | None:
        """Return the first `width` entries of a frozen bundle; None if there is none.

        Raises:
            IntegrityError: the file is damaged.
        """
        data = await self._read(entries_path(asked.index))
        if data is None:
            return None
        entries = read_bundle(data)
        if len(entries) != WIDTH:
            raise IntegrityError(f"the frozen `{entries_path(asked.index)}` is cut off", remedy="restore the shard from a copy")
        return entries[: asked.width]

    async def checked_entries(self, index: int, above: bytes) -> Sequence[bytes] | None:
        """Return a frozen bundle that hashes to what the tree says of it; None if there is none.

        Args:
            index: of the bundle.
            above: the hash that stands for its tile in the tile of level 1.

        Raises:
            IntegrityError: it is not what was sealed.
        """
        entries = await self.entries(TilePath(None, index))
        if entries is not None and not equal(await asyncio.to_thread(_hash_of_entries, entries), above):
            raise IntegrityError(f"the frozen `{entries_path(index)}` is not what was sealed", remedy="restore the shard from a copy")
        return entries

    def write(self, index: int, tile: bytes, leaves: Sequence[bytes]) -> None:
        """Freeze one tile and its entries, flushed; what is there already is replaced by the same. Blocks.

        Raises:
            IntegrityError: entries and tile do not fit each other.
            DependencyError: the directory cannot be written.
        """
        assert self.directory is not None
        if len(tile) != TILE_BYTES or len(leaves) != WIDTH:
            raise IntegrityError("only whole tiles are frozen", index=index)
        check_bundle(leaves, tile, index * WIDTH)
        for path, data in ((tile_path(0, index), tile), (entries_path(index), bundle(leaves))):
            write_flushed(self.directory / path, data)
            if (self.directory / path).read_bytes() != data:
                raise IntegrityError(f"the frozen `{path}` does not read back as it was written", remedy="check the disk")

    async def _read(self, path: str) -> bytes | None:
        if self.directory is None:
            return None
        return await asyncio.to_thread(_read_file, self.directory / path)


def _hash_of_entries(entries: Sequence[bytes]) -> bytes:
    return whole_tile_hash(b"".join(leaf_hashes(entries)))


def _read_file(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            return file.read(_FILE_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DependencyError(f"`{path}` cannot be read: {error.strerror}", remedy="correct its permissions") from None
