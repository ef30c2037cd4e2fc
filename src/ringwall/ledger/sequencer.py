"""The one who seals a log: reads what was appended, lets the tree grow, signs, and stores all of it in one step.

Rules this file upholds:
1. A checkpoint is signed only for a tree that grew from the last stored one, and counts only when it is stored under the fencing number of
   the lease (storage/tree_transactions.py): of two sequencers, one is refused.
2. The log is taken up only after its right edge, its last entries and the remembered checkpoint were checked.
3. Whatever is found wrong with the log stops sealing for good; what the database refuses is tried again.
4. Entries are hashed and signed in a thread of its own, in steps of at most STEP_ENTRIES: requests do not wait for it.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Final, TypeVar

import msgspec

from ringwall.crypto.edge import Edge
from ringwall.crypto.tiles import WIDTH
from ringwall.errors import Bug, Conflict, DependencyError, IntegrityError, RingwallError
from ringwall.keys import LogKeys, LogKeyStore
from ringwall.ledger.checks import LogChecks
from ringwall.ledger.memory import CheckpointFile
from ringwall.ledger.shards import SHARD_ENTRIES, Shards
from ringwall.ledger.tree import REMEDY, grow
from ringwall.storage import Sealing, Storage, TreeHead
from ringwall.vocabulary import Clock

log = logging.getLogger("ringwall.ledger")

INTERVAL_S: Final = 0.2
STEP_ENTRIES: Final = 4096  # of whole tiles; where this much waits, one signature for it costs a tenth of its hashes
LEASE_MS: Final = 600  # with the interval: the log of a killed process is sealed again within a second
_CLOSING_STEPS: Final = 20
_LEASE_WAITS: Final = 6  # of INTERVAL_S: twice as long as a lease

T = TypeVar("T")


class Sequencer:
    """Seals one log while it has the lease, and stands by while another process has it."""

    def __init__(
        self,
        storage: Storage,
        name: str,
        key_store: LogKeyStore,
        clock: Clock,
        memory: CheckpointFile | None = None,
        shards: Shards | None = None,
    ) -> None:
        """Prepare; nothing happens before `open`.

        Args:
            storage: where the log is.
            name: of the log.
            key_store: has the keys that sign it.
            clock: for the times in signatures.
            memory: the last checkpoint, kept outside of the database.
            shards: where the oldest entries may be moved.
        """
        self.name = name
        self.holder = secrets.token_hex(8)
        self.failure: RingwallError | None = None
        self.latest: tuple[int, bytes] = (0, b"")  # the size and the note of the last checkpoint that was made here
        self._storage = storage
        self._trees = storage.trees
        self._key_store = key_store
        self._clock = clock
        self._memory = memory
        self._shards = shards or Shards(None)
        self.checks = LogChecks(name, storage.trees, self._shards, memory, self.keys)
        self._keys: LogKeys | None = None
        self._keys_generation = -1
        self._edge: Edge | None = None
        self._fence = 0
        self._size = 0
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._nudged = asyncio.Event()
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._worker = ThreadPoolExecutor(1, thread_name_prefix=f"ringwall-sequencer-{name}")
        self._turn = asyncio.Lock()
        self._closed = False

    async def open(self) -> None:
        """Check the log as it is, before anything relies on it.

        Raises:
            IntegrityError: the database does not hold what was signed.
            DependencyError: the database does not answer.
        """
        self._edge = await self.check()
        self._size = self._edge.size

    async def check(self) -> Edge:
        """Check the right edge, the last entries and the remembered checkpoint against each other; as `open`, but nothing is taken up."""
        return await self.checks.whole()

    async def put_aside(self, note: bytes) -> TreeHead:
        """Take the lease, keep a checkpoint that was left behind as a file, and the log's own last one for ever; return the head.

        A lease that was restored with the log, or left by a killed process, is waited for.

        Raises:
            Conflict: another process seals the log.
        """
        async with self._turn:
            head = await self._held_in_time()
            if self._memory is not None:
                await self._in_worker(partial(self._memory.put_aside, note))
            if head.note:
                await self._trees.keep_checkpoint(self.name, head.size, head.note, head.note)
            return head

    def start(self) -> None:
        """Seal from now on, whatever comes."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def sealed(self, index: int) -> int:
        """Wait until an entry is under a signed checkpoint, and return the size of that tree.

        Raises:
            IntegrityError: the log is not sealed any more.
            DependencyError: this process stops.
        """
        if self.failure is not None:
            raise self.failure
        if self._size <= index:
            if self._task is None or self._closed:
                raise DependencyError(f"the log `{self.name}` is not being sealed")
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append((index, future))
            self._nudged.set()
            await future
        return self._size

    async def keys(self) -> LogKeys:
        """Return the log's keys, as they are by now."""
        generation = await self._storage.generation()
        if self._keys is None or generation != self._keys_generation:
            self._keys = await self._key_store.load(self.name)
            self._keys_generation = generation
        return self._keys

    async def seal(self) -> int:
        """Seal what there is at this moment, one step at least; return the size of the sealed tree.

        Raises:
            Conflict: another process has the lease.
            IntegrityError: the log is not what was signed.
            DependencyError: the database does not answer.
        """
        async with self._turn:
            head = await self._trees.head(self.name)
            target = head.entries
            while head.size < target:
                head = await self._step(await self._held(head))
            self._tell(head.size)
            return head.size

    async def freeze(self, keep: int) -> int:
        """Move the oldest entries into frozen shards until fewer than `keep` and a shard are in the database; return how many were moved.

        Every file is flushed and read back before the entries are removed; their erasable halves end here.

        Raises:
            Conflict: another process has the lease.
            IntegrityError: entries and tiles do not fit each other; nothing was removed.
            DependencyError: the shards' directory or the database does not take it.
        """
        moved = 0
        async with self._turn:
            head = await self._trees.head(self.name)
            while self._shards.directory is not None and head.size - head.first >= keep + SHARD_ENTRIES:
                head = await self._held(head)
                end = head.first + SHARD_ENTRIES
                for index in range(head.first // WIDTH, end // WIDTH):
                    tile, leaves = await self.checks.tile(0, index), await self._trees.leaves(self.name, index * WIDTH, (index + 1) * WIDTH)
                    await self._in_worker(partial(self._shards.write, index, tile, leaves))
                await self.checks.shard(head.first)
                await self._trees.freeze(self.name, self.holder, self._fence, end)
                moved += SHARD_ENTRIES
                head = await self._trees.head(self.name)
        return moved

    async def close(self) -> None:
        """Seal what is left, within bounds, and let the next one have the lease."""
        if self._closed:
            return
        self._closed = True
        self._stopping.set()
        self._nudged.set()
        if self._task is not None:
            await self._task  # it ends by itself: a cancellation could be lost between a wait and its time-out
            if self.failure is None:
                # What cannot be sealed now is sealed by whoever opens the log next: it is durable, only not signed yet.
                with suppress(RingwallError):
                    async with self._turn:
                        await self._last_steps()
        if self._fence:
            with suppress(RingwallError):
                await self._trees.give_lease_back(self.name, self.holder, self._fence)
        for _, future in self._waiting:
            if not future.done():
                future.set_exception(DependencyError(f"the log `{self.name}` is not being sealed any more"))
        self._worker.shutdown()

    # -- inside --

    async def _run(self) -> None:
        while self.failure is None and not self._closed:
            self._nudged.clear()
            try:
                await self.seal()
            except Conflict:
                await self._look()
            except IntegrityError as error:
                self._stop(error)
            except RingwallError as error:
                log.warning("ledger.seal.failed log=%s error=%s", self.name, error.code)
            except Exception as error:  # noqa: BLE001 - the loop's rim: whoever waits for a seal must hear of it
                self._stop(Bug(f"sealing the log `{self.name}` broke", error=type(error).__name__))
            with suppress(TimeoutError):
                # While another process seals, nobody here can hurry it.
                awaited = self._nudged if self._fence else self._stopping
                await asyncio.wait_for(awaited.wait(), INTERVAL_S)

    async def _look(self) -> None:
        """Notice how far the other process sealed."""
        with suppress(DependencyError):
            self._tell((await self._trees.head(self.name)).size)

    async def _last_steps(self) -> None:
        for _ in range(_CLOSING_STEPS):
            head = await self._trees.head(self.name)
            if head.size == head.entries:
                return
            await self._step(await self._held(head))

    async def _held(self, head: TreeHead) -> TreeHead:
        """Return the head under this sequencer's lease, with the edge that belongs to it."""
        if not self._fence or (head.holder, head.fence) != (self.holder, self._fence):
            self._fence = 0
            if head.holder != self.holder and head.expires_at > self._clock().timestamp() * 1000:
                raise Conflict(f"another process seals the log `{self.name}`")  # found out without a write
            self._fence = await self._trees.take_lease(self.name, self.holder, ttl_ms=LEASE_MS)
            head = await self._trees.head(self.name)
        if self._edge is None or self._edge.size != head.size:
            self._edge = await self.checks.edge(head)
        return head

    async def _held_in_time(self) -> TreeHead:
        """Return the head under this sequencer's lease; another one's may end first, if it is not prolonged."""
        for _ in range(_LEASE_WAITS):
            with suppress(Conflict):
                return await self._held(await self._trees.head(self.name))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), INTERVAL_S)
        return await self._held(await self._trees.head(self.name))

    async def _step(self, head: TreeHead) -> TreeHead:
        """Seal one step, and return the head that this made: whoever changes it meanwhile does so under another fencing number."""
        edge = self._edge
        assert edge is not None
        end = min(head.entries, head.size + STEP_ENTRIES)
        leaves = await self._trees.leaves(self.name, head.size, end)
        if len(leaves) != end - head.size:
            raise IntegrityError(f"the log `{self.name}` lacks entries between {head.size} and {end}", remedy=REMEDY)
        keys = await self.keys()
        timestamp = int(self._clock().timestamp())
        step = await self._in_worker(lambda: grow(edge, leaves, keys.origin, keys.signers(), timestamp))
        sealing = Sealing(
            log=self.name,
            holder=self.holder,
            fence=self._fence,
            old_size=head.size,
            size=end,
            tiles=step.tiles,
            note=step.note,
            ttl_ms=LEASE_MS,
            keep=keys.pending is not None,
        )
        self._edge = None  # until the step is stored, nobody knows which edge is the right one
        try:
            await self._trees.seal(sealing)
        except Conflict:
            self._fence = 0
            raise
        self._edge = step.edge
        self.latest = (end, step.note)
        if self._memory is not None:
            await self._in_worker(lambda: self._remember(step.note))
        if keys.pending is not None:
            with suppress(Conflict):  # settled by another process
                await self._key_store.settle(self.name, keys.pending.version, head.size)
        self._tell(end)
        return msgspec.structs.replace(head, size=end, note=step.note)

    def _remember(self, note: bytes) -> None:
        assert self._memory is not None
        try:
            self._memory.write(note)
        except DependencyError as error:
            log.warning("ledger.memory.failed log=%s error=%s", self.name, error.message)

    def _tell(self, size: int) -> None:
        self._size = max(self._size, size)
        still: list[tuple[int, asyncio.Future[None]]] = []
        for index, future in self._waiting:
            if future.done():
                continue
            if index < size:
                future.set_result(None)
            else:
                still.append((index, future))
        self._waiting = still

    def _stop(self, error: RingwallError) -> None:
        self.failure = error
        log.error("ledger.seal.stopped log=%s reason=%s", self.name, error.message)
        for _, future in self._waiting:
            if not future.done():
                future.set_exception(error)
        self._waiting = []

    async def _in_worker(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._worker, work)
