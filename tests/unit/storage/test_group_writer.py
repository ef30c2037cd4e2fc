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
