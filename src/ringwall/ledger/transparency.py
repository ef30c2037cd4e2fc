"""One log as its readers see it: the static resources of tlog-tiles, and proofs that are verified before they are given out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import msgspec

from ringwall.crypto import verify_consistency, verify_inclusion
from ringwall.crypto.checkpoint import Checkpoint
from ringwall.crypto.tiles import (
    CHECKPOINT_PATH,
    WIDTH,
    Plan,
    Subtree,
    TilePath,
    bundle,
    consistency_plan,
    fold,
    hash_of,
    inclusion_plan,
    parse_tile_path,
    root_plan,
    tiles_of,
)
from ringwall.errors import IntegrityError, InvalidRequest, NotFound
from ringwall.ledger.sequencer import Sequencer
from ringwall.ledger.shards import Shards
from ringwall.ledger.tree import REMEDY
from ringwall.storage import StoredCheckpoint, TreeHead, Trees

_HASH_BYTES: Final = 32
_KNOWN_HASHES: Final = 100_000


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """An entry's place under a signed checkpoint: enough to prove it offline, together with the entry.

    proof: RFC 6962 inclusion path of leaf `index` in the tree of `size` leaves; checkpoint: the signed note of that tree.
    """

    log: str
    index: int
    size: int
    proof: tuple[bytes, ...]
    checkpoint: bytes


class Consistency(msgspec.Struct, frozen=True, kw_only=True):
    """The proof that the tree of `size` leaves grew from the one of `old_size`."""

    log: str
    old_size: int
    size: int
    proof: tuple[bytes, ...]


class TransparencyLog:
    """Reads one log. Nothing that is not under a checkpoint is given out."""

    def __init__(self, name: str, trees: Trees, sequencer: Sequencer, shards: Shards) -> None:
        self.name = name
        self._trees = trees
        self._sequencer = sequencer
        self._shards = shards
        self._hashes: dict[tuple[int, int], bytes] = {}  # of complete subtrees: they never change
        self._opened: tuple[bytes, Checkpoint] | None = None  # the note that was verified last

    async def vkeys(self) -> tuple[str, ...]:
        """Return the verifier keys that check new checkpoints: Ed25519, then ML-DSA-44."""
        return (await self._sequencer.keys()).vkeys

    async def origin(self) -> str:
        """Return the log's origin."""
        return (await self._sequencer.keys()).origin

    async def checkpoint(self) -> bytes:
        """Return the newest checkpoint.

        Raises:
            NotFound: nothing has been sealed yet.
        """
        return (await self._head()).note

    async def checkpoints(self, *, after: int = -1, limit: int = 1000) -> Sequence[StoredCheckpoint]:
        """Return the checkpoints that were kept, smallest first."""
        return await self._trees.checkpoints(self.name, after=after, limit=limit)

    async def add_signatures(self, size: int, old_note: bytes, note: bytes) -> None:
        """Put cosignatures of witnesses under a checkpoint; it is kept for ever.

        Raises:
            IntegrityError: the new note is not the same checkpoint with the log's own signatures.
            Conflict: the checkpoint has changed meanwhile.
        """
        keys = await self._sequencer.keys()
        if keys.open(note) != keys.open(old_note):
            raise IntegrityError("the cosigned note is of another checkpoint")
        await self._trees.keep_checkpoint(self.name, size, old_note, note)

    async def read(self, path: str) -> bytes:
        """Return a static resource: `checkpoint`, `tile/LEVEL/INDEX[.p/WIDTH]`, `tile/entries/INDEX[.p/WIDTH]`.

        Raises:
            InvalidRequest: not the path of one. NotFound: there is none (yet).
        """
        if path == CHECKPOINT_PATH:
            return await self.checkpoint()
        asked = parse_tile_path(path)
        if asked.level is None:
            return await self._bundle(asked)
        return (await self._tile(asked))[: asked.width * _HASH_BYTES]

    async def inclusion_proof(self, index: int, *, size: int | None = None) -> Receipt:
        """Prove that an entry is at an index, against the newest checkpoint or one of the given size that was kept.

        Raises:
            NotFound: the entry is not under a checkpoint (yet), or no checkpoint of this size was kept.
            IntegrityError: the stored tree does not give a proof that verifies.
        """
        note, checkpoint = await self._signed(size)
        if not 0 <= index < checkpoint.size:
            raise NotFound(f"entry {index} is not under a checkpoint", index=index, size=checkpoint.size)
        leaf, *proof = await self._carry_out(((Subtree(0, index),), *inclusion_plan(index, checkpoint.size)), checkpoint.size)
        with self._blaming_the_store():
            verify_inclusion(leaf, index, checkpoint.size, proof, checkpoint.root)
        return Receipt(log=self.name, index=index, size=checkpoint.size, proof=tuple(proof), checkpoint=note)

    async def consistency_proof(self, old_size: int, size: int) -> Consistency:
        """Prove that one tree of this log grew to another.

        Raises:
            InvalidRequest: the old one is empty or larger. NotFound: the new one is not sealed (yet).
            IntegrityError: the stored tree does not give a proof that verifies.
        """
        head = await self._head()
        plan = consistency_plan(old_size, size)
        if size > head.size:
            raise NotFound(f"the log has sealed {head.size} entries", size=head.size)
        old_root, root = await self.root(old_size), await self.root(size)
        proof = await self._carry_out(plan, size)
        with self._blaming_the_store():
            verify_consistency(old_size, old_root, size, root, proof)
        return Consistency(log=self.name, old_size=old_size, size=size, proof=tuple(proof))

    async def root(self, size: int) -> bytes:
        """Return the root that the tree had at a size, computed from tiles.

        Raises:
            InvalidRequest: no such tree. NotFound: not sealed (yet).
        """
        if size < 1:
            raise InvalidRequest("the empty tree has no tiles", size=size)
        plan = root_plan(size)
        return (await self._carry_out(plan, size))[0]

    async def entry(self, index: int) -> bytes:
        """Return one sealed entry.

        Raises:
            NotFound: it is not under a checkpoint (yet).
        """
        position = index % WIDTH
        entries = await self._entries(TilePath(None, index // WIDTH, position + 1))
        return entries[position]

    async def sealed(self, index: int) -> int:
        """Wait until an entry is under a checkpoint; return the size of that tree."""
        return await self._sequencer.sealed(index)

    # -- inside --

    async def _head(self) -> TreeHead:
        head = await self._trees.head(self.name)
        if not head.note:
            raise NotFound(f"nothing of the log `{self.name}` is sealed yet")
        return head

    async def _signed(self, size: int | None) -> tuple[bytes, Checkpoint]:
        latest = self._sequencer.latest
        if size is None:
            note = (await self._head()).note
        elif size == latest[0]:
            note = latest[1]
        else:
            found = [kept for kept in await self._trees.checkpoints(self.name, after=size - 1, limit=1) if kept.size == size]
            if not found:
                raise NotFound(f"no checkpoint of {size} entries was kept", size=size)
            note = found[0].note
        if self._opened is None or self._opened[0] != note:
            self._opened = (note, (await self._sequencer.keys()).open(note))
        return self._opened

    async def _bundle(self, asked: TilePath) -> bytes:
        return bundle(await self._entries(asked))

    async def _entries(self, asked: TilePath) -> Sequence[bytes]:
        first = asked.index * WIDTH
        await self._tile(TilePath(0, asked.index, asked.width))  # what is not sealed is not given out
        leaves = await self._trees.leaves(self.name, first, first + asked.width)
        if len(leaves) != asked.width:
            leaves = await self._shards.entries(asked) or ()
        if len(leaves) != asked.width:
            raise IntegrityError(f"the log `{self.name}` lacks entries between {first} and {first + asked.width}", remedy=REMEDY)
        return leaves

    async def _tile(self, asked: TilePath) -> bytes:
        level = asked.level or 0
        tile = await self._trees.tile(self.name, level, asked.index)
        if tile is None and level == 0:
            tile = await self._shards.tile(asked.index)
        if tile is None or len(tile) < asked.width * _HASH_BYTES:
            raise NotFound(f"the log `{self.name}` has no `{asked}` (yet)")
        return tile

    async def _carry_out(self, plan: Plan, size: int) -> list[bytes]:
        """Compute the hashes of a plan; what was computed before costs neither a read nor a hash."""
        known = self._hashes
        missing = tuple(subtree for subtrees in plan for subtree in subtrees if (subtree.height, subtree.index) not in known)
        if missing:
            tiles = {(path.level or 0, path.index): await self._tile(path) for path in tiles_of((missing,), size)}
            if len(known) > _KNOWN_HASHES:
                known = self._hashes = {key: known[key] for key in list(known)[-_KNOWN_HASHES // 2 :]}
            for subtrees in plan:
                for subtree in subtrees:
                    if (subtree.height, subtree.index) not in known:
                        known[subtree.height, subtree.index] = hash_of(subtree, tiles)
        return [fold([known[subtree.height, subtree.index] for subtree in subtrees]) for subtrees in plan]

    @contextmanager
    def _blaming_the_store(self) -> Iterator[None]:
        """Say of what does not verify that it is the stored tree's fault, not the reader's."""
        try:
            yield
        except IntegrityError as error:
            self._hashes.clear()
            raise IntegrityError(f"the stored tree of the log `{self.name}` is damaged: {error.message}", remedy=REMEDY) from None
