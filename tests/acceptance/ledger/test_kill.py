"""kill -9 during appends and seals: nothing acknowledged is lost, no two checkpoints that ever left contradict each other, and the log is
up again: checked, open, and sealing when the killed one's lease is over. How soon is printed (`pytest -s`), not asserted.

`RINGWALL_TEST_KILLS` says how often; `make test-night` kills 200 times.
"""

from __future__ import annotations

import base64
import os
import random
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from ringwall.crypto import RootBuilder, leaf_hashes
from ringwall.keys import Keys, LogKeyStore, RootKeys
from ringwall.ledger import Ledger
from ringwall.storage.database import open_storage
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


def roots_at(leaves: Sequence[bytes], sizes: set[int]) -> dict[int, bytes]:
    """Return the roots that a tree has on the way, in one walk."""
    builder = RootBuilder()
    roots: dict[int, bytes] = {}
    for leaf in leaf_hashes(leaves):
        builder.add(leaf)
        if builder.size in sizes:
            roots[builder.size] = builder.root()
    return roots


@pytest.mark.parametrize("database", DATABASES)
@pytest.mark.timeout(60 + KILLS * 15)
async def test_whatever_moment_the_sequencer_is_killed_at(database: str, tmp_path: Path) -> None:
    chance = random.Random(20260102)
    keys = Keys(RootKeys({1: bytes(range(32))}))
    directory = tmp_path / "ledger"
    entries: dict[int, str] = {}
    bodies: dict[int, str] = {}
    promised: dict[int, bytes] = {}  # the root of every checkpoint that left, by its size
    opening_s: list[float] = []
    sealing_s: list[float] = []
    with fresh_place(database, tmp_path) as place:
        for run in range(KILLS):
            told = write_until_killed(place, directory, run, chance.randint(1, 60))
            entries |= {int(words[1]): words[2] for words in told if words[0] == "entry"}
            bodies |= {int(words[1]): words[2] for words in told if words[0] == "receipt"}
            began = time.perf_counter()
            storage = open_storage(place, clock=system_clock)
            ledger = Ledger(storage, keys)
            key_store = LogKeyStore(storage, keys, system_clock)
            await ledger.open(clock=system_clock, key_store=key_store, directory=directory)  # checks what was signed
            opening_s.append(time.perf_counter() - began)
            receipt = await ledger.put_statement("1", b"after %d" % run)
            sealing_s.append(time.perf_counter() - began)
            bodies[receipt.index] = f"after {run}"
            stored = {entry.index: entry.leaf.decode() async for entry in storage.entries("audit")}
            assert entries.items() <= stored.items(), "an acknowledged entry is lost or changed"
            assert sorted(stored) == list(range(len(stored))), "the log has a gap"
            leaves = [entry.leaf async for entry in storage.entries("statements")]
            assert all(leaves[index] == body.encode() for index, body in bodies.items()), "a receipt is for nothing"
            log_keys = await key_store.load("statements")
            for note in {*(base64.b64decode(words[3]) for words in told if words[0] == "receipt"), receipt.checkpoint}:
                checkpoint = log_keys.open(note)
                assert promised.setdefault(checkpoint.size, checkpoint.root) == checkpoint.root, "two checkpoints contradict each other"
            assert promised.items() <= roots_at(leaves, set(promised)).items(), "a checkpoint that left does not fit the log"
            verification = await ledger.verify("statements")
            assert verification.root == roots_at(leaves, {len(leaves)})[len(leaves)].hex()
            await ledger.close()
            await storage.close()
    print(
        f"\n{database}: {KILLS} kills, {len(entries)} entries and {len(bodies)} receipts acknowledged, {len(promised)} checkpoints left; "
        f"open again after {statistics.median(opening_s) * 1e3:.0f} ms (worst {max(opening_s) * 1e3:.0f}), "
        f"the first proof after {statistics.median(sealing_s) * 1e3:.0f} ms (worst {max(sealing_s) * 1e3:.0f})"
    )
    assert len(bodies) > KILLS
    assert len(promised) > 1
