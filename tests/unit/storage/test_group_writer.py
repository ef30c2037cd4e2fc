"""The queue in front of the writer is bounded in operations and in bytes, and takes more when it has been worked off."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence

import pytest

from ringwall.errors import DependencyError, Throttled
from ringwall.storage.group_writer import WAITING_BYTES, WAITING_OPERATIONS, GroupWriter
from ringwall.storage.operations import Append, Operation, Outcome

pytestmark = pytest.mark.anyio


class Gate:
    """Commits whatever comes, once it is opened."""

    def __init__(self) -> None:
        self.opened = threading.Event()

    def commit(self, operations: Sequence[Operation]) -> Sequence[Outcome]:
        self.opened.wait(60)
        return list(range(len(operations)))


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.opened.set()


def append(size_bytes: int) -> Append:
    return Append("log", "111122223333", b"", b"", size_bytes)


BOUNDS = {"bytes": [WAITING_BYTES // 2] * 2, "operations": [0] * WAITING_OPERATIONS}


@pytest.mark.parametrize("sizes", BOUNDS.values(), ids=BOUNDS)
async def test_what_waits_is_bounded(gate: Gate, sizes: list[int]) -> None:
    writer = GroupWriter(gate.commit, release=lambda: None)
    waiting = [writer.submit(append(size)) for size in sizes]
    with pytest.raises(Throttled):
        writer.submit(append(1))
    gate.opened.set()
    await asyncio.gather(*waiting)
    await writer.submit(append(1))
    writer.stop_accepting()
    with pytest.raises(DependencyError):
        writer.submit(append(1))
    await asyncio.to_thread(writer.close)


class Counter:
    """Counts how many operations each commit was made of."""

    def __init__(self) -> None:
        self.groups: list[int] = []

    def commit(self, operations: Sequence[Operation]) -> Sequence[Outcome]:
        self.groups.append(len(operations))
        return [0] * len(operations)


async def test_where_there_was_company_the_next_commit_waits_for_it() -> None:
    counter = Counter()
    writer = GroupWriter(counter.commit, release=lambda: None)
    await asyncio.gather(*[writer.submit(append(1)) for _ in range(8)])
    waiting = []
    for _ in range(8):  # each in a turn of the loop of its own
        waiting.append(writer.submit(append(1)))
        await asyncio.sleep(0)
    await asyncio.gather(*waiting)
    assert counter.groups == [8, 8]
    writer.stop_accepting()
    await asyncio.to_thread(writer.close)


async def test_whoever_is_alone_is_committed_alone_and_soon() -> None:
    counter = Counter()
    writer = GroupWriter(counter.commit, release=lambda: None)
    await asyncio.gather(*[writer.submit(append(1)) for _ in range(8)])
    await writer.submit(append(1))  # the company does not come: the hold ends
    for _ in range(3):
        await writer.submit(append(1))
    assert counter.groups == [8, 1, 1, 1, 1]
    writer.stop_accepting()
    await asyncio.to_thread(writer.close)


async def test_what_is_held_is_committed_when_the_writer_stops() -> None:
    counter = Counter()
    writer = GroupWriter(counter.commit, release=lambda: None)
    await asyncio.gather(*[writer.submit(append(1)) for _ in range(8)])
    held = writer.submit(append(1))
    writer.stop_accepting()
    await held
    await asyncio.to_thread(writer.close)
    assert counter.groups == [8, 1]
