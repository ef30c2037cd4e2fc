"""Write down the schema of this release with a little in it: `python tests/integration/storage/released/write_dump.py VERSION`.

Run once per release whose schema differs from the one before it; a dump that is there is never written again. Every later release must bring
each of these to its own schema (test_released.py).
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from ringwall.storage import Document, Insert, Replace
from ringwall.storage.database import open_storage


def standing_clock() -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC)


async def fill(directory: Path) -> None:
    storage = open_storage(directory, clock=standing_clock)
    await storage.apply(
        Insert(Document(account_id="111111111111", kind="guardrail", id="abcdefghijkl", body=b'{"name":"demo"}')),
        Insert(
            Document(account_id="222222222222", kind="access-key", id="one", body=bytes(range(32)), key="AKIAEXAMPLE", expires_at=2**40)
        ),
    )
    await storage.apply(
        Replace(Document(account_id="111111111111", kind="guardrail", id="abcdefghijkl", body=b'{"name":"d\xc3\xa9mo"}', revision=1))
    )
    for turn in range(3):
        await storage.append("audit", "111111111111", b'{"leaf":%d}' % turn, b"erasable")
    await storage.shred("audit", 1)
    await storage.close()


def main(version: str) -> None:
    target = Path(__file__).with_name(f"{version}.sql")
    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(fill(Path(directory)))
        database = sqlite3.connect(Path(directory) / "ringwall.db")
        text = "\n".join(database.iterdump()) + "\n"
        database.close()
    with target.open("x", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main(sys.argv[1])
