"""What storage promises to the rooms above it. Each comment is part of the contract; SQLite and PostgreSQL keep the same one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

import msgspec


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """One stored resource: a JSON body under (account_id, kind, id).

    revision: 1 at creation, +1 at each change: the compare-and-swap token.
    key: an optional name, unique over all accounts for its kind (an access key id), for look-ups before the account is known.
    expires_at: Unix seconds after which reads no longer return it (0: never).
    """

    account_id: str
    kind: str
    id: str
    body: bytes
    revision: int = 0
    key: str = ""
    expires_at: int = 0


class Insert(msgspec.Struct, frozen=True):
    """Create a document; Conflict if (account, kind, id) or (kind, key) is taken."""

    document: Document


class Replace(msgspec.Struct, frozen=True):
    """Put `document.body` where the stored revision is `document.revision`; Conflict if it is another, or gone."""

    document: Document


class Delete(msgspec.Struct, frozen=True):
    """Remove a document; Conflict if `revision` is not 0 and not the stored one. Removing what is not there is no error."""

    account_id: str
    kind: str
    id: str
    revision: int = 0


Change = Insert | Replace | Delete


class Entry(msgspec.Struct, frozen=True):
    """One entry of an append-only log: `index` counts from 0 without gaps; `leaf` is what the ledger seals; `erasable` may be shredded."""

    index: int
    leaf: bytes
    erasable: bytes
    account_id: str
    recorded_at: int  # Unix milliseconds


class Tile(msgspec.Struct, frozen=True):
    """A piece of the tree over a log: up to 256 hashes of one level (ringwall.crypto.tiles)."""

    level: int
    index: int
    data: bytes


class Sealing(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a tree's growth, as its sequencer asks for it.

    holder, fence: who asks, and the number the lease was given with.
    old_size, size: of the tree before and after.
    tiles: every tile that the step made or changed; a tile only grows.
    note: the signed checkpoint of the tree after the step; keep: never forget this one.
    ttl_ms: for how long from now nobody else may take the lease.
    """

    log: str
    holder: str
    fence: int
    old_size: int
    size: int
    tiles: tuple[Tile, ...]
    note: bytes
    ttl_ms: int
    keep: bool = False


class TreeHead(msgspec.Struct, frozen=True, kw_only=True):
    """How far a log was sealed.

    entries: committed entries; size: of them, how many the last checkpoint covers; first: the first entry that is still in the database.
    expires_at: Unix milliseconds until which `holder` has the lease; note: the last checkpoint (empty: there is none yet).
    """

    entries: int = 0
    size: int = 0
    first: int = 0
    holder: str = ""
    fence: int = 0
    expires_at: int = 0
    note: bytes = b""


class StoredCheckpoint(msgspec.Struct, frozen=True):
    """A checkpoint that was kept; `sealed_at` in Unix milliseconds."""

    size: int
    sealed_at: int
    note: bytes


class Trees(Protocol):
    """The Merkle trees over the logs: leases, seals, tiles and checkpoints. Storage keeps bytes; what they must be, the ledger knows."""

    async def take_lease(self, log: str, holder: str, *, ttl_ms: int) -> int:
        """Become the one who seals a log, and return the fencing number; Conflict while another one holds the lease."""
        ...

    async def give_lease_back(self, log: str, holder: str, fence: int) -> None:
        """Let the next one take the lease at once; nothing happens if it is another's already."""
        ...

    async def seal(self, sealing: Sealing) -> None:
        """Let a tree grow; durable when it returns. Conflict, and nothing is changed, unless fencing number and former size still hold."""
        ...

    async def keep_checkpoint(self, log: str, size: int, old_note: bytes, note: bytes) -> None:
        """Put a note with more signatures in the place of a checkpoint's; Conflict if it is not `old_note` any more."""
        ...

    async def freeze(self, log: str, holder: str, fence: int, end: int) -> None:
        """Remove the entries below `end` (a multiple of 256, all sealed), erasable parts too, and their level-0 tiles: they lie elsewhere.

        Conflict, and nothing is removed, unless the fencing number still holds.
        """
        ...

    async def head(self, log: str) -> TreeHead:
        """Return how far a log was sealed, in one consistent look."""
        ...

    async def tile(self, log: str, level: int, index: int) -> bytes | None:
        """Return a tile as wide as it is by now."""
        ...

    async def tiles(self, log: str, level: int, *, start: int = 0, end: int, limit: int = 256) -> Sequence[Tile]:
        """Return tiles of one level with start <= index < end, in order."""
        ...

    async def leaves(self, log: str, start: int, end: int) -> Sequence[bytes]:
        """Return the leaves of committed entries with start <= index < end, at most 10,000."""
        ...

    async def checkpoints(self, log: str, *, after: int = -1, limit: int = 1000) -> Sequence[StoredCheckpoint]:
        """Return the checkpoints that were kept, of sizes > `after`, smallest first: the newest, one per hour, and those asked for."""
        ...


class Storage(Protocol):
    """Documents with compare-and-swap, and append-only logs with group commit."""

    @property
    def trees(self) -> Trees:
        """The Merkle trees over the logs."""
        ...

    async def get(self, account_id: str, kind: str, id: str) -> Document | None:
        """Return the document as last committed."""
        ...

    async def find(self, kind: str, key: str) -> Document | None:
        """Return the document with this unique key, in whichever account."""
        ...

    async def list(self, account_id: str, kind: str, *, prefix: str = "", after: str = "", limit: int = 1000) -> Sequence[Document]:
        """Return documents in id order, ids > `after` that start with `prefix`."""
        ...

    async def apply(self, *changes: Change, quiet: bool = False, erase: bool = False) -> None:
        """Make all changes or none; durable (fsync) when it returns. Raises Conflict.

        quiet: of kinds that nobody keeps in a cache, so that `generation` stays as it is; for what is written at every request. Only new
        documents, and changes of one's own: quiet writers do not queue, so two that change the same ones could stand in each other's way.
        erase: leave no former version of what was changed in the database's own log, as after `shred`.

        A caller that is cancelled while it waits, or told DependencyError, does not know whether the change was made.
        """
        ...

    async def append(self, log: str, account_id: str, leaf: bytes, erasable: bytes = b"") -> int:
        """Append one entry; durable when it returns its index. Entries of many callers share one commit."""
        ...

    async def append_all(self, log: str, account_id: str, leaves: Sequence[bytes]) -> int:
        """Append entries without erasable parts, one after the other, at most 10,000; durable when it returns the first one's index."""
        ...

    def entries(
        self,
        log: str,
        *,
        start: int = 0,
        end: int | None = None,
        account_id: str | None = None,
        newest_first: bool = False,
        at_once: int = 500,
    ) -> AsyncIterator[Entry]:
        """Iterate the committed entries with start <= index < end, in index order or against it.

        at_once: how many are read at a time and held in memory, 1 to 500.
        """
        ...

    async def shred(self, log: str, index: int) -> None:
        """Overwrite the erasable part of one entry with nothing; its leaf stays. NotFound if there is no such entry."""
        ...

    async def log_size(self, log: str) -> int:
        """Return the number of committed entries."""
        ...

    async def generation(self) -> int:
        """Return a number that differs after any committed document change by any process (cheap; for cache validation).

        Changes by this process count at once, changes by other processes after at most half a second. A document that expires changes
        nothing: whoever caches one looks at its `expires_at`.
        """
        ...

    async def close(self) -> None:
        """Finish what is under way, then release every handle."""
        ...
