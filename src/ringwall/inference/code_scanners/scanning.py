"""Where the gateway's code is scanned: threads of their own beside the event loop, over scanners that stay warm."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from ringwall.guardrails.code import CodeScanner, ScannerAbsent
from ringwall.inference.code_scanners.pool import AbsentScanner, Closing, ScannerPool
from ringwall.inference.code_scanners.python_scanner import PythonScanner
from ringwall.inference.code_scanners.semgrep_scanner import SemgrepScanner
from ringwall.inference.errors import ScansWaiting

CHILDREN = 2
"""Scans at once, and warm processes for Python. semgrep has a process for each piece, and so never more than this."""

WAITING = 256
"""Answers whose code waits for a thread; over it they are throttled."""

ANSWER_S = 60.0
"""For all code of one answer, its wait for a thread left out."""

_Result = TypeVar("_Result")


class CodeScanning:
    """Runs work that waits for code scanners.

    scanners: those that there are, and stand-ins for those that there should be.
    missing: why Python, which every guess falls back to, cannot be read; None where it can.
    """

    def __init__(
        self,
        scanners: Sequence[Closing],
        *,
        missing: ScannerAbsent | None = None,
        threads: int = CHILDREN,
        waiting: int = WAITING,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self.scanners: tuple[CodeScanner, ...] = tuple(scanners)
        self.missing = missing
        self.timer = timer
        self._closing = tuple(scanners)
        self._limit = waiting
        self._waiting = 0
        self._counting = threading.Lock()
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="ringwall-code")

    async def run(self, work: Callable[[], _Result]) -> _Result:
        """Run work in a thread.

        Raises:
            ScansWaiting: too many wait; `work` was not run.
        """
        with self._counting:
            if self._waiting >= self._limit:
                raise ScansWaiting("more code waits to be scanned than is kept waiting")
            self._waiting += 1
        try:
            future = self._threads.submit(work)
        except RuntimeError:  # the threads are shut down
            self._done()
            raise
        future.add_done_callback(lambda _: self._done())  # also where the caller left
        return await asyncio.wrap_future(future)

    def _done(self) -> None:
        with self._counting:
            self._waiting -= 1

    def close(self) -> None:
        """Wait for the scans under way, each of which takes a bounded time, and end the processes."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        for scanner in self._closing:
            scanner.close()


def open_scanning(semgrep: str = "") -> CodeScanning:
    """Make the scanners that there are.

    A semgrep that is named and absent blocks its languages; one that is not named leaves them unscanned.

    Args:
        semgrep: the path of the program, or "".
    """
    missing = None
    scanners: list[Closing] = []
    try:
        scanners.append(ScannerPool(PythonScanner, size=CHILDREN))
    except ScannerAbsent as error:
        missing = error
        scanners.append(AbsentScanner(error, name="bandit", languages=PythonScanner.languages))
    if semgrep:
        try:
            scanners.append(SemgrepScanner(Path(semgrep)))
        except ScannerAbsent as error:
            scanners.append(AbsentScanner(error, name="semgrep", languages=SemgrepScanner.languages))
    return CodeScanning(scanners, missing=missing)
