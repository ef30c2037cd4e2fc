"""Events of an answer in batches, as links take them, and out of batches, as tests look at them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

from ringwall.inference.gateway.batches import Batches
from ringwall.wire.dialects.model import Event


async def one_by_one(events: AsyncGenerator[Event, None]) -> Batches:
    """Put every event in a batch of its own."""
    try:
        async for event in events:
            yield [event]
    finally:
        await events.aclose()


async def singly(batches: Batches) -> AsyncGenerator[Event, None]:
    """Take events out of their batches, which never are empty."""
    try:
        async for batch in batches:
            assert batch
            for event in batch:
                yield event
    finally:
        await batches.aclose()


def grouped(events: Sequence[Event], at_once: int) -> list[list[Event]]:
    """Put events in batches of so many."""
    return [list(events[begin : begin + at_once]) for begin in range(0, len(events), at_once)]
