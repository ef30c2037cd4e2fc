"""An older backup is restored under a running deployment's feet: refused, named, and let go on by one command that leaves its word."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from ringwall.crypto import sha256
from ringwall.sdk import Client
from ringwall.sdk.audit import AuditLog
from tests.acceptance.ledger.test_verify_command import end, ringwall
from tests.live import start

SOMETHING = "ab" * 32


@pytest.mark.slow
def test_an_operator_whose_newest_backup_is_old_goes_on_under_a_new_origin(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    live = start(data_dir)
    api_key = live.ready["apiKey"]
    log = AuditLog(Client(live.url, api_key))
    log.put(SOMETHING, {"n": 0})
    ringwall(data_dir, "backup", str(tmp_path / "b"))
    for number in range(3):
        log.put(SOMETHING, {"n": number})
    end(live, signal.SIGTERM)
    lost = {name: (data_dir / "ledger" / name / "checkpoint").read_bytes() for name in ("audit", "statements")}
    for file in data_dir.glob("ringwall.db*"):
        file.unlink()
    ringwall(data_dir, "restore", str(tmp_path / "b"))
    for name, note in lost.items():
        former, size, *_ = note.decode().splitlines()
        refusal = ringwall(data_dir, "up", "--port", "0", expect=3)
        assert f"the log `{name}` was rolled back" in refusal
        assert f"ringwall ledger new-origin {name}" in refusal
        begun = ringwall(data_dir, "ledger", "new-origin", name)
        assert (begun["former"], begun["former_size"]) == (former, int(size))
        assert begun["taken_over"] < begun["former_size"]
        assert begun["origin"].startswith(f"{former}-")
        assert all(key.startswith(f"{begun['origin']}+") for key in begun["vkeys"])
        assert "can go on as it is" in ringwall(data_dir, "ledger", "new-origin", name, expect=3)
    live = start(data_dir)
    try:
        records = ringwall(data_dir, "record", "list", "--event-name", "BeginLedgerOrigin")["records"]
        assert len(records) == 2
        assert all(note.decode().split("\n")[0] in json.dumps(records) for note in lost.values())
        statement = AuditLog(Client(live.url, api_key)).get(begun["index"])
        assert sha256(lost["statements"]).hex() in json.dumps(statement)
        verification = ringwall(data_dir, "ledger", "verify")
        assert verification["statements"]["entries"] == 2
        assert verification["audit"]["sealed"] > 2
    finally:
        end(live, signal.SIGKILL)
