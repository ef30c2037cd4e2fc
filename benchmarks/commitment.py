"""Commitments to tables: GB/s and rows a second of one core, beside the hash functions' own speed and starfix.

    python benchmarks/commitment.py                # ringwall, hashlib, blake3; starfix where its environment is there
    python benchmarks/commitment.py --install      # make that environment first (.clients/peer-starfix, from the package index)
    python benchmarks/commitment.py --growth F.csv # CPU from 10^3 rows to --rows, for plot.py

The table is a million rows of ten mixed columns (whole numbers, floats, three texts, a dictionary, booleans, times; nulls in two), about
118 bytes a row, in memory. Figures are process CPU: the best of `--rounds`, so that other work on the machine counts least. The bytes are
Arrow's own (`nbytes`). starfix is another hash of logical tables, in Python; it has no tree and no proofs, and is given 50,000 rows.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import blake3
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq

from ringwall.data.commitment import SaltKey, commit, open_source, prove_row
from ringwall.data.inspection import inspect

ROOT = Path(__file__).resolve().parent.parent
STARFIX = ROOT / ".clients" / "peer-starfix"
WORDS = [f"w{index:05d}" for index in range(20_000)]
SALTS = SaltKey(bytes(32))


def table(rows: int) -> pa.Table:
    """Return the table; the same at each call."""
    chance = random.Random(7)
    pick = chance.choices
    some = pa.array([value < 0.05 for value in (chance.random() for _ in range(rows))])

    def texts(pattern: str) -> pa.Array:
        return pa.array([pattern.format(a, b) for a, b in zip(pick(WORDS, k=rows), pick(WORDS, k=rows), strict=True)])

    def with_nulls(values: pa.Array) -> pa.Array:
        return pa.compute.if_else(some, pa.scalar(None, values.type), values)

    return pa.table(
        {
            "id": pa.array(range(rows), pa.int64()),
            "age": with_nulls(pa.array(pick(range(17, 90), k=rows), pa.int32())),
            "income": with_nulls(pa.array([chance.gauss(5e4, 2e4) for _ in range(rows)])),
            "score": pa.array([chance.random() for _ in range(rows)]),
            "name": texts("{} {}"),
            "email": texts("{}@example.com"),
            "note": texts("{} lorem ipsum {} dolor sit"),
            "kind": pa.array(pick(["a", "b", "c"], k=rows)).dictionary_encode(),
            "flag": pa.array(pick([True, False], k=rows)),
            "moment": pa.array([number * 1_000_000 for number in pick(range(1_600_000_000, 1_700_000_000), k=rows)], pa.timestamp("us")),
        }
    )


def best(work: Callable[[], object], rounds: int) -> float:
    """Return the least CPU seconds of a call."""
    taken = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)


def line(name: str, seconds: float, rows: int, size: int, limit: float | None = None) -> None:
    share = "" if limit is None else f"   {limit / seconds:5.0%} of the hash alone"
    print(f"{name:<46} {size / seconds / 1e9:6.2f} GB/s {rows / seconds / 1e6:7.2f} Mrow/s{share}", flush=True)


def side_by_side(rows: int, rounds: int) -> None:
    made = table(rows)
    size = made.nbytes
    print(f"{rows:,} rows, {size / rows:.0f} bytes each\n")
    raw = os.urandom(size)
    limits = {
        name: best(lambda hash_=hash_: hash_(raw).digest(), rounds)
        for name, hash_ in (("sha256", hashlib.sha256), ("blake3", blake3.blake3))
    }
    for name, seconds in limits.items():
        line(f"{name} of as many bytes", seconds, rows, size)
    columns = best(lambda: commit(made), rounds)
    line("ringwall, columns, sha256", columns, rows, size, limits["sha256"])
    line("ringwall, columns, blake3", best(lambda: commit(made, hash="blake3"), rounds), rows, size, limits["blake3"])
    line("ringwall, rows, sha256", best(lambda: commit(made, mode="rows", salts=SALTS), rounds), rows, size)
    line("ringwall, rows, blake3", best(lambda: commit(made, mode="rows", hash="blake3", salts=SALTS), rounds), rows, size)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "table.parquet"
        pq.write_table(made, file, compression="zstd")
        line("pyarrow, reading it from Parquet (zstd)", best(lambda: pq.read_table(file, use_threads=False), rounds), rows, size)
        line("ringwall, columns, from that file", best(lambda: commit(file), rounds), rows, size)
    piece = made.slice(0, min(rows, 50_000))
    theirs = starfix(piece, rounds)
    if theirs is None:
        print("starfix: not installed (--install), so no ratio")
    else:
        line("starfix 0.4.0", theirs, piece.num_rows, piece.nbytes)
        print(f"\nringwall, columns, is {theirs / piece.num_rows / (columns / rows):.0f} times as fast as starfix")
    committed = commit(made, mode="rows", salts=SALTS).commitment
    print(f"one row's proof: {best(lambda: prove_row(made, rows // 2, SALTS, committed), 1):.2f} s CPU, all rows hashed again")
    print(f"looking for personal data in a sample of 46,050 rows: {best(lambda: inspect(open_source(made)), 1):.2f} s CPU")


def starfix(piece: pa.Table, rounds: int) -> float | None:
    """Return starfix's CPU seconds for a table, measured in its own environment."""
    if not STARFIX.exists():
        return None
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "piece.arrow"
        with pa.ipc.new_file(str(file), piece.schema) as writer:
            writer.write_table(piece)
        worker = Path(__file__).with_name("commitment_starfix.py")
        done = subprocess.run([STARFIX / "bin" / "python", worker, file, str(rounds)], capture_output=True, text=True, check=True)
        return float(json.loads(done.stdout)["seconds"])


def growth(file: Path, most: int) -> None:
    """Write CPU seconds against rows, for each mode."""
    lines = ["mode,rows,cpu_ms"]
    rows = 1_000
    while rows <= most:
        made = table(rows)
        for name, work in (("columns", lambda t=made: commit(t)), ("rows", lambda t=made: commit(t, mode="rows", salts=SALTS))):
            seconds = best(work, 2)
            lines.append(f"{name},{rows},{seconds * 1e3:.3f}")
            print(f"{rows:>12,} rows, mode {name:<8} {seconds:8.3f} s CPU {seconds / rows * 1e9:6.0f} ns a row", flush=True)
        rows *= 10
    file.write_text("\n".join(lines) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--install", action="store_true")
    parser.add_argument("--growth", type=Path)
    options = parser.parse_args()
    if options.install and not STARFIX.exists():
        subprocess.run([sys.executable, "-m", "venv", STARFIX], check=True)
        subprocess.run(
            [STARFIX / "bin" / "python", "-m", "pip", "install", "-q", "starfix==0.4.0", f"pyarrow=={pa.__version__}"], check=True
        )
    if options.growth is not None:
        growth(options.growth, options.rows)
    else:
        side_by_side(options.rows, options.rounds)


if __name__ == "__main__":
    main()
