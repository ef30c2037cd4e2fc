"""One group of operations as one transaction, and what becomes of it when the database refuses.

Rules this file upholds:
1. An outcome that is not an exception is returned only after COMMIT succeeded.
2. A Conflict undoes the batch it belongs to (a savepoint), not its neighbours.
3. Whatever else goes wrong undoes the whole transaction and drops the connection; if it was no failure of the database itself, each
   operation is then tried alone, so that one bad batch fails by itself.
4. Locks are taken in one order (the generation row, then trees by their logs' names, then logs by name), so that processes cannot deadlock.
It runs in the writer's thread only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import chain
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import PoolProxiedConnection

from ringwall.errors import Bug, Conflict, DependencyError, IntegrityError, NotFound, RingwallError
from ringwall.storage.driver_errors import is_retryable, translate
from ringwall.storage.location import BUSY_TIMEOUT_S
from ringwall.storage.operations import (
    Append,
    AppendAll,
    Apply,
    Freeze,
    GiveLeaseBack,
    KeepCheckpoint,
    Operation,
    Outcome,
    Seal,
    Shred,
    TakeLease,
)
from ringwall.storage.ports import Change, Delete, Document, Insert, Replace
from ringwall.storage.statements import Statements
from ringwall.storage.tree_transactions import run_tree_operation
from ringwall.vocabulary import Clock

_ROWS_AT_ONCE: Final = 256
_ATTEMPTS: Final = 3
_SWEEP_INTERVAL_S: Final = 60


class Transactions:
    """Makes transactions over one connection of its own.

    generation: the count of document changes after the last commit made here; read by the event loop.
    """

    def __init__(self, engine: Engine, statements: Statements, clock: Clock) -> None:
        self.generation = 0
        self._engine = engine
        self._sql = statements
        self._clock = clock
        self._driver_error: type[Exception] = engine.dialect.loaded_dbapi.Error
        self._held: PoolProxiedConnection | None = None
        self._swept_at = 0

    def commit(self, operations: Sequence[Operation]) -> Sequence[Outcome]:
        """Make one transaction of all operations; where that fails, say so to each. Never raises what the database raised."""
        for attempt in range(_ATTEMPTS):
            try:
                return self._attempt(operations)
            except (self._driver_error, SQLAlchemyError, RingwallError, TypeError, ValueError, OverflowError) as error:
                if is_retryable(error) and attempt + 1 < _ATTEMPTS:
                    continue
                if len(operations) == 1 or isinstance(_meaning(error), DependencyError):
                    return [_meaning(error) for _ in operations]
                break
        return list(chain.from_iterable(self.commit([operation]) for operation in operations))

    def release(self) -> None:
        """Give the connection back."""
        if self._held is not None:
            self._held.close()
            self._held = None

    def _attempt(self, operations: Sequence[Operation]) -> list[Outcome]:
        try:
            if self._held is None:
                self._held = self._engine.raw_connection()
            return self._run(self._held.cursor(), operations)
        except BaseException:  # cleaned up, and raised on
            self._drop_connection()
            raise

    def _run(self, cursor: DBAPICursor, operations: Sequence[Operation]) -> list[Outcome]:
        moment = self._clock().timestamp()
        now_ms = int(moment * 1000)
        outcomes: list[Outcome] = [0] * len(operations)
        appends: dict[str, list[tuple[int, Append]]] = {}
        others: list[tuple[int, Operation]] = []
        changing = [(position, operation) for position, operation in enumerate(operations) if isinstance(operation, Apply)]
        cursor.execute(self._sql.begin)
        generation = self._apply_all(cursor, changing, outcomes, int(moment)) if changing else 0
        for position, operation in enumerate(operations):
            if isinstance(operation, Append):
                appends.setdefault(operation.log, []).append((position, operation))
            elif not isinstance(operation, Apply):
                others.append((position, operation))
        batches = self._run_others(cursor, others, outcomes, now_ms) if others else {}
        for log in sorted({*appends, *batches}):
            if log in appends:
                self._append_all(cursor, log, appends[log], outcomes, now_ms)
            for position, batch in batches.get(log, ()):
                outcomes[position] = self._append_batch(cursor, batch, now_ms)
        cursor.execute("COMMIT")
        if generation:
            self.generation = generation
        if self._sql.dialect == "sqlite" and any(map(_erases, operations)):
            self._empty_write_ahead_log(cursor)
        cursor.close()
        return outcomes

    def _run_others(
        self, cursor: DBAPICursor, others: Sequence[tuple[int, Operation]], outcomes: list[Outcome], now_ms: int
    ) -> dict[str, list[tuple[int, AppendAll]]]:
        """Run what is rarer than appends and document changes; return the batches of entries, by log, that are still to be appended."""
        batches: dict[str, list[tuple[int, AppendAll]]] = {}
        for position, operation in sorted(others, key=lambda each: each[1].log if not isinstance(each[1], Apply) else ""):
            if isinstance(operation, AppendAll):
                batches.setdefault(operation.log, []).append((position, operation))
            elif isinstance(operation, Shred):
                outcomes[position] = self._shred(cursor, operation)
            elif isinstance(operation, TakeLease | GiveLeaseBack | Seal | KeepCheckpoint | Freeze):
                outcomes[position] = run_tree_operation(cursor, self._sql, operation, now_ms, self._driver_error)
        return batches

    def _empty_write_ahead_log(self, cursor: DBAPICursor) -> None:
        """Let no older version of a shredded page lie about in the log file.

        A reader that is in the way (a backup) is waited for only shortly: then the pages go when the log is next emptied, at the latest
        when ringwall stops.
        """
        with suppress(self._driver_error):  # the commit is made: what fails from here on must not undo its answer
            cursor.execute("PRAGMA busy_timeout = 200")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            cursor.fetchall()
            cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_S * 1000}")

    def _drop_connection(self) -> None:
        """Close the connection: whatever state it was in, the database rolls the transaction back."""
        held, self._held = self._held, None
        if held is not None:
            held.invalidate()

    # -- documents --

    def _apply_all(self, cursor: DBAPICursor, changing: Sequence[tuple[int, Apply]], outcomes: list[Outcome], now: int) -> int:
        generation = 0 if all(operation.quiet for _, operation in changing) else self._count_change(cursor)
        for position, operation in changing:
            outcomes[position] = self._apply(cursor, operation, now)
        if generation and now - self._swept_at >= _SWEEP_INTERVAL_S:  # under the lock of the count: sweepers do not meet
            self._swept_at = now
            cursor.execute(self._sql["sweep"], {"now": now})
        return generation

    def _count_change(self, cursor: DBAPICursor) -> int:
        cursor.execute(self._sql["bump_generation"])
        counted = cursor.fetchone()
        if counted is None:
            raise IntegrityError("the count of document changes is gone", remedy="stop ringwall and restore a backup")
        return int(counted[0])

    def _apply(self, cursor: DBAPICursor, operation: Apply, now: int) -> Outcome:
        cursor.execute("SAVEPOINT batch")
        try:
            for change in operation.changes:
                self._change(cursor, change, now)
        except Conflict as conflict:
            cursor.execute("ROLLBACK TO SAVEPOINT batch")
            return conflict
        except self._driver_error as error:
            translated = translate(error)
            if not isinstance(translated, Conflict):
                raise
            cursor.execute("ROLLBACK TO SAVEPOINT batch")
            return translated
        cursor.execute("RELEASE SAVEPOINT batch")
        return 0

    def _change(self, cursor: DBAPICursor, change: Change, now: int) -> None:
        match change:
            case Insert(document):
                self._insert(cursor, document, now)
            case Replace(document):
                self._replace(cursor, document, now)
            case Delete():
                self._delete(cursor, change, now)

    def _insert(self, cursor: DBAPICursor, document: Document, now: int) -> None:
        row = {
            "account_id": document.account_id,
            "kind": document.kind,
            "id": document.id,
            "key": document.key,
            "expires_at": document.expires_at,
            "body": document.body,
        }
        cursor.execute(self._sql["insert_document"], row)
        if cursor.rowcount == 1:
            return
        cursor.execute(
            self._sql["clear_expired_id"], {"account_id": document.account_id, "kind": document.kind, "id": document.id, "now": now}
        )
        cleared = cursor.rowcount
        cursor.execute(self._sql["clear_expired_key"], {"kind": document.kind, "key": document.key, "now": now})
        if cleared + cursor.rowcount:
            cursor.execute(self._sql["insert_document"], row)
            if cursor.rowcount == 1:
                return
        raise Conflict(f"the {document.kind} `{document.id}` or its key exists already", kind=document.kind, id=document.id)

    def _replace(self, cursor: DBAPICursor, document: Document, now: int) -> None:
        if document.key:
            cursor.execute(self._sql["clear_expired_key"], {"kind": document.kind, "key": document.key, "now": now})
        cursor.execute(
            self._sql["replace_document"],
            {
                "account_id": document.account_id,
                "kind": document.kind,
                "id": document.id,
                "revision": document.revision,
                "key": document.key,
                "expires_at": document.expires_at,
                "body": document.body,
                "now": now,
            },
        )
        if cursor.rowcount != 1:
            raise Conflict(f"the {document.kind} `{document.id}` was changed or removed meanwhile", kind=document.kind, id=document.id)

    def _delete(self, cursor: DBAPICursor, change: Delete, now: int) -> None:
        this: dict[str, object] = {"account_id": change.account_id, "kind": change.kind, "id": change.id}
        if not change.revision:
            cursor.execute(self._sql["delete_document"], this)
            return
        cursor.execute(self._sql["delete_revision"], {**this, "revision": change.revision})
        if cursor.rowcount == 1:
            return
        cursor.execute(self._sql["get"], {**this, "now": now})
        if cursor.fetchone() is not None:
            raise Conflict(f"the {change.kind} `{change.id}` was changed meanwhile", kind=change.kind, id=change.id)

    # -- logs --

    def _append_all(
        self, cursor: DBAPICursor, log: str, appends: Sequence[tuple[int, Append]], outcomes: list[Outcome], recorded_at: int
    ) -> None:
        log_id, size = self._extend(cursor, log, len(appends))
        first = size - len(appends)
        for start, count in _pieces(len(appends)):
            rows = [(operation.account_id, operation.leaf, operation.erasable) for _, operation in appends[start : start + count]]
            cursor.execute(*self._sql.insert_entries(log_id, first + start, recorded_at, rows))
        for index, (position, _) in enumerate(appends, first):
            outcomes[position] = index

    def _append_batch(self, cursor: DBAPICursor, batch: AppendAll, recorded_at: int) -> int:
        log_id, size = self._extend(cursor, batch.log, len(batch.leaves))
        first = size - len(batch.leaves)
        for start, count in _pieces(len(batch.leaves)):
            leaves = batch.leaves[start : start + count]
            cursor.execute(*self._sql.insert_leaves(log_id, first + start, recorded_at, batch.account_id, leaves))
        return first

    def _extend(self, cursor: DBAPICursor, log: str, count: int) -> tuple[int, int]:
        """Return the log's id and its size after making room for `count` entries."""
        for _ in range(_ATTEMPTS):
            cursor.execute(self._sql["extend_log"], {"log": log, "count": count})
            found = cursor.fetchone()
            if found is not None:
                return found[0], found[1]
            cursor.execute(self._sql["create_log"], {"log": log})
        raise Bug("a log could not be created", log=log)

    def _shred(self, cursor: DBAPICursor, operation: Shred) -> Outcome:
        cursor.execute(self._sql["shred"], {"log": operation.log, "position": operation.index, "nothing": b""})
        if cursor.rowcount != 1:
            return NotFound(f"the log has no entry {operation.index}", index=operation.index)
        return 0


def _erases(operation: Operation) -> bool:
    return isinstance(operation, Shred) or (isinstance(operation, Apply) and operation.erase)


def _pieces(rows: int) -> Iterator[tuple[int, int]]:
    """Cut rows into pieces of powers of two, (start, count): the driver keeps the prepared statement of each size."""
    start = 0
    while start < rows:
        count = min(_ROWS_AT_ONCE, 1 << (rows - start).bit_length() - 1)
        yield start, count
        start += count


def _meaning(error: Exception) -> RingwallError:
    return error if isinstance(error, RingwallError) else translate(error)
