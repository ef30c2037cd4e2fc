"""Work that goes on though the caller who began it leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


class UnderWay:
    """Tasks that are held until they end: the loop itself holds tasks weakly. Whoever makes one waits for `ended` before closing."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        """Return how many have not ended."""
        return len(self._tasks)

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Begin work beside the caller."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def to_the_end(self, work: Coroutine[Any, Any, None]) -> None:
        """Do work, and wait for it; a caller that is cancelled meanwhile does not stop it. Raises what the work raises."""
        await asyncio.shield(self.start(work))

    async def ended(self) -> None:
        """Wait until nothing is under way; what the work raises was for its own callers."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))
