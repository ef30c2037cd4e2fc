"""kill -9 during appends and seals: nothing acknowledged is lost, and no two checkpoints that ever left contradict each other."""

from __future__ import annotations

import base64
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ringwall.crypto import leaf_hash, root_hash
from ringwall.keys import Keys, LogKeyStore, RootKeys
from ringwall.ledger import Ledger
from ringwall.storage import open_storage
from ringwall.vocabulary import system_clock
from tests.integration.storage.places import DATABASES, fresh_place

pytestmark = pytest.mark.anyio

KILLS = int(os.environ.get("RINGWALL_TEST_KILLS", "10"))
WRITER = Path(__file__).with_name("sealing_writer.py")


def write_until_killed(place: str, directory: Path, run: int, receipts: int) -> list[list[str]]:
    command = [sys.executable, str(WRITER), place, str(directory), f"run{run}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        lines: list[str] = []
        waited_for = receipts
        for line in process.stdout:
            lines.append(line)
            waited_for -= line.startswith("receipt")
            if waited_for == 0:
                waited_for = -1
                process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    return [line.split() for line in lines if line.endswith("\n")]


@pytest.mark.parametrize("database", DATABASES)
@pytest.mark.timeout(60 + KILLS * 15)
async def test_whatever_moment_the_sequencer_is_killed_at(database: str, tmp_path: Path) -> None:
    chance = random.Random(20260102)
    keys = Keys(RootKeys({1: bytes(range(32))}))
    directory = tmp_path / "ledger"
    entries: dict[int, str] = {}
    bodies: dict[int, str] = {}
    notes: set[bytes] = set()
    with fresh_place(database, tmp_path) as place:
        for run in range(KILLS):
            told = write_until_killed(place, directory, run, chance.randint(1, 60))
            entries |= {int(words[1]): words[2] for words in told if words[0] == "entry"}
            bodies |= {int(words[1]): words[2] for words in told if words[0] == "receipt"}
            notes |= {base64.b64decode(words[3]) for words in told if words[0] == "receipt"}
            storage = open_storage(place, clock=system_clock)
            ledger = Ledger(storage, keys)
            key_store = LogKeyStore(storage, keys, system_clock)
            await ledger.open(clock=system_clock, key_store=key_store, directory=directory)  # checks what was signed
            stored = {entry.index: entry.leaf.decode() async for entry in storage.entries("audit")}
            assert entries.items() <= stored.items(), "an acknowledged entry is lost or changed"
            assert sorted(stored) == list(range(len(stored))), "the log has a gap"
            leaves = [leaf_hash(entry.leaf) async for entry in storage.entries("statements")]
            assert all(leaves[index] == leaf_hash(body.encode()) for index, body in bodies.items()), "a receipt is for nothing"
            log_keys = await key_store.load("statements")
            for checkpoint in map(log_keys.open, notes):
                assert root_hash(leaves[: checkpoint.size]) == checkpoint.root, "a checkpoint that left does not fit the log"
            verification = await ledger.verify("statements")
            assert verification.root == root_hash(leaves).hex()
            await ledger.close()
            await storage.close()
    assert len(bodies) > 0
    assert len({log_keys.open(note).size for note in notes}) > 1
