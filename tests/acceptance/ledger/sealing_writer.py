"""A process that appends, seals and is killed: it says on stdout what was acknowledged: `entry INDEX LEAF` or `receipt INDEX BODY CHECKPOINT`."""

from __future__ import annotations

import asyncio
import base64
import itertools
import os
import sys
from pathlib import Path

from ringwall.keys import Keys, LogKeyStore, RootKeys
from ringwall.ledger import Ledger
from ringwall.storage.database import open_storage
from ringwall.vocabulary import system_clock


def tell(line: str) -> None:
    os.write(1, f"{line}\n".encode())  # one write, unbuffered: it is in the pipe whatever happens next


async def write(place: str, directory: str, run: str) -> None:
    storage = open_storage(place, clock=system_clock)
    keys = Keys(RootKeys({1: bytes(range(32))}))
    ledger = Ledger(storage, keys)
    await ledger.open(clock=system_clock, key_store=LogKeyStore(storage, keys, system_clock), directory=Path(directory))
    numbers = itertools.count()

    async def append() -> None:
        while True:
            leaf = f"{run}.{next(numbers)}"
            tell(f"entry {await storage.append('audit', '1', leaf.encode(), b'erasable')} {leaf}")

    async def put() -> None:
        while True:
            body = f"{run}.{next(numbers)}"
            receipt = await ledger.put_statement("1", body.encode())
            tell(f"receipt {receipt.index} {body} {base64.b64encode(receipt.checkpoint).decode()}")

    await asyncio.gather(*[append() for _ in range(8)], *[put() for _ in range(8)])


asyncio.run(write(*sys.argv[1:4]))
