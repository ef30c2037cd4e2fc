"""A process that writes until it is killed, and says on stdout what was acknowledged: `entry INDEX LEAF` or `pair ID`."""

from __future__ import annotations

import asyncio
import itertools
import os
import sys

from ringwall.storage import Document, Insert
from ringwall.storage.database import open_storage
from ringwall.vocabulary import system_clock


def tell(line: str) -> None:
    os.write(1, f"{line}\n".encode())  # one write, unbuffered: it is in the pipe whatever happens next


async def write(place: str, run: str) -> None:
    storage = open_storage(place, clock=system_clock)
    numbers = itertools.count()

    async def append() -> None:
        while True:
            leaf = f"{run}.{next(numbers)}"
            index = await storage.append("audit", "1", leaf.encode(), bytes(300))
            tell(f"entry {index} {leaf}")

    async def insert_pair() -> None:
        while True:
            id = f"{run}.{next(numbers)}"  # noqa: A001
            await storage.apply(*[Insert(Document(account_id="1", kind=half, id=id, body=bytes(200))) for half in ("left", "right")])
            tell(f"pair {id}")

    await asyncio.gather(*[append() for _ in range(8)], *[insert_pair() for _ in range(4)])


asyncio.run(write(sys.argv[1], sys.argv[2]))
