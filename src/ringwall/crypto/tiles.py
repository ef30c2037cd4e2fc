"""A Merkle tree as tiles: static pieces of 256 hashes from which anybody computes any proof.

Tile (level, index) holds the hashes of 256 neighbouring complete subtrees of 256**level leaves each. The last tile of a level may be
partial; the tiles of a smaller tree are prefixes of the tiles of a larger one. Entries are served in bundles of 256, each behind its length
in two bytes.

Source: C2SP tlog-tiles; RFC 6962 s.2.1.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Protocol

import msgspec

from ringwall.crypto.merkle import HASH_BYTES, leaf_hash, node_hash
from ringwall.errors import IntegrityError, InvalidRequest, LimitExceeded

WIDTH: Final = 256
TILE_BYTES: Final = WIDTH * HASH_BYTES
ENTRY_BYTES: Final = 65_535
MAX_SIZE: Final = 2**63 - 1
CHECKPOINT_PATH: Final = "checkpoint"
HEIGHT: Final = 8
_LEVELS: Final = 64
_PATH: Final = re.compile(r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII)


class TilePath(msgspec.Struct, frozen=True):
    """Which piece: a tile, or a bundle of entries (level None), and how many hashes or entries of it (1 to 256)."""

    level: int | None
    index: int
    width: int = WIDTH

    def __str__(self) -> str:
        kind = "entries" if self.level is None else str(self.level)
        return f"tile/{kind}/{_digits(self.index)}" + ("" if self.width == WIDTH else f".p/{self.width}")


class TileReader(Protocol):
    """Reads the pieces of a log by path, from wherever they are."""

    def read(self, path: str) -> bytes:
        """Return a piece.

        Raises:
            NotFound: there is none.
        """
        ...


class Subtree(msgspec.Struct, frozen=True):
    """A complete subtree of 2**height leaves; `index` counts those of its height from the left."""

    height: int
    index: int


Plan = tuple[tuple[Subtree, ...], ...]
"""A proof before its hashes are known: each of its hashes is made of these complete subtrees, left to right."""


def tile_path(level: int, index: int, width: int = WIDTH) -> str:
    """Return the path of a tile."""
    return str(TilePath(level, index, width))


def entries_path(index: int, width: int = WIDTH) -> str:
    """Return the path of a bundle of entries."""
    return str(TilePath(None, index, width))


def parse_tile_path(path: str) -> TilePath:
    """Read a path in its one form.

    Raises:
        InvalidRequest: not the path of a tile or a bundle.
    """
    match = _PATH.fullmatch(path) if len(path) < 64 else None
    if match is not None:
        level = None if match[1] == "entries" else int(match[1])
        found = TilePath(level, int(match[2].replace("x", "").replace("/", "")), int(match[3] or WIDTH))
        if str(found) == path and (level is None or level < _LEVELS) and not (match[3] and found.width >= WIDTH):
            return found
    raise InvalidRequest("the path is not `checkpoint`, `tile/LEVEL/INDEX` or `tile/entries/INDEX` of a log")


def tile_width(level: int, index: int, size: int) -> int:
    """Return how many hashes a tile has in a tree of this size; 0 if there is no such tile."""
    return max(0, min(WIDTH, (size >> HEIGHT * level) - index * WIDTH))


# -- bundles --


def bundle(entries: Iterable[bytes]) -> bytes:
    """Return entries as a bundle, each behind its length.

    Raises:
        LimitExceeded: an entry longer than 65,535 bytes.
    """
    parts: list[bytes] = []
    for entry in entries:
        if len(entry) > ENTRY_BYTES:
            raise LimitExceeded("an entry of a log is longer than 65,535 bytes", size=len(entry))
        parts += (len(entry).to_bytes(2, "big"), entry)
    return b"".join(parts)


def read_bundle(data: bytes) -> list[bytes]:
    """Return the entries of a bundle.

    Raises:
        IntegrityError: cut off, or more than 256 of them.
    """
    entries: list[bytes] = []
    position = 0
    while position < len(data):
        start = position + 2
        position = start + int.from_bytes(data[position:start], "big")
        entries.append(data[start:position])
    if position != len(data) or len(entries) > WIDTH:
        raise IntegrityError("the bundle of entries is cut off, or holds more than 256")
    return entries


# -- proofs --


def inclusion_plan(index: int, size: int) -> Plan:
    """Return what an inclusion proof is made of, nearest first.

    Raises:
        InvalidRequest: there is no such leaf.
    """
    if not 0 <= index < size <= MAX_SIZE:
        raise InvalidRequest(f"a tree of {size} leaves has no leaf {index}", index=index, size=size)
    plan: list[tuple[Subtree, ...]] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            plan.append(tuple(_cover(middle, high)))
            high = middle
        else:
            plan.append(tuple(_cover(low, middle)))
            low = middle
    plan.reverse()
    return tuple(plan)


def consistency_plan(old_size: int, size: int) -> Plan:
    """Return what a consistency proof is made of.

    Raises:
        InvalidRequest: the old tree is empty or larger than the new one.
    """
    if not 0 < old_size <= size <= MAX_SIZE:
        raise InvalidRequest(f"a tree of {size} leaves did not grow from one of {old_size}", old_size=old_size, size=size)
    plan: list[tuple[Subtree, ...]] = []
    low, high = 0, size
    whole = True  # the old tree's part of [low, high) begins at the old tree's own root
    while high != old_size:
        middle = low + _split(high - low)
        if old_size <= middle:
            plan.append(tuple(_cover(middle, high)))
            high = middle
        else:
            plan.append(tuple(_cover(low, middle)))
            low, whole = middle, False
    if not whole:
        plan.append(tuple(_cover(low, high)))
    plan.reverse()
    return tuple(plan)


def root_plan(size: int) -> Plan:
    """Return what the root of a tree that is not empty is made of."""
    return (tuple(_cover(0, size)),)


def tiles_of(plan: Plan, size: int) -> list[TilePath]:
    """Return the tiles, each once, that a plan needs in a tree of this size."""
    needed: dict[tuple[int, int], TilePath] = {}
    for subtrees in plan:
        for subtree in subtrees:
            level, index, _, _ = _place(subtree)
            needed.setdefault((level, index), TilePath(level, index, tile_width(level, index, size)))
    return list(needed.values())


def carry_out(plan: Plan, tiles: Mapping[tuple[int, int], bytes]) -> list[bytes]:
    """Compute the hashes of a plan from tiles by (level, index); a tile may be wider than needed.

    Raises:
        IntegrityError: a tile is missing or too short.
    """
    return [fold([hash_of(subtree, tiles) for subtree in subtrees]) for subtrees in plan]


def inclusion(reader: TileReader, index: int, size: int) -> list[bytes]:
    """Compute the inclusion proof of a leaf from tiles; verify it against a checkpoint before using it.

    Raises:
        InvalidRequest: there is no such leaf.
        IntegrityError: a tile has the wrong length.

    Cost: at most two tiles per 8 levels.
    """
    return _from_reader(reader, inclusion_plan(index, size), size)


def consistency(reader: TileReader, old_size: int, size: int) -> list[bytes]:
    """Compute the proof that one tree grew to another from tiles.

    Raises:
        InvalidRequest: the old tree is empty or larger than the new one.
        IntegrityError: a tile has the wrong length.
    """
    return _from_reader(reader, consistency_plan(old_size, size), size)


def tree_root(reader: TileReader, size: int) -> bytes:
    """Compute the root from the tiles of the right edge."""
    return _from_reader(reader, root_plan(size), size)[0] if size else hashlib.sha256(b"").digest()


def _from_reader(reader: TileReader, plan: Plan, size: int) -> list[bytes]:
    tiles: dict[tuple[int, int], bytes] = {}
    for path in tiles_of(plan, size):
        data = reader.read(str(path))
        if len(data) != path.width * HASH_BYTES or path.level is None:
            raise IntegrityError(f"`{path}` has not {path.width} hashes")
        tiles[path.level, path.index] = data
    return carry_out(plan, tiles)


def check_bundle(entries: Sequence[bytes], tile: bytes, first: int) -> None:
    """Check entries against the hashes of a level-0 tile.

    Raises:
        IntegrityError: the first entry, by its index in the log, that is not what the tile was made of.
    """
    for position, entry in enumerate(entries):
        if leaf_hash(entry) != tile[position * HASH_BYTES : (position + 1) * HASH_BYTES]:
            raise IntegrityError(f"entry {first + position} is not the one that its tile was made of", index=first + position)


def whole_tile_hash(tile: bytes) -> bytes:
    """Return the hash that stands for a whole tile in the tile above it.

    Raises:
        IntegrityError: the tile is not whole.
    """
    if len(tile) != TILE_BYTES:
        raise IntegrityError(f"a whole tile has {WIDTH} hashes")
    return subtree_hash(tile)


# -- inside --


def _digits(index: int) -> str:
    groups = [f"{index % 1000:03d}"]
    while index := index // 1000:
        groups.append(f"x{index % 1000:03d}")
    return "/".join(reversed(groups))


def _split(size: int) -> int:
    """Return the largest power of two below `size` (> 1)."""
    return 1 << (size - 1).bit_length() - 1


def _cover(low: int, high: int) -> Iterator[Subtree]:
    """Cut [low, high) into the largest complete subtrees; `low` is where one as large as the whole range could begin."""
    while low < high:
        height = (high - low).bit_length() - 1
        yield Subtree(height, low >> height)
        low += 1 << height


def _place(subtree: Subtree) -> tuple[int, int, int, int]:
    """Return the level and index of the tile a subtree is in, and the position and number of its hashes there."""
    level, inside = divmod(subtree.height, HEIGHT)
    index, position = divmod(subtree.index << inside, WIDTH)
    return level, index, position, 1 << inside


def hash_of(subtree: Subtree, tiles: Mapping[tuple[int, int], bytes]) -> bytes:
    """Return the hash of a complete subtree from its tile; in a log that only grows it is the same for ever.

    Raises:
        IntegrityError: the tile is missing or too short.
    """
    level, index, position, count = _place(subtree)
    hashes = tiles.get((level, index), b"")[position * HASH_BYTES : (position + count) * HASH_BYTES]
    if len(hashes) != count * HASH_BYTES:
        raise IntegrityError(f"`{tile_path(level, index)}` is missing or too short")
    return subtree_hash(hashes)


def fold(hashes: Sequence[bytes]) -> bytes:
    """Return the hash over neighbouring complete subtrees, largest first, as RFC 6962 joins them."""
    *larger, root = hashes
    for subtree in reversed(larger):
        root = node_hash(subtree, root)
    return root


def subtree_hash(hashes: bytes) -> bytes:
    """Hash a power of two of hashes to one."""
    sha256 = hashlib.sha256
    while len(hashes) > HASH_BYTES:
        hashes = b"".join([sha256(b"\x01" + hashes[at : at + 64]).digest() for at in range(0, len(hashes), 64)])
    return hashes
