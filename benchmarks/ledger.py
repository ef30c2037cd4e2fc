"""The transparency log in figures, beside plain SQLite and pymerkle: `python benchmarks/ledger.py`.

    --entries N     the size of the log that is grown, reopened and proved from (default 1,000,000; 10,000,000 takes a quarter of an hour)
    --growth F.csv  what an entry costs as the log grows; `python benchmarks/plot.py F.csv F.svg` draws it

Rates per core are of the CPU time of the whole process, all threads; wall rates depend on the disk and on what else runs. Every database is
SQLite with WAL and synchronous=FULL in a temporary directory. pymerkle runs in an environment of its own, made in `.clients` on first use.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ringwall.keys import Keys, LogKeyStore, RootKeys
from ringwall.ledger import STATEMENT_LOG, Ledger
from ringwall.ledger.sequencer import Sequencer
from ringwall.storage import open_storage
from ringwall.vocabulary import system_clock

LEAF_BYTES = 213
BATCH = 1000
PEER = Path(".clients/peer-pymerkle")
PEER_PROGRAM = """
import os, sys, time
from pymerkle import SqliteTree
tree = SqliteTree(os.path.join(sys.argv[1], "peer.db"), algorithm="sha256")
leaves = [os.urandom(213) for _ in range(int(sys.argv[2]))]
cpu = time.process_time()
for leaf in leaves:
    tree.append_entry(leaf)
print((time.process_time() - cpu) / len(leaves) * 1e6)
"""


def leaves(count: int) -> list[bytes]:
    data = os.urandom(count * LEAF_BYTES)
    return [data[at : at + LEAF_BYTES] for at in range(0, len(data), LEAF_BYTES)]


class House:
    """One ledger over SQLite in a directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.storage = open_storage(directory, clock=system_clock)
        self.keys = Keys(RootKeys({1: bytes(range(32))}))
        self.key_store = LogKeyStore(self.storage, self.keys, system_clock)
        self.ledger = Ledger(self.storage, self.keys)

    async def open(self) -> None:
        await self.ledger.open(clock=system_clock, key_store=self.key_store, directory=self.directory / "ledger")

    async def close(self) -> None:
        await self.ledger.close()
        await self.storage.close()


def plain_sqlite(directory: Path, count: int) -> float:
    """Insert the same bytes with nothing around them; CPU us each."""
    database = sqlite3.connect(directory / "plain.db", isolation_level=None)
    for statement in (
        "PRAGMA journal_mode = WAL",
        "PRAGMA synchronous = FULL",
        "CREATE TABLE entry (position INTEGER PRIMARY KEY, leaf BLOB)",
    ):
        database.execute(statement)
    given = leaves(count)
    cpu = time.process_time()
    for start in range(0, count, BATCH):
        database.execute("BEGIN IMMEDIATE")
        database.executemany("INSERT INTO entry (leaf) VALUES (?)", [(leaf,) for leaf in given[start : start + BATCH]])
        database.execute("COMMIT")
    spent = (time.process_time() - cpu) / count * 1e6
    database.close()
    return spent


def pymerkle(directory: Path, count: int) -> float | None:
    """Append to pymerkle's tree in SQLite; CPU us each."""
    python = PEER / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", PEER], check=True)
        made = subprocess.run([python, "-m", "pip", "install", "-q", "pymerkle==7.0.0"], check=False)
        if made.returncode:
            return None
    output = subprocess.run([python, "-c", PEER_PROGRAM, str(directory), str(count)], check=True, stdout=subprocess.PIPE, text=True).stdout
    return float(output)


async def batches(directory: Path, count: int) -> tuple[float, float, float]:
    """Append batches and seal each: CPU us an entry, of which for appending, and wall entries a second."""
    house = House(directory)
    sequencer = Sequencer(house.storage, "bench", house.key_store, system_clock)
    await sequencer.open()
    given = leaves(count)
    appending = 0.0
    wall, cpu = time.perf_counter(), time.process_time()
    for start in range(0, count, BATCH):
        began = time.process_time()
        await house.storage.append_all("bench", "111111111111", given[start : start + BATCH])
        appending += time.process_time() - began
        await sequencer.seal()
    result = ((time.process_time() - cpu) / count * 1e6, appending / count * 1e6, count / (time.perf_counter() - wall))
    await sequencer.close()
    await house.storage.close()
    return result


async def writers(directory: Path, concurrency: int, count: int, *, statements: bool) -> tuple[float, float]:
    """Append one by one from many writers, sealing beside it: CPU us an entry, wall entries a second."""
    house = House(directory)
    await house.open()
    given = iter(leaves(count))

    async def work() -> None:
        for leaf in given:
            if statements:
                await house.ledger.put_statement("111111111111", leaf)
            else:
                await house.storage.append("audit", "111111111111", leaf, b"")

    wall, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*[work() for _ in range(concurrency)])
    result = ((time.process_time() - cpu) / count * 1e6, count / (time.perf_counter() - wall))
    await house.close()
    return result


async def grow(directory: Path, entries: int) -> list[tuple[int, float]]:
    """Grow a log to a size; return CPU us an entry at sizes on the way, four to a decade from 10,000 on."""
    house = House(directory)
    sequencer = Sequencer(house.storage, STATEMENT_LOG, house.key_store, system_clock)
    await sequencer.open()
    marks = [mark for mark in (round(10 ** (power / 4)) // BATCH * BATCH for power in range(16, 40)) if mark <= entries]
    series: list[tuple[int, float]] = []
    size, window_start, window_cpu = 0, 0, time.process_time()
    for mark in [*marks, entries]:
        while size < mark:
            if size >= max(window_start, mark - 100 * BATCH) and window_start < mark - 100 * BATCH:
                window_start, window_cpu = size, time.process_time()  # the last 100 batches before the mark
            await house.storage.append_all(STATEMENT_LOG, "111111111111", leaves(BATCH))
            size += BATCH
            await sequencer.seal()
        if size > window_start and mark in marks:
            series.append((size, (time.process_time() - window_cpu) / (size - window_start) * 1e6))
            window_start, window_cpu = size, time.process_time()
    await sequencer.close()
    await house.storage.close()
    return series


async def reopen_and_prove(directory: Path, entries: int) -> tuple[float, float, float]:
    """Reopen a log and prove entries of it: milliseconds to check what was signed, wall and CPU milliseconds a proof."""
    house = House(directory)
    sequencer = Sequencer(house.storage, STATEMENT_LOG, house.key_store, system_clock)
    await sequencer.keys()
    began = time.perf_counter()
    await sequencer.open()
    opened = (time.perf_counter() - began) * 1e3
    await sequencer.close()
    await house.open()
    log = house.ledger.log(STATEMENT_LOG)
    await log.inclusion_proof(0)
    count = 200
    wall, cpu = time.perf_counter(), time.process_time()
    for turn in range(count):
        await log.inclusion_proof(turn * (entries - 1) // count)
    result = (opened, (time.perf_counter() - wall) / count * 1e3, (time.process_time() - cpu) / count * 1e3)
    await house.close()
    return result


def say(what: str, figure: float, unit: str, note: str = "") -> None:
    print(f"{what:<56} {figure:>12,.1f} {unit:<16} {note}", flush=True)


async def main(entries: int, growth: Path | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        plain = plain_sqlite(root, 200_000)
        say("plain SQLite insert, batches of 1,000", 1e6 / plain, "/s/core")
        whole, appending, wall = await batches(root / "batches", 200_000)
        say("append and seal, batches of 1,000", 1e6 / whole, "/s/core", f"{plain / whole:.2f} of plain SQLite; {wall:,.0f} /s wall")
        say("  of which sealing: hash, tiles, two signatures", whole - appending, "us an entry")
        peer = pymerkle(root, 3_000)
        if peer is not None:
            say("pymerkle 7.0.0 SqliteTree", 1e6 / peer, "/s/core", f"ringwall is {peer / whole:.0f} times as fast")
        for concurrency in (16, 256):
            each, rate = await writers(root / f"writers{concurrency}", concurrency, 40_000, statements=False)
            say(f"{concurrency} writers, one entry each, sealed beside", rate, "/s wall", f"{each:.1f} us CPU each")
        each, rate = await writers(root / "statements", 256, 10_000, statements=True)
        say("256 writers of statements, each answered with a proof", rate, "/s wall", f"{each:.1f} us CPU each")
        series = await grow(root / "grown", entries)
        opened, proof, proof_cpu = await reopen_and_prove(root / "grown", entries)
        say(f"reopen a log of {entries:,} entries, all checks", opened, "ms")
        say("inclusion proof from it, verified", proof, "ms wall", f"{proof_cpu:.2f} ms CPU")
        size = sum(file.stat().st_size for file in (root / "grown").glob("ringwall.db*"))
        say("database", size / entries, "bytes an entry", f"of which {LEAF_BYTES} are the entry")
        if growth is not None:
            with growth.open("w", newline="") as file:
                table = csv.writer(file, lineterminator="\n")
                table.writerow(["part", "entries", "cpu_us_per_entry"])
                table.writerows(["append and seal", at, f"{cost:.2f}"] for at, cost in series)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--growth", type=Path)
    arguments = parser.parse_args()
    asyncio.run(main(arguments.entries // BATCH * BATCH, arguments.growth))
