"""A walk over a whole log: every entry, every tile, every checkpoint that was kept, recomputed from the entries up.

What is wrong is named: the entry, the tile or the checkpoint. Of an entry and a tile that contradict each other the tree above says which
one is right.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Final

from ringwall.crypto import RootBuilder, equal, leaf_hashes
from ringwall.crypto.edge import Edge
from ringwall.crypto.tiles import WIDTH, TilePath, tile_path
from ringwall.errors import IntegrityError
from ringwall.keys import LogKeys
from ringwall.ledger.reading import Verification
from ringwall.ledger.shards import Shards
from ringwall.ledger.tree import REMEDY
from ringwall.storage import Entry, Storage, StoredCheckpoint, TreeHead

Progress = Callable[[int, int], None]
CheckEntry = Callable[[Entry], bool]
"""Looks at an entry that is in the database; raises IntegrityError, or returns whether its erasable half is there."""

_HASH_BYTES: Final = 32
_TILES_A_PAGE: Final = 256


class Walk:
    """One walk over one log."""

    def __init__(
        self, storage: Storage, keys: LogKeys, shards: Shards, check: CheckEntry | None = None, progress: Progress | None = None
    ) -> None:
        self._storage = storage
        self._trees = storage.trees
        self._log = keys.log
        self._keys = keys
        self._shards = shards
        self._check = check
        self._progress = progress
        self._builder = RootBuilder()
        self._edge = Edge()
        self._shredded = 0
        self._pages: dict[int, tuple[int, dict[int, bytes]]] = {}

    async def run(self) -> Verification:
        """Walk.

        Raises:
            IntegrityError: the first thing that is not as it was sealed, by its name.
        """
        head = await self._trees.head(self._log)
        if head.size > head.entries:
            raise IntegrityError(f"the log has {head.entries} entries, and {head.size} were sealed", remedy=REMEDY)
        checkpoints = await self._checkpoints(head)
        async for leaves in self._bundles(head):
            await self._one_bundle(leaves, head, checkpoints)
            if self._progress is not None:
                self._progress(self._builder.size, head.entries)
        if self._builder.size != head.entries:
            raise IntegrityError(f"the ledger should have {head.entries} records and has {self._builder.size}", index=self._builder.size)
        return Verification(
            entries=head.entries,
            shredded=self._shredded,
            root=self._builder.root().hex(),
            sealed=head.size,
            frozen=head.first,
            checkpoints=len(checkpoints),
        )

    async def _one_bundle(self, leaves: Sequence[bytes], head: TreeHead, checkpoints: dict[int, StoredCheckpoint]) -> None:
        first = self._builder.size
        hashes = leaf_hashes(leaves)
        sealed = hashes[: max(0, head.size - first)]
        changed = self._edge.extend(sealed)
        for (level, index), tile in sorted(changed.items()):
            await self._compare_tile(level, index, tile, head)
        for leaf in hashes:
            self._builder.add(leaf)
            kept = checkpoints.get(self._builder.size)
            if kept is not None and not equal(self._builder.root(), self._keys.open(kept.note).root):
                raise IntegrityError(f"the checkpoint of {kept.size} entries has another root than the entries", remedy=REMEDY)

    async def _compare_tile(self, level: int, index: int, tile: bytes, head: TreeHead) -> None:
        stored = await self._stored_tile(level, index, head)
        width = len(tile) // _HASH_BYTES
        if stored[: len(tile)] == tile:
            return  # wider ones are of trees that were sealed since the walk began
        path = tile_path(level, index, width)
        if level or len(stored) < len(tile) or not await self._is_in_tree(index, stored, head):
            raise IntegrityError(f"`{path}` is damaged or missing", remedy=REMEDY, tile=path)
        position = next(at for at in range(width) if stored[at * 32 : at * 32 + 32] != tile[at * 32 : at * 32 + 32])
        raise IntegrityError(
            f"record {index * WIDTH + position} is not the one that was sealed", index=index * WIDTH + position, remedy=REMEDY
        )

    async def _is_in_tree(self, index: int, stored: bytes, head: TreeHead) -> bool:
        """Say whether a level-0 tile is the one that the signed root was made of."""
        if len(stored) == WIDTH * _HASH_BYTES:
            alone = Edge()
            alone.extend([stored[at : at + 32] for at in range(0, len(stored), 32)])
            above = await self._stored_tile(1, index // WIDTH, head)
            return above[index % WIDTH * 32 : index % WIDTH * 32 + 32] == alone.root()
        if self._edge.size != head.size:
            return False
        twin = Edge.load(head.size, {**self._edge.partial_tiles(), (0, index): stored})
        return equal(twin.root(), self._keys.open(head.note).root)

    async def _stored_tile(self, level: int, index: int, head: TreeHead) -> bytes:
        if level == 0 and (index + 1) * WIDTH <= head.first:
            return await self._shards.tile(index) or b""
        start, page = self._pages.get(level, (-1, {}))
        if not start <= index < start + _TILES_A_PAGE or start < 0:
            start = index
            found = await self._trees.tiles(self._log, level, start=start, end=start + _TILES_A_PAGE, limit=_TILES_A_PAGE)
            page = {tile.index: tile.data for tile in found}
            self._pages[level] = (start, page)
        return page.get(index, b"")

    async def _checkpoints(self, head: TreeHead) -> dict[int, StoredCheckpoint]:
        found: dict[int, StoredCheckpoint] = {}
        while page := await self._trees.checkpoints(self._log, after=max(found, default=-1)):
            for kept in page:
                try:
                    checkpoint = self._keys.open(kept.note)
                except IntegrityError as error:
                    raise IntegrityError(f"the checkpoint of {kept.size} entries: {error.message}", remedy=REMEDY, size=kept.size) from None
                if checkpoint.size != kept.size or kept.size > head.size:
                    raise IntegrityError(f"the checkpoint of {kept.size} entries is of another size", remedy=REMEDY, size=kept.size)
                found[kept.size] = kept
        if head.size and head.size not in found:
            raise IntegrityError(f"the checkpoint of {head.size} entries is missing", remedy=REMEDY, size=head.size)
        return found

    async def _bundles(self, head: TreeHead) -> AsyncIterator[Sequence[bytes]]:
        """Iterate the leaves by bundles: the frozen ones from their files, the others from the database."""
        for index in range(head.first // WIDTH):
            frozen = await self._shards.entries(TilePath(None, index))
            if frozen is None:
                raise IntegrityError(f"the frozen bundle {index} is missing", remedy="restore the shard from a copy", index=index * WIDTH)
            yield frozen
        leaves: list[bytes] = []
        async for entry in self._storage.entries(self._log, start=head.first, end=head.entries):
            if entry.index != self._builder.size + len(leaves):
                raise IntegrityError(
                    f"record {self._builder.size + len(leaves)} is missing", index=self._builder.size + len(leaves), remedy=REMEDY
                )
            if self._check is not None:
                self._shredded += not self._check(entry)
            leaves.append(entry.leaf)
            if len(leaves) == WIDTH:
                yield leaves
                leaves = []
        if leaves:
            yield leaves
