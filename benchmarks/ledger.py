"""The transparency log in figures, beside plain SQLite and pymerkle: `python benchmarks/ledger.py`.

    --entries N     the size of the log that is grown, reopened and proved from (default 1,000,000; 10,000,000 takes about five minutes)
    --growth F.csv  what an entry costs as the log grows; `python benchmarks/plot.py F.csv F.svg` draws it

Rates per core are of the CPU time of the whole process, all threads, the best of ROUNDS; wall rates depend on the disk and on what else
runs. Every database is SQLite with WAL and synchronous=FULL in a temporary directory. pymerkle runs in an environment of its own, made in
`.clients` on first use.

Two plain baselines insert the same bytes in the same batches, with nothing around them: into one column, and as the row that an entry is
(its log and place, whose it is, when it came, its erasable half, and the index by account). What the tree costs shows beside the second.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import hashlib
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ringwall.crypto.rekor import sign_and_log
from ringwall.crypto.statements import AUDIT_ENTRY, IN_TOTO, make_statement
from ringwall.crypto.verifier_keys import EnvelopeSigner
from ringwall.keys import Keys, LogKeyStore, RootKeys
from ringwall.ledger import STATEMENT_LOG, Ledger
from ringwall.ledger.attestations import Attestor
from ringwall.ledger.sequencer import Sequencer
from ringwall.storage.database import open_storage
from ringwall.vocabulary import system_clock

LEAF_BYTES = 213
BATCH = 1000
ROUNDS = 3
ACCOUNT = "111111111111"
SEALINGS = {
    "not": "append, batches of 1,000, not sealed",
    "beside": "append, sealed beside as a server does",
    "each": "append and seal, a checkpoint per batch",
}
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


ONE_COLUMN = ("CREATE TABLE entry (position INTEGER PRIMARY KEY, leaf BLOB)",)
SAME_ROW = (
    "PRAGMA secure_delete = ON",
    """CREATE TABLE entry (log_id INTEGER NOT NULL, position BIGINT NOT NULL, account_id TEXT NOT NULL, recorded_at BIGINT NOT NULL,
    leaf BLOB NOT NULL, erasable BLOB NOT NULL, PRIMARY KEY (log_id, position))""",
    "CREATE INDEX entry_account ON entry (account_id, log_id, position)",
)


def plain_sqlite(directory: Path, count: int, *, same_row: bool) -> float:
    """Insert the same bytes with nothing around them; CPU us each."""
    directory.mkdir()
    database = sqlite3.connect(directory / "plain.db", isolation_level=None)
    for statement in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", *(SAME_ROW if same_row else ONE_COLUMN)):
        database.execute(statement)
    given = leaves(count)
    cpu = time.process_time()
    for start in range(0, count, BATCH):
        batch = given[start : start + BATCH]
        database.execute("BEGIN IMMEDIATE")
        if same_row:
            at = int(time.time() * 1000)
            rows = [(1, start + place, ACCOUNT, at, leaf, b"") for place, leaf in enumerate(batch)]
            database.executemany("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?)", rows)
        else:
            database.executemany("INSERT INTO entry (leaf) VALUES (?)", [(leaf,) for leaf in batch])
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
    figures = []
    for turn in range(ROUNDS):
        place = directory / f"peer{turn}"
        place.mkdir()
        run = subprocess.run([python, "-c", PEER_PROGRAM, str(place), str(count)], check=True, stdout=subprocess.PIPE, text=True)
        figures.append(float(run.stdout))
    return min(figures)


async def batches(directory: Path, count: int, sealing: str) -> tuple[float, float]:
    """Append batches, each durable when it is answered, until all is sealed that is to be: CPU us an entry, and wall entries a second.

    Args:
        directory: for the database.
        count: entries.
        sealing: `not`, `beside` (as a running server does) or `each` (a checkpoint per batch, waited for).
    """
    house = House(directory)
    sequencer = Sequencer(house.storage, "bench", house.key_store, system_clock)
    await sequencer.open()
    await sequencer.keys()
    given = leaves(count)
    wall, cpu = time.perf_counter(), time.process_time()
    if sealing == "beside":
        sequencer.start()
    for start in range(0, count, BATCH):
        await house.storage.append_all("bench", ACCOUNT, given[start : start + BATCH])
        if sealing == "each":
            await sequencer.seal()
    if sealing == "beside":
        await sequencer.sealed(count - 1)
    result = ((time.process_time() - cpu) / count * 1e6, count / (time.perf_counter() - wall))
    await sequencer.close()
    await house.storage.close()
    return result


async def signed(directory: Path, count: int) -> tuple[float, float]:
    """Sign statements, make Rekor entries of them, append those with their envelopes and seal each batch: CPU us of signing, and of all."""
    house = House(directory)
    sequencer = Sequencer(house.storage, STATEMENT_LOG, house.key_store, system_clock)
    await sequencer.open()
    await sequencer.keys()
    signer = EnvelopeSigner(bytes(range(32)))
    statements = [statement(turn) for turn in range(count)]
    signing = 0.0
    cpu = time.process_time()
    for start in range(0, count, BATCH):
        began = time.process_time()
        made = [sign_and_log(IN_TOTO, each, [signer]) for each in statements[start : start + BATCH]]
        signing += time.process_time() - began
        await asyncio.gather(*[house.storage.append(STATEMENT_LOG, ACCOUNT, body, envelope.to_json()) for envelope, body in made])
        await sequencer.seal()
    result = (signing / count * 1e6, (time.process_time() - cpu) / count * 1e6)
    await sequencer.close()
    await house.storage.close()
    return result


def statement(turn: int) -> bytes:
    """Return an in-toto statement about some data set."""
    digest = hashlib.sha256(str(turn).encode()).hexdigest()
    return make_statement(AUDIT_ENTRY, {f"data-set-{turn}": digest}, {"metadata": {"rows": turn}, "salt": digest[:32]}).to_json()


async def writers(directory: Path, concurrency: int, count: int, *, statements: bool) -> tuple[float, float]:
    """Append one by one from many writers, sealing beside it: CPU us an entry, wall entries a second."""
    house = House(directory)
    await house.open()
    given = iter(leaves(count))
    attestor = Attestor(house.storage, house.keys, house.ledger)

    async def work() -> None:
        for leaf in given:
            if statements:
                subject = {"data-set": hashlib.sha256(leaf).hexdigest()}
                await attestor.attest(
                    ACCOUNT, AUDIT_ENTRY, subject, {"metadata": {}}, by="arn:aws:iam::111111111111:root", at=system_clock()
                )
            else:
                await house.storage.append("audit", ACCOUNT, leaf, b"")

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
            await house.storage.append_all(STATEMENT_LOG, ACCOUNT, leaves(BATCH))
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
        plain = min(plain_sqlite(root / f"plain{turn}", 200_000, same_row=False) for turn in range(ROUNDS))
        say("plain SQLite insert into one column, batches of 1,000", 1e6 / plain, "/s/core")
        rows = min(plain_sqlite(root / f"rows{turn}", 200_000, same_row=True) for turn in range(ROUNDS))
        say("plain SQLite insert of the row that an entry is", 1e6 / rows, "/s/core")
        spent: dict[str, float] = {}
        for sealing, what in SEALINGS.items():
            found = [await batches(root / f"{sealing}{turn}", 200_000, sealing) for turn in range(ROUNDS)]
            spent[sealing], wall = min(found)
            ratios = f"{plain / spent[sealing]:.2f} and {rows / spent[sealing]:.2f} of plain; {wall:,.0f} /s wall"
            say(what, 1e6 / spent[sealing], "/s/core", ratios)
        peer = pymerkle(root, 3_000)
        if peer is not None:
            times = ", ".join(f"{peer / spent[sealing]:.0f}" for sealing in SEALINGS)
            say("pymerkle 7.0.0 SqliteTree", 1e6 / peer, "/s/core", f"the three rows above are {times} times as fast")
        signing, each = min([await signed(root / f"signed{turn}", 20_000) for turn in range(ROUNDS)], key=lambda found: found[1])
        say(
            "signed Rekor entries with envelopes, appended and sealed",
            1e6 / each,
            "/s/core",
            f"{each:.1f} us each, of which signing {signing:.1f}",
        )
        for concurrency in (16, 256):
            each, rate = await writers(root / f"writers{concurrency}", concurrency, 40_000, statements=False)
            say(f"{concurrency} writers, one entry each, sealed beside", rate, "/s wall", f"{each:.1f} us CPU each")
        each, rate = await writers(root / "statements", 256, 10_000, statements=True)
        say("256 writers of statements, signed, each with its proof", rate, "/s wall", f"{each:.1f} us CPU each: {1e6 / each:,.0f} /s/core")
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
