"""The ledger as the other rooms call it.

Rules this file upholds: `record` returns after the commit, never before; a record that cannot be written raises, and then the answer it
was about must not leave; a tenant sees its own records only; nothing that is read is trusted before `check_halves` has seen it; a receipt
is given only for what is under a signed checkpoint.

Audit records are answered when they are durable, and are under a checkpoint within a moment; statements wait for theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from ringwall.crypto import random_piece
from ringwall.errors import DependencyError, IntegrityError, InvalidRequest, NotFound
from ringwall.keys import Keys, LogKeys, LogKeyStore
from ringwall.ledger.frozen import FrozenRecords
from ringwall.ledger.leaf import SALT_BYTES, check_halves, decode_erasable, split_record
from ringwall.ledger.memory import CheckpointFile
from ringwall.ledger.new_origin import NewOrigin, WriteEntry, begin_new_origin
from ringwall.ledger.reading import RecordedEvent, RecordPage, Verification
from ringwall.ledger.sequencer import Sequencer
from ringwall.ledger.shards import Shards, shard_folder
from ringwall.ledger.transparency import Consistency, Receipt, TransparencyLog
from ringwall.ledger.walk import Progress, Walk
from ringwall.storage import Entry, Storage
from ringwall.vocabulary import AuditRecord, Clock

AUDIT_LOG: Final = "audit"
STATEMENT_LOG: Final = "statements"
LOGS: Final = (AUDIT_LOG, STATEMENT_LOG)
_PAGE: Final = 1000
_READ_A_PAGE: Final = 5000
_BUNDLES_A_PAGE: Final = 64  # of 256 frozen entries of all accounts, about 50 ms
_END: Final = 2**62


class Ledger:
    """The audit records of all accounts in one log, and signed statements in another; each log is a tree that is signed as it grows."""

    def __init__(self, storage: Storage, keys: Keys, *, random_bytes: Callable[[int], bytes] = random_piece) -> None:
        """Prepare a ledger that records; `open` makes it one that is sealed and proves."""
        self._storage = storage
        self._keys = keys
        self._random_bytes = random_bytes
        self._sequencers: dict[str, Sequencer] = {}
        self._logs: dict[str, TransparencyLog] = {}
        self._shards: dict[str, Shards] = {}
        self._frozen: dict[str, FrozenRecords] = {}
        self._key_store: LogKeyStore | None = None

    async def open(self, *, clock: Clock, key_store: LogKeyStore, directory: Path | None = None) -> None:
        """Check each log against what was signed of it, then seal from now on.

        Args:
            clock: for the times in signatures.
            key_store: has the logs' keys.
            directory: for the last checkpoints and frozen shards, outside of the database; None: neither is kept.

        Raises:
            IntegrityError: the database does not hold what was signed; nothing was started.
            DependencyError: the database does not answer.
        """
        self.prepare(clock=clock, key_store=key_store, directory=directory)
        for sequencer in self._sequencers.values():
            await sequencer.open()
        for sequencer in self._sequencers.values():
            sequencer.start()

    def prepare(self, *, clock: Clock, key_store: LogKeyStore, directory: Path | None = None) -> None:
        """Make the ledger one that can be read, verified and proved from, and seals nothing; arguments as for `open`."""
        for name in LOGS:
            memory = None if directory is None else CheckpointFile(directory / name / "checkpoint")
            self._shards[name] = Shards(None if directory is None else shard_folder(directory, name))
            self._sequencers[name] = Sequencer(self._storage, name, key_store, clock, memory, self._shards[name])
            if directory is not None:
                self._frozen[name] = FrozenRecords(name, self._storage.trees, self._shards[name])
            self._logs[name] = TransparencyLog(name, self._storage.trees, self._sequencers[name], self._shards[name])
        self._key_store = key_store

    async def close(self) -> None:
        """Seal what is left, and let the next process seal."""
        for sequencer in self._sequencers.values():
            await sequencer.close()

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
        """Return an account's records, newest first, beginning at index `start` (None: the newest): the database's, then the shards'.

        Raises:
            InvalidRequest: a limit outside of 1 to 1000, or a negative start.
            IntegrityError: a stored record is not what was written, or a frozen one is missing.
        """
        if not 1 <= limit <= _PAGE or (start is not None and start < 0):
            raise InvalidRequest(f"a page holds 1 to {_PAGE} records and begins at an index from 0 on")
        wanted = {"eventName": event_name, "eventSource": event_source, "errorCode": error_code}
        page = _Page(limit, {name: value for name, value in wanted.items() if value is not None})
        read, below = 0, _END if start is None else start + 1
        async for entry in self._storage.entries(AUDIT_LOG, end=below, account_id=account_id, newest_first=True):
            if page.is_full or read == _READ_A_PAGE:
                return page.until(entry.index)
            read, below = read + 1, entry.index
            page.look_at(_checked(entry))
        return await self._lookup_frozen(account_id, page, below)

    async def _lookup_frozen(self, account_id: str, page: _Page, below: int) -> RecordPage:
        """Go on in the shards, where what is older than the database lies."""
        frozen = self._frozen.get(AUDIT_LOG)
        if frozen is None:
            return page.until(None)
        # Asked for after the database was read: what was frozen meanwhile was seen there, or lies below.
        below = min(below, (await self._storage.trees.head(AUDIT_LOG)).first)
        bundles = 0
        async for bundle in frozen.newest_first(account_id, below):
            for record in bundle.records:
                if page.is_full:
                    return page.until(record.index)
                page.look_at(record)
            bundles += 1
            if bundles == _BUNDLES_A_PAGE and bundle.first:
                return page.until(bundle.first - 1)
        return page.until(None)

    async def shred(self, account_id: str, index: int) -> None:
        """Destroy the erasable half of one of an account's records; the leaf and every proof about it stay valid.

        A record that was frozen has none any more.

        Raises:
            NotFound: the account has no record at this index.
        """
        async for entry in self._storage.entries(AUDIT_LOG, start=index, end=index + 1, account_id=account_id):
            await self._storage.shred(AUDIT_LOG, entry.index)
            return
        frozen = self._frozen.get(AUDIT_LOG)
        if frozen is not None and 0 <= index < (await self._storage.trees.head(AUDIT_LOG)).first and await frozen.own(account_id, index):
            return
        raise NotFound(f"the account has no record {index}", index=index)

    # -- the logs --

    def log(self, name: str) -> TransparencyLog:
        """Return a log by its name.

        Raises:
            NotFound: there is none of this name.
            DependencyError: this ledger was not opened.
        """
        if name not in LOGS:
            raise NotFound(f"there is no log `{name[:100]}`", remedy=f"the logs are {' and '.join(LOGS)}")
        if name not in self._logs:
            raise DependencyError("the ledger is not open")
        return self._logs[name]

    async def checkpoint(self, log: str) -> bytes:
        """Return a log's newest checkpoint, a signed note."""
        return await self.log(log).checkpoint()

    async def read(self, log: str, path: str) -> bytes:
        """Return a static resource of a log in the layout of tlog-tiles."""
        return await self.log(log).read(path)

    async def inclusion_proof(self, log: str, index: int) -> Receipt:
        """Prove that an entry is in a log, against its newest checkpoint."""
        return await self.log(log).inclusion_proof(index)

    async def consistency_proof(self, log: str, old_size: int, size: int) -> Consistency:
        """Prove that a log only grew between two sizes."""
        return await self.log(log).consistency_proof(old_size, size)

    async def sealed(self, log: str, index: int) -> int:
        """Wait until an entry is under a checkpoint; return the size of that tree."""
        return await self.log(log).sealed(index)

    async def put_statement(self, account_id: str, body: bytes, envelope: bytes = b"") -> Receipt:
        """Append a statement, and return its proof once it is under a signed checkpoint.

        Args:
            account_id: whose it is.
            body: what the log holds for ever.
            envelope: what was signed; the entry's erasable half.

        Raises:
            LimitExceeded: more than 65,535 bytes.
            DependencyError: not stored, or not sealed; whoever puts it again makes a second entry.
        """
        log = self.log(STATEMENT_LOG)
        index = await self._storage.append(STATEMENT_LOG, account_id, body, envelope)
        size = await log.sealed(index)
        try:
            return await log.inclusion_proof(index, size=size)
        except NotFound:  # another process sealed, and the checkpoint was thinned out meanwhile: the newest one covers it, too
            return await log.inclusion_proof(index)

    async def rotate_key(self, log: str) -> LogKeys:
        """Begin to sign a log with a new key; the next checkpoint carries both.

        Raises:
            Conflict: a rotation is under way.
        """
        self.log(log)
        assert self._key_store is not None
        return await self._key_store.rotate(log)

    async def begin_origin(self, log: str, write_entry: WriteEntry) -> NewOrigin:
        """Let a log that was rolled back go on under a new origin, which an entry of it tells; on a ledger that was prepared, not opened.

        Raises:
            Conflict: the log can go on as it is, or another process seals it.
            IntegrityError: the log does not hold what it signed itself.
        """
        self.log(log)
        assert self._key_store is not None
        return await begin_new_origin(self._sequencers[log], self._key_store, write_entry)

    async def freeze(self, log: str, *, keep: int) -> int:
        """Move a log's oldest entries out of the database into frozen shards of 65,536, and return how many; at least `keep` stay.

        Erasable halves are not moved: they end. Proofs, checkpoints and indexes stay as they are.

        Raises:
            Conflict: another process seals the log.
        """
        self.log(log)
        if keep < 0:
            raise InvalidRequest("a number of entries to keep is not negative", keep=keep)
        return await self._sequencers[log].freeze(keep)

    async def verify(self, log: str = AUDIT_LOG, *, progress: Progress | None = None) -> Verification:
        """Walk a whole log: indexes without a gap, entries, tiles and checkpoints that fit each other and the log's keys; of audit records
        also that leaves are canonical and erasable halves are theirs.

        Raises:
            IntegrityError: the first thing that is not as it was written, by its name.
            DependencyError: this ledger was not opened.
        """
        self.log(log)
        keys = await self._sequencers[log].keys()
        check = _is_whole if log == AUDIT_LOG else None
        found = await Walk(self._storage, keys, self._shards[log], check, progress).run()
        await self._sequencers[log].check()
        return found


class _Page:
    """A page of records that is being filled."""

    def __init__(self, limit: int, wanted: Mapping[str, str]) -> None:
        self._limit = limit
        self._wanted = wanted
        self._found: list[RecordedEvent] = []

    @property
    def is_full(self) -> bool:
        """Whether no more records fit."""
        return len(self._found) == self._limit

    def look_at(self, record: RecordedEvent) -> None:
        """Take a record if it is one that is looked for."""
        if all(record.event.get(name) == value for name, value in self._wanted.items()):
            self._found.append(record)

    def until(self, following: int | None) -> RecordPage:
        """Return the page as it is; `following` is where the next one begins."""
        return RecordPage(records=tuple(self._found), next=following)


def _is_whole(entry: Entry) -> bool:
    _checked(entry)
    return bool(entry.erasable)


def _checked(entry: Entry) -> RecordedEvent:
    try:
        event = check_halves(entry.leaf, entry.erasable)
    except IntegrityError as error:
        raise IntegrityError(f"record {entry.index}: {error.message}", index=entry.index, remedy="restore a backup and compare") from None
    if event.get("recipientAccountId") != entry.account_id:
        raise IntegrityError(f"record {entry.index} is filed under another account than its leaf names", index=entry.index)
    return RecordedEvent(index=entry.index, recorded_at=entry.recorded_at, event=event, erasable=decode_erasable(entry.erasable))
