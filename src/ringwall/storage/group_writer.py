"""One thread that commits, and the queue in front of it: everything that waits shares the next commit.

Rules this file upholds: an operation is answered exactly once, after its commit; one wake-up of the event loop per commit; a bounded
queue; after `close` nothing is accepted and everything accepted before has been answered. What a commit does is another file's subject
(`transaction.py`); it comes as the argument `commit`, which runs in the thread.

A commit costs the same for one operation as for twenty, so the next one waits for company where there was company: until as many
operations are gathered as the last commit answered, for `HOLD_S` at most. A caller that is alone waits for nobody.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from queue import SimpleQueue
from typing import Final

from ringwall.errors import Bug, DependencyError, Throttled
from ringwall.storage.operations import Operation, Outcome

Ticket = tuple[Operation, "asyncio.Future[int]"]
Commit = Callable[[Sequence[Operation]], Sequence[Outcome]]

WAITING_OPERATIONS: Final = 10_000
WAITING_BYTES: Final = 256 * 1024 * 1024
HOLD_S: Final = 0.004
_GROUP_OPERATIONS: Final = 512
_GROUP_BYTES: Final = 32 * 1024 * 1024


class GroupWriter:
    """Serialises the writes of one event loop into group commits."""

    def __init__(self, commit: Commit, *, release: Callable[[], None]) -> None:
        """Start the thread.

        Args:
            commit: makes one transaction of a group and returns an outcome per operation, in order.
            release: called in the thread when all is done.
        """
        self._commit = commit
        self._release = release
        self._inbox: SimpleQueue[list[Ticket] | None] = SimpleQueue()
        self._gathered: list[Ticket] = []
        self._company = 1  # how many operations the last commit answered
        self._handing_over: asyncio.Handle | None = None  # what was asked of the event loop: at the end of this turn,
        self._holding: asyncio.TimerHandle | None = None  # or when the hold is over
        self._waiting = 0
        self._waiting_bytes = 0
        self._closed = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="ringwall-storage-writer", daemon=True)
        self._thread.start()

    def submit(self, operation: Operation) -> asyncio.Future[int]:
        """Queue an operation; the future is done after the commit it was part of.

        Raises:
            DependencyError: the storage is closed.
            Throttled: too much waits already.
        """
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._bind(loop)
        if self._closed:
            raise DependencyError("the storage is closed")
        if self._waiting >= WAITING_OPERATIONS or self._waiting_bytes + operation.size_bytes > WAITING_BYTES:
            raise Throttled("more writes wait than the database can take", remedy="send fewer requests at once", waiting=self._waiting)
        future: asyncio.Future[int] = loop.create_future()
        self._gathered.append((operation, future))
        self._see_off(loop)
        self._waiting += 1
        self._waiting_bytes += operation.size_bytes
        return future

    def close(self) -> None:
        """Accept nothing more, answer what was accepted, end the thread. Blocks; the event loop calls it through an executor."""
        self._thread.join()

    def stop_accepting(self) -> None:
        """Refuse new operations and let the thread end when the queue is empty (in the event loop)."""
        if not self._closed:
            self._closed = True
            self._hand_over()
            self._inbox.put(None)

    def _bind(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._loop is not None and not self._loop.is_closed():
            raise Bug("a storage belongs to the event loop that used it first")
        self._hand_over()  # what a loop left behind when it ended; its futures are cancelled
        self._loop = loop

    def _see_off(self, loop: asyncio.AbstractEventLoop) -> None:
        """Have what is gathered handed over: now, if the company is complete, or when the hold is over."""
        if self._handing_over is not None:
            return
        if len(self._gathered) >= self._company:
            # Whatever else this turn of the loop submits goes over to the thread with one wake-up.
            self._handing_over = loop.call_soon(self._hand_over)
        elif self._holding is None:
            self._holding = loop.call_later(HOLD_S, self._hand_over)

    def _hand_over(self) -> None:
        for handle in (self._handing_over, self._holding):
            if handle is not None:
                handle.cancel()
        self._handing_over = self._holding = None
        gathered, self._gathered = self._gathered, []
        if gathered:
            self._inbox.put(gathered)

    def _answer(self, group: Sequence[Ticket], outcomes: Sequence[Outcome]) -> None:
        """Give each caller its outcome (in the event loop)."""
        self._company = len(group)
        if self._gathered and self._loop is not None:
            self._see_off(self._loop)  # fewer may be expected now than when they were held
        for (operation, future), outcome in zip(group, outcomes, strict=True):
            self._waiting -= 1
            self._waiting_bytes -= operation.size_bytes
            if future.cancelled():
                continue
            if isinstance(outcome, Exception):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)

    def _run(self) -> None:
        running = True
        while running:
            tickets: list[Ticket] = []
            batch = self._inbox.get()
            while batch is not None:
                tickets += batch
                if self._inbox.empty():
                    break
                batch = self._inbox.get()
            running = batch is not None
            for group in _groups(tickets):
                self._commit_and_answer(group)
        self._release()

    def _commit_and_answer(self, group: Sequence[Ticket]) -> None:
        try:
            outcomes = self._commit([operation for operation, _ in group])
        except Exception as error:  # noqa: BLE001 - the worker loop's rim: whatever broke, the callers hear of it and the thread lives on
            outcomes = [Bug("the storage writer broke a promise", error=type(error).__name__) for _ in group]
        try:
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._answer, group, outcomes)
        except RuntimeError:
            return  # the loop is closed: nobody waits any more


def _groups(tickets: Sequence[Ticket]) -> Iterator[Sequence[Ticket]]:
    """Cut what waits into groups that fit one transaction."""
    start = 0
    size = 0
    for position, (operation, _) in enumerate(tickets):
        if position > start and (position - start >= _GROUP_OPERATIONS or size + operation.size_bytes > _GROUP_BYTES):
            yield tickets[start:position]
            start, size = position, 0
        size += operation.size_bytes
    if tickets:
        yield tickets[start:]
