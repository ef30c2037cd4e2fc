"""An answer on its way from an upstream."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator
from types import TracebackType
from typing import Any, Self

from ringwall.inference.upstreams.counting import Counted, Tally
from ringwall.wire.dialects.model import Event


class Answer(AsyncGenerator[Event, None]):
    """The events of one answer; the upstream is read only as they are taken.

    There is a `Usage` among them only where the upstream told one; `counted` is always there, and says when it is an estimate.

    Whoever stops before the end closes it (`async with`, `aclosing`): the connection ends at once. A cancelled reader has closed it.

    batches: the same events, those together that came together; for whoever takes nothing else.
    """

    def __init__(self, batches: AsyncGenerator[list[Event], None], tally: Tally) -> None:
        self.batches = batches
        self._here: deque[Event] = deque()
        self._tally = tally

    @property
    def counted(self) -> Counted:
        """The tokens by now, and whether they are an estimate; after the end or after closing, what the answer cost."""
        return self._tally.counted

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.aclose()

    async def asend(self, value: None) -> Event:
        """Return the next event."""
        while not self._here:
            self._here.extend(await self.batches.asend(value))
        return self._here.popleft()

    async def athrow(self, *raised: Any) -> Event:
        """Raise where the answer waits, which ends it."""
        self._here.clear()
        self._here.extend(await self.batches.athrow(*raised))
        return self._here.popleft()

    async def aclose(self) -> None:
        """Take no more: the connection to the upstream ends."""
        self._here.clear()
        await self.batches.aclose()
