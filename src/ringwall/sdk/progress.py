"""A bar in the terminal for work that takes longer than a moment; silent elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO

_QUIET_S = 1.0
_EVERY_S = 0.1
_WIDTH = 30


class Bar:
    """Shows how far a piece of work is, once it has taken a second, on a terminal only."""

    def __init__(self, title: str, *, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._title = title
        self._stream = sys.stderr if stream is None else stream
        self._clock = clock
        self._shown_at = clock() + _QUIET_S - _EVERY_S
        self._drawn = False

    def __call__(self, done: int, total: int) -> None:
        """Tell how many rows are done, of how many."""
        now = self._clock()
        if not self._stream.isatty() or now < self._shown_at + _EVERY_S:
            return
        self._shown_at = now
        share = min(done / total, 1.0) if total else 1.0
        filled = round(share * _WIDTH)
        self._stream.write(f"\r{self._title} [{'#' * filled}{'.' * (_WIDTH - filled)}] {share:4.0%} of {total:,} rows")
        self._stream.flush()
        self._drawn = True

    def close(self) -> None:
        """Take the bar away."""
        if self._drawn:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._drawn = False
