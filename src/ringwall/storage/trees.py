"""The trees over the logs as the rooms above see them: reads in the readers' threads, changes through the group writer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from ringwall.errors import IntegrityError, InvalidRequest
from ringwall.storage.limits import BATCH_ENTRIES, LEASE_MS, NOTE_BYTES, check_name, check_sealing
from ringwall.storage.operations import Freeze, GiveLeaseBack, KeepCheckpoint, Operation, Seal, TakeLease
from ringwall.storage.ports import Sealing, StoredCheckpoint, Tile, TreeHead
from ringwall.storage.statements import Statements

Read = Callable[[str, Mapping[str, object]], Awaitable[Sequence[Any]]]
Submit = Callable[[Operation], "asyncio.Future[int]"]

_PAGE: Final = 1000
_END: Final = 2**62
_LEVELS: Final = 64
_TILE_ENTRIES: Final = 256


class TreeStore:
    """`Trees` (ports.py has the contract) over one database."""

    def __init__(self, statements: Statements, read: Read, submit: Submit) -> None:
        self._sql = statements
        self._read = read
        self._submit = submit

    async def take_lease(self, log: str, holder: str, *, ttl_ms: int) -> int:
        """Become the one who seals a log."""
        check_name(log, "log name")
        check_name(holder, "holder")
        if not 0 < ttl_ms <= LEASE_MS:
            raise InvalidRequest("a lease is given for up to an hour", ttl_ms=ttl_ms)
        return await self._submit(TakeLease(log, holder, ttl_ms))

    async def give_lease_back(self, log: str, holder: str, fence: int) -> None:
        """Let the next one take the lease at once."""
        check_name(log, "log name")
        await self._submit(GiveLeaseBack(log, holder, fence))

    async def seal(self, sealing: Sealing) -> None:
        """Let a tree grow."""
        await self._submit(Seal(sealing, check_sealing(sealing)))

    async def keep_checkpoint(self, log: str, size: int, old_note: bytes, note: bytes) -> None:
        """Put a note with more signatures in the place of a checkpoint's."""
        check_name(log, "log name")
        if not 0 < len(note) <= NOTE_BYTES:
            raise InvalidRequest("a checkpoint has up to 1 MiB", size=len(note))
        await self._submit(KeepCheckpoint(log, size, old_note, note, len(note) + len(old_note)))

    async def freeze(self, log: str, holder: str, fence: int, end: int) -> None:
        """Remove the entries below an index, and their level-0 tiles."""
        _check_range(log, 0, 0, end)
        if end % _TILE_ENTRIES:
            raise InvalidRequest("whole tiles are frozen", end=end)
        await self._submit(Freeze(log, holder, fence, end))

    async def head(self, log: str) -> TreeHead:
        """Return how far a log was sealed."""
        check_name(log, "log name")
        rows = await self._read(self._sql["tree_head"], {"log": log})
        if not rows:
            return TreeHead()
        entries, size, first, holder, fence, expires_at, note = rows[0]
        if size is None:
            return TreeHead(entries=entries)
        return TreeHead(
            entries=entries,
            size=size,
            first=first,
            holder=holder,
            fence=fence,
            expires_at=expires_at,
            note=_bytes(note) if note is not None else b"",
        )

    async def tile(self, log: str, level: int, index: int) -> bytes | None:
        """Return a tile as wide as it is by now."""
        _check_range(log, level, index, _END)
        rows = await self._read(self._sql["tile"], {"log": log, "level": level, "position": index})
        return _bytes(rows[0][0]) if rows else None

    async def tiles(self, log: str, level: int, *, start: int = 0, end: int, limit: int = 256) -> Sequence[Tile]:
        """Return tiles of one level in order."""
        _check_range(log, level, start, end)
        if not 1 <= limit <= _PAGE:
            raise InvalidRequest(f"a page holds 1 to {_PAGE} tiles", limit=limit)
        rows = await self._read(self._sql["tiles"], {"log": log, "level": level, "low": start, "high": end, "count": limit})
        return [Tile(level, index, _bytes(data)) for index, data in rows]

    async def leaves(self, log: str, start: int, end: int) -> Sequence[bytes]:
        """Return the leaves of committed entries."""
        _check_range(log, 0, start, end)
        if end - start > BATCH_ENTRIES:
            raise InvalidRequest(f"at most {BATCH_ENTRIES} leaves are read at once", start=start, end=end)
        rows = await self._read(self._sql["leaves"], {"log": log, "low": start, "high": end})
        leaves = [row[0] for row in rows]
        if not {bytes}.issuperset(map(type, leaves)):
            raise _not_bytes()
        return leaves

    async def checkpoints(self, log: str, *, after: int = -1, limit: int = 1000) -> Sequence[StoredCheckpoint]:
        """Return the checkpoints that were kept."""
        check_name(log, "log name")
        if not 1 <= limit <= _PAGE or not -1 <= after < _END:
            raise InvalidRequest(f"a page holds 1 to {_PAGE} checkpoints", limit=limit)
        rows = await self._read(self._sql["checkpoints"], {"log": log, "after": after, "count": limit})
        return [StoredCheckpoint(size, sealed_at, _bytes(note)) for size, sealed_at, note in rows]


def _bytes(value: object) -> bytes:
    """Return what a column of bytes holds; SQLite would keep a text there, too."""
    if type(value) is not bytes:
        raise _not_bytes()
    return value


def _not_bytes() -> IntegrityError:
    return IntegrityError("the database holds something else where bytes belong", remedy="stop ringwall and restore a backup")


def _check_range(log: str, level: int, start: int, end: int) -> None:
    check_name(log, "log name")
    if not 0 <= level < _LEVELS or not 0 <= start < _END or not 0 <= end <= _END:
        raise InvalidRequest("a tile has a level from 0 to 63 and an index from 0", level=level, start=start, end=end)
