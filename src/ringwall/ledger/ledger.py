"""The ledger as the other rooms call it.

Rules this file upholds: `record` returns after the commit, never before; a record that cannot be written raises, and then the answer it
was about must not leave; a tenant sees its own records only; nothing that is read is trusted before `check_halves` has seen it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ringwall.crypto import RootBuilder, leaf_hash, random_piece
from ringwall.errors import IntegrityError, InvalidRequest, NotFound
from ringwall.keys import Keys
from ringwall.ledger.leaf import SALT_BYTES, check_halves, decode_erasable, split_record
from ringwall.ledger.reading import RecordedEvent, RecordPage, Verification
from ringwall.storage import Entry, Storage
from ringwall.vocabulary import AuditRecord

AUDIT_LOG: Final = "audit"
_PAGE: Final = 1000
_READ_A_PAGE: Final = 5000


class Ledger:
    """The audit records of all accounts, in one log."""

    def __init__(self, storage: Storage, keys: Keys, *, random_bytes: Callable[[int], bytes] = random_piece) -> None:
        self._storage = storage
        self._keys = keys
        self._random_bytes = random_bytes

    async def record(self, record: AuditRecord) -> int:
        """Write one record and return its index after its commit, which it shares with whatever else waits.

        Raises:
            DependencyError: the storage did not take it; the answer that it is about must not leave.
            InvalidRequest, LimitExceeded: the record itself cannot be held; the same goes.
        """
        halves = split_record(record, self._keys, self._random_bytes(SALT_BYTES))
        return await self._storage.append(AUDIT_LOG, record.recipient_account_id, halves.leaf, halves.erasable)

    async def lookup(
        self,
        account_id: str,
        *,
        start: int | None = None,
        limit: int = 50,
        event_name: str | None = None,
        event_source: str | None = None,
        error_code: str | None = None,
    ) -> RecordPage:
        """Return an account's records, newest first, beginning at index `start` (None: the newest).

        Raises:
            InvalidRequest: a limit outside of 1 to 1000, or a negative start.
            IntegrityError: a stored record is not what was written.
        """
        if not 1 <= limit <= _PAGE or (start is not None and start < 0):
            raise InvalidRequest(f"a page holds 1 to {_PAGE} records and begins at an index from 0 on")
        wanted = {"eventName": event_name, "eventSource": event_source, "errorCode": error_code}
        wanted = {name: value for name, value in wanted.items() if value is not None}
        found: list[RecordedEvent] = []
        read = 0
        end = None if start is None else start + 1
        async for entry in self._storage.entries(AUDIT_LOG, end=end, account_id=account_id, newest_first=True):
            if len(found) == limit or read == _READ_A_PAGE:
                return RecordPage(records=tuple(found), next=entry.index)
            read += 1
            event = _checked(entry)
            if all(event.event.get(name) == value for name, value in wanted.items()):
                found.append(event)
        return RecordPage(records=tuple(found), next=None)

    async def shred(self, account_id: str, index: int) -> None:
        """Destroy the erasable half of one of an account's records; the leaf and every proof about it stay valid.

        Raises:
            NotFound: the account has no record at this index.
        """
        async for entry in self._storage.entries(AUDIT_LOG, start=index, end=index + 1, account_id=account_id):
            await self._storage.shred(AUDIT_LOG, entry.index)
            return
        raise NotFound(f"the account has no record {index}", index=index)

    async def verify(self) -> Verification:
        """Walk the whole ledger: indexes without a gap, canonical leaves, erasable halves that match them.

        Whoever can write to the database can also replace a leaf by another valid one, with a half to match: that shows when the root is
        compared with one that was kept elsewhere, which is what signed checkpoints are for.

        Raises:
            IntegrityError: the first record that is not as it was written, by index.
        """
        size = await self._storage.log_size(AUDIT_LOG)
        builder = RootBuilder()
        shredded = 0
        async for entry in self._storage.entries(AUDIT_LOG, end=size):
            if entry.index != builder.size:
                raise IntegrityError(f"record {builder.size} is missing", index=builder.size)
            _checked(entry)
            shredded += not entry.erasable
            builder.add(leaf_hash(entry.leaf))
        if builder.size != size:
            raise IntegrityError(f"the ledger should have {size} records and has {builder.size}", index=builder.size)
        return Verification(entries=size, shredded=shredded, root=builder.root().hex())


def _checked(entry: Entry) -> RecordedEvent:
    try:
        event = check_halves(entry.leaf, entry.erasable)
    except IntegrityError as error:
        raise IntegrityError(f"record {entry.index}: {error.message}", index=entry.index, remedy="restore a backup and compare") from None
    if event.get("recipientAccountId") != entry.account_id:
        raise IntegrityError(f"record {entry.index} is filed under another account than its leaf names", index=entry.index)
    return RecordedEvent(index=entry.index, recorded_at=entry.recorded_at, event=event, erasable=decode_erasable(entry.erasable))
