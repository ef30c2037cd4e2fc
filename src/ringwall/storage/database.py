"""The storage over a database: readers in a few threads, writes through the group writer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from ringwall.errors import DependencyError, InvalidRequest
from ringwall.storage.driver_errors import translate
from ringwall.storage.group_writer import GroupWriter
from ringwall.storage.limits import ID_BYTES, PAGE_DOCUMENTS, check_batch, check_changes, check_entry, check_identifiers, check_name
from ringwall.storage.location import Location, make_engine, refuse_early_acknowledgement
from ringwall.storage.migrate import migrate
from ringwall.storage.operations import Append, AppendAll, Apply, Shred
from ringwall.storage.ports import Change, Document, Entry
from ringwall.storage.statements import Statements, statements_for
from ringwall.storage.transaction import Transactions
from ringwall.storage.trees import TreeStore
from ringwall.vocabulary import Clock

_READERS: Final = 4
_PAGE_ENTRIES: Final = 500
_POLL_INTERVAL_S: Final = 0.5
_END: Final = 2**62


def open_storage(url_or_dir: str | Path, *, clock: Clock, poll_interval_s: float = _POLL_INTERVAL_S) -> DatabaseStorage:
    """Open the storage, creating or migrating it where needed. Blocks: call it before serving.

    Args:
        url_or_dir: a directory (SQLite in its `ringwall.db`) or `postgresql://USER@HOST/DATABASE`.
        clock: what `expires_at` is compared with and entries are dated by; also called from the writer's thread.
        poll_interval_s: how old the view of other processes' changes may be, see `Storage.generation`.

    Raises:
        SettingsError: not a place to store in; a schema newer than this release; a server that acknowledges before it is safe.
        DependencyError: the database does not answer.
        IntegrityError: the database is damaged.
    """
    location = Location.parse(url_or_dir)
    engine = make_engine(location, connections=_READERS + 1)
    try:
        refuse_early_acknowledgement(engine)
        migrate(engine)
        return DatabaseStorage(engine, statements_for(location.dialect), clock, poll_interval_s)
    except SQLAlchemyError as error:
        engine.dispose()
        raise translate(error) from None
    except BaseException:  # cleaned up, and raised on
        engine.dispose()
        raise


class DatabaseStorage:
    """`Storage` (ports.py has the contract) over SQLite or PostgreSQL; belongs to the event loop that uses it first."""

    def __init__(self, engine: Engine, statements: Statements, clock: Clock, poll_interval_s: float) -> None:
        self._engine = engine
        self._sql = statements
        self._clock = clock
        self._transactions = Transactions(engine, statements, clock)
        self._writer = GroupWriter(self._transactions.commit, release=self._transactions.release)
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="ringwall-storage-reader")
        self._driver_error: type[Exception] = engine.dialect.loaded_dbapi.Error
        self._closed = False
        self._trees = TreeStore(statements, self._read, self._writer.submit)
        self._poll_interval_s = poll_interval_s
        self._polled_generation = -1
        self._poll_after = 0.0
        self._poll: asyncio.Task[None] | None = None

    # -- documents --

    async def get(self, account_id: str, kind: str, id: str) -> Document | None:
        """Return the document as last committed."""
        check_identifiers(account_id, kind, id)
        rows = await self._read(self._sql["get"], {"account_id": account_id, "kind": kind, "id": id, "now": self._now()})
        return _document(rows[0]) if rows else None

    async def find(self, kind: str, key: str) -> Document | None:
        """Return the document with this unique key, in whichever account."""
        check_name(kind, "document kind")
        check_name(key, "document key", ID_BYTES)
        rows = await self._read(self._sql["find"], {"kind": kind, "key": key, "now": self._now()})
        return _document(rows[0]) if rows else None

    async def list(self, account_id: str, kind: str, *, prefix: str = "", after: str = "", limit: int = 1000) -> Sequence[Document]:
        """Return documents in id order, ids > `after` that start with `prefix`."""
        check_name(account_id, "account id")
        check_name(kind, "document kind")
        check_name(prefix, "prefix", ID_BYTES, may_be_empty=True)
        check_name(after, "start", ID_BYTES, may_be_empty=True)
        if not 1 <= limit <= PAGE_DOCUMENTS:
            raise InvalidRequest(f"a page holds 1 to {PAGE_DOCUMENTS} documents", limit=limit)
        values = {"account_id": account_id, "kind": kind, "prefix": prefix, "after": after, "now": self._now(), "count": limit}
        beyond = _beyond(prefix)
        if beyond:
            return [_document(row) for row in await self._read(self._sql["list_below"], {**values, "beyond": beyond})]
        return [_document(row) for row in await self._read(self._sql["list"], values)]

    async def apply(self, *changes: Change, quiet: bool = False, erase: bool = False) -> None:
        """Make all changes or none; durable (fsync) when it returns."""
        if changes:
            await self._writer.submit(Apply(changes, check_changes(changes), quiet, erase))

    async def generation(self) -> int:
        """Return a number that differs after any committed document change by any process."""
        if asyncio.get_running_loop().time() >= self._poll_after:
            # Everyone who comes while a poll is under way waits for it: a database that hangs must not make old permissions last.
            if self._poll is None:
                self._poll = asyncio.get_running_loop().create_task(self._poll_generation())
            await asyncio.shield(self._poll)
        return max(self._polled_generation, self._transactions.generation)

    # -- logs --

    async def append(self, log: str, account_id: str, leaf: bytes, erasable: bytes = b"") -> int:
        """Append one entry; durable when it returns its index."""
        return await self._writer.submit(Append(log, account_id, leaf, erasable, check_entry(log, account_id, leaf, erasable)))

    async def append_all(self, log: str, account_id: str, leaves: Sequence[bytes]) -> int:
        """Append entries without erasable parts; durable when it returns the first one's index."""
        batch = tuple(leaves)
        return await self._writer.submit(AppendAll(log, account_id, batch, check_batch(log, account_id, batch)))

    async def shred(self, log: str, index: int) -> None:
        """Overwrite the erasable part of one entry with nothing; its leaf stays."""
        check_name(log, "log name")
        if not 0 <= index < _END:
            raise InvalidRequest("an index is a count from 0", index=index)
        await self._writer.submit(Shred(log, index))

    async def entries(
        self,
        log: str,
        *,
        start: int = 0,
        end: int | None = None,
        account_id: str | None = None,
        newest_first: bool = False,
        at_once: int = _PAGE_ENTRIES,
    ) -> AsyncIterator[Entry]:
        """Iterate the committed entries with start <= index < end, in index order or against it."""
        check_name(log, "log name")
        if start < 0 or (end is not None and not 0 <= end <= _END):
            raise InvalidRequest("an index is a count from 0", start=start, end=end)
        if not 1 <= at_once <= _PAGE_ENTRIES:
            raise InvalidRequest(f"1 to {_PAGE_ENTRIES} entries are read at once", at_once=at_once)
        name = ("account_entries" if account_id is not None else "entries") + ("_newest_first" if newest_first else "")
        low, high = min(start, _END), _END if end is None else end
        values: dict[str, object] = {"log": log, "count": at_once}
        if account_id is not None:
            check_name(account_id, "account id")
            values["account_id"] = account_id
        while low < high:
            rows = await self._read(self._sql[name], {**values, "low": low, "high": high})
            for row in rows:
                yield Entry(index=row[0], leaf=row[1], erasable=row[2], account_id=row[3], recorded_at=row[4])
            if len(rows) < at_once:
                return
            if newest_first:
                high = rows[-1][0]
            else:
                low = rows[-1][0] + 1

    async def log_size(self, log: str) -> int:
        """Return the number of committed entries."""
        check_name(log, "log name")
        rows = await self._read(self._sql["log_size"], {"log": log})
        return int(rows[0][0]) if rows else 0

    @property
    def trees(self) -> TreeStore:
        """The Merkle trees over the logs."""
        return self._trees

    # -- life --

    async def close(self) -> None:
        """Finish what is under way, then release every handle."""
        if self._closed:
            return
        self._closed = True
        self._writer.stop_accepting()
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, self._writer.close)
        await loop.run_in_executor(None, self._readers.shutdown)
        self._engine.dispose()

    def _now(self) -> int:
        return int(self._clock().timestamp())

    async def _poll_generation(self) -> None:
        try:
            rows = await self._read(self._sql["read_generation"], {})
            self._polled_generation = max(self._polled_generation, int(rows[0][0]))
            self._poll_after = asyncio.get_running_loop().time() + self._poll_interval_s
        finally:
            self._poll = None

    async def _read(self, sql: str, values: Mapping[str, object]) -> Sequence[Any]:
        if self._closed:
            raise DependencyError("the storage is closed")
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read_in_thread, sql, values)

    def _read_in_thread(self, sql: str, values: Mapping[str, object]) -> Sequence[Any]:
        connection = None
        try:
            connection = self._engine.raw_connection()
            cursor = connection.cursor()
            cursor.execute(sql, values)
            rows: Sequence[Any] = cursor.fetchall()
            cursor.close()
        except (self._driver_error, SQLAlchemyError) as error:
            if connection is not None:
                connection.invalidate()
                connection = None
            raise translate(error) from None
        finally:
            if connection is not None:
                connection.close()
        return rows


def _document(row: Sequence[Any]) -> Document:
    account_id, kind, id, body, revision, key, expires_at = row  # noqa: A001 - the column's name
    return Document(account_id=account_id, kind=kind, id=id, body=body, revision=revision, key=key, expires_at=expires_at)


def _beyond(prefix: str) -> str:
    """Return the smallest text greater than every text that starts with `prefix`; empty if there is none."""
    while prefix:
        last = ord(prefix[-1])
        if last < 0x10FFFF:
            # The surrogates between U+D7FF and U+E000 are no characters that a database stores.
            return prefix[:-1] + chr(0xE000 if last == 0xD7FF else last + 1)
        prefix = prefix[:-1]
    return ""
