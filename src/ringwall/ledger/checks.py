"""What is checked before a log is taken up, and before entries of it are removed: the stored log against what was signed of it.

Rules this file upholds: the checkpoint that is remembered outside of the database is read before the database is; whatever does not fit is
an error that says what, and what to do; nothing is changed here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ringwall.crypto import equal
from ringwall.crypto.edge import Edge
from ringwall.crypto.tiles import WIDTH, carry_out, check_bundle, root_plan, tiles_of
from ringwall.errors import IntegrityError
from ringwall.keys import LogKeys
from ringwall.ledger.memory import CheckpointFile
from ringwall.ledger.shards import SHARD_ENTRIES, Shards
from ringwall.ledger.tree import REMEDY, last_bundle, take_up, tiles_to_take_up
from ringwall.storage import TreeHead, Trees


class LogChecks:
    """Checks one log."""

    def __init__(
        self, name: str, trees: Trees, shards: Shards, memory: CheckpointFile | None, keys: Callable[[], Awaitable[LogKeys]]
    ) -> None:
        """Take what is compared; `keys` returns the log's keys as they are by now."""
        self._name = name
        self._trees = trees
        self._shards = shards
        self._memory = memory
        self._keys = keys

    async def whole(self) -> Edge:
        """Check the right edge, the last entries and the remembered checkpoint against each other; as `open`, but nothing is taken up."""
        memory = self._memory.read() if self._memory is not None else b""  # first: the log may grow meanwhile, never shrink
        head = await self._trees.head(self._name)
        edge = await self.edge(head)
        await self._check_last_entries(head)
        if memory:
            await self._check_memory(memory, head, edge)
        return edge

    async def left_behind(self) -> bytes:
        """Return the remembered checkpoint that the log as it is does not lead to; empty if it leads there, or nothing is remembered.

        Raises:
            IntegrityError: the log does not hold what it signed itself.
            DependencyError: the database does not answer.
        """
        memory = self._memory.read() if self._memory is not None else b""
        head = await self._trees.head(self._name)
        edge = await self.edge(head)
        await self._check_last_entries(head)
        if not memory:
            return b""
        try:
            await self._check_memory(memory, head, edge)
        except IntegrityError:
            return memory
        return b""

    async def edge(self, head: TreeHead) -> Edge:
        """Return the right edge of a head's tree, checked against its signed checkpoint.

        Raises:
            IntegrityError: it does not hash to what was signed.
        """
        keys = await self._keys()
        tiles = await self._tiles_of_edge(head.size)
        return take_up(keys, head, tiles)

    async def tile(self, level: int, index: int) -> bytes:
        """Return a tile from the database or a shard; empty if there is none."""
        tile = await self._trees.tile(self._name, level, index)
        if tile is None and level == 0:
            tile = await self._shards.tile(index)
        return tile or b""

    async def shard(self, first: int) -> None:
        """Compare the frozen tiles of a shard with the tree above them: a shard is one complete tile of level 1."""
        above = Edge()
        for index in range(first // WIDTH, first // WIDTH + WIDTH):
            tile = await self._shards.tile(index) or b""
            above.extend([tile[at : at + 32] for at in range(0, len(tile), 32)])
        whole = Edge()
        level_1 = await self.tile(1, first // SHARD_ENTRIES)
        whole.extend([level_1[at : at + 32] for at in range(0, len(level_1), 32)])
        if above.size != SHARD_ENTRIES or above.root() != whole.root():
            raise IntegrityError(f"the entries of the log `{self._name}` from {first} on do not fit their tree", remedy=REMEDY)

    # -- inside --

    async def _tiles_of_edge(self, size: int) -> dict[tuple[int, int], bytes]:
        if not size:
            return {}
        return {(path.level or 0, path.index): await self.tile(path.level or 0, path.index) for path in tiles_to_take_up(size)}

    async def _check_last_entries(self, head: TreeHead) -> None:
        """Compare the entries of the last bundle with the hashes they were sealed by."""
        if head.size <= head.first:
            return
        path = last_bundle(head.size)
        first = path.index * WIDTH
        leaves = await self._trees.leaves(self._name, first, first + path.width)
        if len(leaves) != path.width:
            raise IntegrityError(f"the log `{self._name}` lacks entries between {first} and {head.size}", remedy=REMEDY)
        try:
            check_bundle(leaves, await self.tile(0, path.index), first)
        except IntegrityError as error:
            raise IntegrityError(f"the log `{self._name}`: {error.message}", remedy=REMEDY) from None

    async def _check_memory(self, note: bytes, head: TreeHead, edge: Edge) -> None:
        """Compare the log with the last checkpoint that was signed from this data directory."""
        assert self._memory is not None
        keys = await self._keys()
        if keys.is_left_behind(note):
            return  # an operator settled it: the log goes on under another origin
        try:
            remembered = keys.open(note)
        except IntegrityError as error:
            raise IntegrityError(
                f"the checkpoint in `{self._memory.path}` is not one that this log signed: {error.message}", remedy=self._way_on()
            ) from None
        if remembered.size > head.size:
            raise IntegrityError(
                f"the log `{self._name}` was rolled back: {remembered.size} entries were signed, and the database has signed {head.size}",
                remedy=self._way_on(),
            )
        root = edge.root() if remembered.size == head.size else await self._root_at(remembered.size)
        if not equal(root, remembered.root):
            raise IntegrityError(
                f"the log `{self._name}` is not the one that was signed: at {remembered.size} entries it had another root",
                remedy=self._way_on(),
            )

    def _way_on(self) -> str:
        assert self._memory is not None
        return (
            f"restore a newer backup, one that leads to `{self._memory.path}`; if there is none,"
            f" `ringwall ledger new-origin {self._name}` lets the log go on as another one, which says so"
        )

    async def _root_at(self, size: int) -> bytes:
        plan = root_plan(size)
        tiles = {(path.level or 0, path.index): await self.tile(path.level or 0, path.index) for path in tiles_of(plan, size)}
        return carry_out(plan, tiles)[0]
