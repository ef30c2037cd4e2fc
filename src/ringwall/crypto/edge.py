"""The right edge of a Merkle tree of tiles, where it grows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from ringwall.crypto.merkle import HASH_BYTES, node_hash
from ringwall.crypto.tiles import HEIGHT, TILE_BYTES, WIDTH, TilePath, subtree_hash, tile_path
from ringwall.errors import IntegrityError


class Edge:
    """The right edge of a tree that grows: the last tile of each level, as far as it is partial.

    Cost: about two hashes per leaf, and up to 255 per level for the root.
    """

    __slots__ = ("_partial", "size")

    def __init__(self) -> None:
        self.size = 0
        self._partial: list[bytearray] = []  # by level

    @classmethod
    def load(cls, size: int, tiles: Mapping[tuple[int, int], bytes]) -> Edge:
        """Take up a tree where it ended; `tiles` are those that `edge_tiles` names, or wider.

        Raises:
            IntegrityError: a tile is missing or too short.
        """
        edge = cls()
        edge.size = size
        for level in range(-(-size.bit_length() // HEIGHT)):
            index, width = divmod(size >> HEIGHT * level, WIDTH)
            data = tiles.get((level, index), b"")[: width * HASH_BYTES]
            if len(data) != width * HASH_BYTES:
                raise IntegrityError(f"`{tile_path(level, index, width)}` is missing or too short")
            edge._partial.append(bytearray(data))
        return edge

    def copy(self) -> Edge:
        """Return an edge that grows by itself."""
        twin = Edge()
        twin.size = self.size
        twin._partial = [bytearray(tile) for tile in self._partial]
        return twin

    def partial_tiles(self) -> dict[tuple[int, int], bytes]:
        """Return the partial tiles by (level, index)."""
        return {(level, self.size >> HEIGHT * (level + 1)): bytes(tile) for level, tile in enumerate(self._partial) if tile}

    def extend(self, leaf_hashes: Iterable[bytes]) -> dict[tuple[int, int], bytes]:
        """Add leaves; return every tile that became complete or, at the end, is partial and changed, by (level, index)."""
        changed: dict[tuple[int, int], bytes] = {}
        touched = {0}
        rest = memoryview(b"".join(leaf_hashes))
        while rest:
            room = TILE_BYTES - (self.size % WIDTH) * HASH_BYTES
            taken, rest = rest[:room], rest[room:]
            self.size += len(taken) // HASH_BYTES
            self._push(0, taken, changed, touched)
        for level in touched:
            if level < len(self._partial) and self._partial[level]:
                changed[level, self.size >> HEIGHT * (level + 1)] = bytes(self._partial[level])
        return changed

    def root(self) -> bytes:
        """Return the root over the leaves so far."""
        right: bytes | None = None
        for tile in self._partial:
            for subtree in reversed(_peaks(tile)):
                right = subtree if right is None else node_hash(subtree, right)
        return hashlib.sha256(b"").digest() if right is None else right

    def _push(self, level: int, hashes: bytes | memoryview, changed: dict[tuple[int, int], bytes], touched: set[int]) -> None:
        if level == len(self._partial):
            self._partial.append(bytearray())
        tile = self._partial[level]
        tile += hashes
        touched.add(level)
        if len(tile) == TILE_BYTES:
            whole = bytes(tile)
            changed[level, (self.size >> HEIGHT * (level + 1)) - 1] = whole
            tile.clear()
            self._push(level + 1, subtree_hash(whole), changed, touched)


def edge_tiles(size: int) -> list[TilePath]:
    """Return the partial tiles of a tree, lowest level first."""
    found: list[TilePath] = []
    for level in range(-(-size.bit_length() // HEIGHT)):
        index, width = divmod(size >> HEIGHT * level, WIDTH)
        if width:
            found.append(TilePath(level, index, width))
    return found


def _peaks(tile: bytearray) -> list[bytes]:
    """Return the hashes of the complete subtrees that a partial tile consists of, largest first."""
    peaks: list[bytes] = []
    position, rest = 0, len(tile) // HASH_BYTES
    while rest:
        count = 1 << rest.bit_length() - 1
        peaks.append(subtree_hash(bytes(tile[position : position + count * HASH_BYTES])))
        position += count * HASH_BYTES
        rest -= count
    return peaks
