"""Work that goes on though its caller leaves."""

from __future__ import annotations

import asyncio

import pytest

from ringwall.errors import Conflict
from ringwall.inference.under_way import UnderWay

pytestmark = pytest.mark.anyio


async def test_work_goes_on_though_its_caller_leaves_and_is_waited_for() -> None:
    under_way, begun, may_end, done = UnderWay(), asyncio.Event(), asyncio.Event(), list[str]()

    async def work() -> None:
        begun.set()
        await may_end.wait()
        done.append("work")

    caller = asyncio.create_task(under_way.to_the_end(work()))
    await begun.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert (len(under_way), done) == (1, [])
    closing = asyncio.create_task(under_way.ended())
    may_end.set()
    await closing
    assert (len(under_way), done) == (0, ["work"])


async def test_what_the_work_raises_is_its_callers_and_not_the_closers() -> None:
    under_way, begun = UnderWay(), asyncio.Event()

    async def fail() -> None:
        begun.set()
        await asyncio.sleep(0)
        raise Conflict("changed meanwhile")

    caller = asyncio.create_task(under_way.to_the_end(fail()))
    await begun.wait()
    await under_way.ended()
    with pytest.raises(Conflict):
        await caller


async def test_work_that_begins_while_one_waits_is_waited_for_too() -> None:
    under_way, done = UnderWay(), list[int]()

    async def count(left: int) -> None:
        await asyncio.sleep(0)
        done.append(left)
        if left:
            under_way.start(count(left - 1))

    under_way.start(count(3))
    await under_way.ended()
    assert done == [3, 2, 1, 0]
