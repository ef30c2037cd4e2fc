"""`ringwall ledger verify` and `rotate-key` beside a running server, after it was killed, and after somebody changed its database."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.live import Live, start


def ringwall(data_dir: Path, *arguments: str, expect: int = 0) -> Any:
    line = [sys.executable, "-m", "ringwall", "--data-dir", str(data_dir), "--json", *arguments]
    done = subprocess.run(line, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == expect, (arguments, done.returncode, done.stdout, done.stderr)
    return json.loads(done.stdout) if expect == 0 else done.stderr


def end(live: Live, how: signal.Signals) -> None:
    live.process.send_signal(how)
    live.process.communicate(timeout=60)


def test_a_servers_ledger_is_verified_rotated_killed_and_caught(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    live = start(data_dir)
    try:
        for _ in range(3):
            ringwall(data_dir, "account", "list")
        first = ringwall(data_dir, "ledger", "verify")
        assert first["audit"]["entries"] >= 3
        assert len(ringwall(data_dir, "ledger", "rotate-key", "audit")["vkeys"]) == 4
        ringwall(data_dir, "account", "list")
        end(live, signal.SIGTERM)
        stopped = ringwall(data_dir, "ledger", "verify", "audit")["audit"]
        assert stopped["sealed"] == stopped["entries"] > first["audit"]["entries"], "a server that stops seals what is left"
        live = start(data_dir)
        ringwall(data_dir, "account", "list")
        end(live, signal.SIGKILL)
        live = start(data_dir)  # the same data directory, at once
        ringwall(data_dir, "account", "list")
        assert ringwall(data_dir, "ledger", "verify", "audit")["audit"]["entries"] > stopped["entries"]
    finally:
        end(live, signal.SIGKILL)
    with sqlite3.connect(data_dir / "ringwall.db") as database:
        database.execute(
            "UPDATE log_entry SET leaf = CAST(replace(CAST(leaf AS TEXT), 'us-east-1', 'us-east-2') AS BLOB) WHERE position = 1"
        )
    database.close()
    assert "record 1" in ringwall(data_dir, "ledger", "verify", expect=3)
    refusal = ringwall(data_dir, "up", "--port", "0", expect=3)
    assert "entry 1 is not the one that its tile was made of" in refusal
    assert "restore a backup" in refusal
