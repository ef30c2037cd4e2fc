"""A process that answers lines with lines, within a time, and is killed and begun anew where it does not."""

from __future__ import annotations

import os
import selectors
import subprocess
import threading
import time
from collections.abc import Callable, Sequence

from ringwall.guardrails.code import ScannerFailed

ANSWER_BYTES = 8 << 20


class Child:
    """One process behind a lock.

    Invariant: an answer belongs to the question before it; a child that was late, died or said too much is never asked again.
    """

    def __init__(
        self, command: Sequence[str], *, timeout_s: float, start_timeout_s: float, timer: Callable[[], float] = time.monotonic
    ) -> None:
        self._command = tuple(command)
        self._timeout_s = timeout_s
        self._start_timeout_s = start_timeout_s
        self._timer = timer
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, line: bytes) -> bytes:
        """Send a line (its break included) and return the next one that comes back.

        Raises:
            ScannerFailed: no answer in time, or the child died.
        """
        with self._lock:
            fresh = self._process is None
            process = self._process = self._process or self._begin()
            deadline = self._timer() + self._timeout_s + (self._start_timeout_s if fresh else 0.0)
            try:
                return self._exchange(process, line, deadline)
            except BaseException:  # whatever ended the exchange, the child is in the middle of it: never asked again
                self._end()
                raise

    def close(self) -> None:
        """End the child; a later question begins another."""
        with self._lock:
            self._end()

    def _begin(self) -> subprocess.Popen[bytes]:
        try:
            process = subprocess.Popen(  # noqa: S603 - a command of ours, no shell
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "XDG_CACHE_HOME": os.devnull},  # a cache cannot be made there
                bufsize=0,
            )
        except OSError as error:
            raise ScannerFailed("a code scanner could not be started") from error
        for pipe in (process.stdin, process.stdout):
            os.set_blocking(pipe.fileno(), False)  # type: ignore[union-attr]
        return process

    def _exchange(self, process: subprocess.Popen[bytes], line: bytes, deadline: float) -> bytes:
        assert process.stdin is not None
        assert process.stdout is not None
        unsent, answer = memoryview(line), bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdin, selectors.EVENT_WRITE)
            selector.register(process.stdout, selectors.EVENT_READ)
            while not answer.endswith(b"\n"):
                ready = selector.select(max(deadline - self._timer(), 0.0))
                if self._timer() >= deadline:
                    raise ScannerFailed("a code scanner did not answer in time")
                for key, _ in ready:
                    if key.fileobj is process.stdin:
                        unsent = unsent[_write(process.stdin.fileno(), unsent) :]
                        if not unsent:
                            selector.unregister(process.stdin)
                    else:
                        answer += _read(process.stdout.fileno())
                        if len(answer) > ANSWER_BYTES:
                            raise ScannerFailed("a code scanner said too much")
        return bytes(answer)

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def _write(descriptor: int, line: memoryview) -> int:
    try:
        return os.write(descriptor, line)
    except BlockingIOError:
        return 0
    except OSError as error:
        raise ScannerFailed("a code scanner ended") from error


def _read(descriptor: int) -> bytes:
    try:
        read = os.read(descriptor, 1 << 16)
    except BlockingIOError:
        return b""
    if not read:
        raise ScannerFailed("a code scanner ended")
    return read
