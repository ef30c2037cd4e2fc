"""Storage and ledger, in figures: `python benchmarks/storage.py [PLACE]` (default: SQLite in a temporary directory).

CPU is that of the whole process, all threads, per operation; rates are of the wall clock and depend on how fast the disk flushes.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from ringwall.keys import open_keys
from ringwall.ledger import Ledger
from ringwall.storage import Document, Insert
from ringwall.storage.database import open_storage
from ringwall.vocabulary import AuditRecord, system_clock

LEAF, ERASABLE = bytes(700), bytes(300)
RECORD = AuditRecord(
    event_id="0b3f3c5e-0000-4000-8000-000000000001",
    event_time="2026-01-01T00:00:00.000Z",
    event_source="bedrock-runtime.amazonaws.com",
    event_name="ApplyGuardrail",
    aws_region="us-east-1",
    recipient_account_id="111111111111",
    request_id="0b3f3c5e-0000-4000-8000-000000000002",
    user_identity={"type": "IAMUser", "arn": "arn:aws:iam::111111111111:user/erika"},
    source_ip_address="203.0.113.7",
    user_agent="Boto3/1.44",
    read_only=False,
    resources=("arn:aws:bedrock:us-east-1:111111111111:guardrail/abcdefghijkl",),
    ringwall={
        "digests": ["hmac-sha256:1:" + "0" * 64],
        "findings": [{"rule": "pii/EMAIL", "span": [3, 20], "view": ["base64"], "confidence": 0.98} for _ in range(3)],
        "coverage": {"characters": 1000, "views": ["raw", "fold", "base64"]},
    },
)


async def measure(name: str, operation: Callable[[], Awaitable[object]], concurrency: int, count: int) -> None:
    async def work() -> None:
        for _ in range(count // concurrency):
            await operation()

    await asyncio.gather(*[work() for _ in range(concurrency)])  # warm
    best: tuple[float, float] = (0.0, 0.0)
    for _ in range(3):
        wall, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*[work() for _ in range(concurrency)])
        rate = count / (time.perf_counter() - wall)
        best = max(best, (rate, (time.process_time() - cpu) / count * 1e6))
    print(f"{name:<16} concurrency {concurrency:>3}   {best[0]:>8,.0f} /s   {best[1]:>6.1f} us CPU each")


async def main(place: str, data_dir: Path) -> None:
    storage = open_storage(place, clock=system_clock)
    ledger = Ledger(storage, await open_keys(storage, data_dir=data_dir, environ={}))
    for concurrency, count in ((1, 500), (16, 8_000), (64, 16_000)):
        await measure("append", lambda: storage.append("bench", "111111111111", LEAF, ERASABLE), concurrency, count)
    for concurrency, count in ((1, 500), (16, 8_000), (64, 16_000)):
        await measure("ledger.record", lambda: ledger.record(RECORD), concurrency, count)
    if await storage.get("111111111111", "bench", "a") is None:
        await storage.apply(Insert(Document(account_id="111111111111", kind="bench", id="a", body=bytes(500))))
    for concurrency, count in ((1, 2_000), (16, 8_000)):
        await measure("get", lambda: storage.get("111111111111", "bench", "a"), concurrency, count)
    await measure("generation", storage.generation, 1, 20_000)
    numbers = iter(range(10**9))
    run = time.time_ns()
    for concurrency, count in ((1, 500), (16, 4_000)):
        await measure(
            "apply (insert)",
            lambda: storage.apply(Insert(Document(account_id="111111111111", kind="bench", id=f"{run}-{next(numbers)}", body=bytes(500)))),
            concurrency,
            count,
        )
    await storage.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        parser = argparse.ArgumentParser(description=__doc__)
        parser.add_argument("place", nargs="?", default=directory, help="a data directory or a database URL")
        asyncio.run(main(parser.parse_args().place, Path(directory)))
