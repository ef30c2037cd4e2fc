"""DuckDB, which reads Parquet and hashes with code of its own, comes to the same row digests, and to others once a cell is another."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ringwall.data.commitment import SaltKey, commit_table
from tests.conformance.reference_commitment import tree
from tests.environments import environment, install_python

pytestmark = [pytest.mark.clients, pytest.mark.timeout(900)]
HERE = Path(__file__).parent
ROWS = 1_000
TABLE = pa.table(
    {
        "id": pa.array([None if row % 11 == 0 else row * 7_919 for row in range(ROWS)], pa.int64()),
        "flag": pa.array([None if row % 13 == 0 else row % 3 == 0 for row in range(ROWS)], pa.bool_()),
        "name": [None if row % 5 == 0 else f"Zoë {row}" for row in range(ROWS)],
        "note": ["" if row % 4 == 0 else "x" * (row % 700) for row in range(ROWS)],
    }
)
SALTS = SaltKey(hashlib.sha256(b"salts").digest())


def root_by_duckdb(table: pa.Table, folder: Path) -> str:
    pq.write_table(table, folder / "table.parquet", row_group_size=77)
    stream = SALTS.salts(0, ROWS)
    lines = [json.dumps({"row": row, "salt": stream[row * 16 : row * 16 + 16].hex()}) for row in range(ROWS)]
    (folder / "salts.json").write_text("\n".join(lines))
    python = environment(HERE / "duckdb" / "requirements.txt", install_python) / "bin" / "python"
    line = [python, HERE / "duckdb" / "leaves.py", folder / "table.parquet", folder / "salts.json"]
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    rows = [bytes.fromhex(digest) for digest in json.loads(done.stdout)]
    assert len(rows) == ROWS
    return tree([hashlib.sha256(b"\0" + b"".join(rows[at : at + 16])).digest() for at in range(0, ROWS, 16)]).hex()


def test_duckdb_recomputes_the_root_and_sees_a_changed_cell(tmp_path: Path) -> None:
    committed = commit_table(TABLE, mode="rows", salts=SALTS)
    assert root_by_duckdb(TABLE, tmp_path) == committed.root
    names = TABLE.column("name").to_pylist()
    names[501] = "Zoe 501"
    assert root_by_duckdb(TABLE.set_column(2, "name", pa.array(names)), tmp_path) != committed.root
