"""How an answer goes from link to link: in batches of the events that came together, so that a link costs little for each.

Rules it upholds: what leaves does not depend on how events were batched; what a link let leave before it failed has left; where a link ends
the answer, the one before it is closed at once, or when it has said what a whole answer cost.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Protocol

from ringwall.errors import RingwallError
from ringwall.wire.dialects.model import BlockDelta, BlockStart, BlockStop, Event, MessageStart, MessageStop, Usage

Batches = AsyncGenerator[list[Event], None]
"""An answer's events as they come, those that came together."""


class Link(Protocol):
    """Something that an answer passes."""

    @property
    def intervened(self) -> bool:
        """Whether it ended the answer."""
        ...

    async def take(self, event: BlockStart | BlockDelta | BlockStop | MessageStop) -> list[Event]:
        """Take an event, and return what may leave by now."""
        ...


async def passed_on(link: Link, batches: Batches) -> Batches:
    """Yield what may leave; close `batches` when no more will. Raises what the link raises."""
    async with aclosing(batches):
        whole = False  # the link ended an answer that had come whole: what it cost comes next
        async for batch in batches:
            out: list[Event] = []
            failure: RingwallError | None = None
            try:
                whole = await _take_all(link, batch, out, whole=whole)
            except RingwallError as error:
                failure = error
            if out:
                yield out
            if failure is not None:
                raise failure
            if link.intervened and not whole:
                return


async def _take_all(link: Link, batch: list[Event], out: list[Event], *, whole: bool) -> bool:
    """Have a link take a batch's events, and put in `out` what may leave; say whether it ended an answer that had come whole."""
    for event in batch:
        if isinstance(event, Usage) or (isinstance(event, MessageStart) and not whole):
            out.append(event)
        elif not isinstance(event, MessageStart) and not whole:
            out += await link.take(event)
            if link.intervened:
                if not isinstance(event, MessageStop):
                    return False
                whole = True
    return whole
