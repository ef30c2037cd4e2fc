"""Where scans run: short ones on the event loop, long ones in worker threads, with a bound on what waits.

A model is never asked on the loop (`ringwall.vocabulary.patience`): a short scan that comes to ask one is begun again in a thread.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from ringwall.inference.errors import ScansWaiting
from ringwall.telemetry import noting
from ringwall.vocabulary.patience import TakesLong, in_a_hurry

_Result = TypeVar("_Result")

WAITING_CHARACTERS = 64_000_000  # in queue and under way together; over it callers are throttled
THREADS = 2
ASKING_THREADS = 8  # of short scans that ask a model: most of them wait for their turn, and share it with the others
INLINE_CHARACTERS = {"c": 2_000, "python": 0}  # about 2 ms of scanning by interpreter; a hop to a thread costs about 0.1 ms


class Workers:
    """Runs pure functions over texts.

    inline_characters: texts up to this length are scanned on the loop.
    timer: seconds that only go forward, for latencies.
    """

    def __init__(
        self,
        *,
        inline_characters: int,
        threads: int = THREADS,
        waiting_characters: int = WAITING_CHARACTERS,
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._timer = timer
        self._inline = inline_characters
        self._limit = waiting_characters
        self._waiting = 0
        self._counting = threading.Lock()
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="ringwall-scan")
        self._asking = ThreadPoolExecutor(ASKING_THREADS, thread_name_prefix="ringwall-watch")

    async def run(self, characters: int, work: Callable[[], _Result]) -> tuple[_Result, int]:
        """Run `work`, which reads `characters` characters; return its result and the milliseconds it took, waiting included.

        Work on few characters must bear being begun again: it is, where it asks a model.

        Raises:
            ScansWaiting: too much is waiting already; `work` was not run.
        """
        begun = self._timer()
        threads = self._threads
        if characters <= self._inline:
            try:
                return in_a_hurry(work), self._since(begun)
            except TakesLong:
                threads = self._asking
        with self._counting:
            if self._waiting and self._waiting + characters > self._limit:
                raise ScansWaiting("more content waits to be scanned than is held in memory")
            self._waiting += characters
        try:
            future = threads.submit(work)
        except RuntimeError:  # the threads are shut down
            self._done(characters)
            raise
        future.add_done_callback(lambda _: self._done(characters))  # also where the caller left and the work was cancelled
        return await asyncio.wrap_future(future), self._since(begun)

    async def apart(self, work: Callable[[], _Result]) -> _Result:
        """Run work that is slow whatever it reads in a worker thread."""
        return await asyncio.wrap_future(self._threads.submit(work))

    @property
    def waiting_characters(self) -> int:
        """What waits for a thread, or is being read in one."""
        return self._waiting

    def _since(self, begun: float) -> int:
        elapsed_s = self._timer() - begun
        notes = noting.get()
        if notes is not None:
            notes.guardrail_s += elapsed_s
        return round(elapsed_s * 1000)

    def _done(self, characters: int) -> None:
        with self._counting:
            self._waiting -= characters

    def close(self) -> None:
        """Wait for what is under way and end the threads."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        self._asking.shutdown(wait=True, cancel_futures=True)
