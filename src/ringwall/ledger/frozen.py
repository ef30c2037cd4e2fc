"""Audit records whose leaves lie in frozen shards: found again by account, newest first.

Rules this file upholds: a leaf is given out only from a bundle that hashes to what the tree says of it; an account sees its own leaves
only. What is not there any more is told nowhere: the erasable half ended when the shard was frozen, and with it the time of recording, for
which the time of the event stands.

There is no index over shards: they are read from their end, and a reader bounds how many bundles it takes at once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

import msgspec

from ringwall.crypto import canonical_json
from ringwall.crypto.tiles import WIDTH
from ringwall.errors import IntegrityError
from ringwall.ledger.leaf import check_halves
from ringwall.ledger.reading import RecordedEvent
from ringwall.ledger.shards import Shards
from ringwall.storage import Trees


class FrozenBundle(msgspec.Struct, frozen=True):
    """The records of one account in one bundle, newest first; `first` is the index of the bundle's first entry."""

    first: int
    records: tuple[RecordedEvent, ...]


class FrozenRecords:
    """Reads the audit records of a log's shards."""

    def __init__(self, log: str, trees: Trees, shards: Shards) -> None:
        self._log = log
        self._trees = trees
        self._shards = shards
        self._above: tuple[int, bytes] = (-1, b"")

    async def newest_first(self, account_id: str, below: int) -> AsyncIterator[FrozenBundle]:
        """Iterate the bundles with entries below an index, which must all be frozen; bundles without any record of the account, too.

        Raises:
            IntegrityError: a bundle is missing, or is not what was sealed.

        Cost: about 1 ms a bundle of 256 entries, most of it hashing in another thread, and 10 us for each record of the account.
        """
        named = b'"recipientAccountId":' + canonical_json(account_id)
        for index in range((below - 1) // WIDTH, -1, -1):
            leaves = await self._shards.checked_entries(index, await self._hash_above(index))
            if leaves is None:
                raise IntegrityError(f"the frozen bundle {index} is missing", remedy="restore the shard from a copy", index=index * WIDTH)
            first = index * WIDTH
            own = [(at, leaves[at - first]) for at in range(min(below, first + WIDTH) - 1, first - 1, -1) if named in leaves[at - first]]
            records = [_frozen_event(at, leaf) for at, leaf in own]
            yield FrozenBundle(first, tuple(each for each in records if each.event.get("recipientAccountId") == account_id))

    async def own(self, account_id: str, index: int) -> bool:
        """Say whether a frozen entry is an account's record."""
        async for bundle in self.newest_first(account_id, index + 1):
            return bool(bundle.records) and bundle.records[0].index == index
        return False

    async def _hash_above(self, index: int) -> bytes:
        """Return what the tile of level 1, which stays in the database, says of a tile of level 0."""
        shard, position = divmod(index, WIDTH)
        if self._above[0] != shard:
            self._above = (shard, await self._trees.tile(self._log, 1, shard) or b"")
        return self._above[1][position * 32 : position * 32 + 32]


def _frozen_event(index: int, leaf: bytes) -> RecordedEvent:
    try:
        event = check_halves(leaf, b"")
        recorded_at = int(datetime.fromisoformat(event["eventTime"]).timestamp() * 1000)
    except (IntegrityError, KeyError, TypeError, ValueError):
        raise IntegrityError(f"record {index} is no audit record", index=index, remedy="restore the shard from a copy") from None
    return RecordedEvent(index=index, recorded_at=recorded_at, event=event, erasable=None)
