"""kill -9 during writes: nothing acknowledged is lost, no log has a gap, no batch is half there."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from ringwall.storage.database import DatabaseStorage, open_storage
from ringwall.vocabulary import system_clock
from tests.integration.storage.places import DATABASES, fresh_place

pytestmark = pytest.mark.anyio

KILLS = int(os.environ.get("RINGWALL_TEST_KILLS", "10"))
WRITER = Path(__file__).with_name("writer.py")
SERVER = Path(__file__).parents[3] / "scripts" / "postgres-for-tests"


def write_until_killed(place: str, run: int, acknowledgements: int, kill: Callable[[subprocess.Popen[str]], object]) -> list[list[str]]:
    """Run the writer, kill it or its server after so many acknowledgements, and return all that it made."""
    command = [sys.executable, str(WRITER), place, f"run{run}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if len(lines) == acknowledgements:
                kill(process)
        assert process.wait() != 0
    return [line.split() for line in lines if line.endswith("\n")]


async def everything(storage: DatabaseStorage) -> tuple[dict[int, str], list[set[str]]]:
    entries = {entry.index: entry.leaf.decode() async for entry in storage.entries("audit")}
    halves: list[set[str]] = []
    for half in ("left", "right"):
        found: set[str] = set()
        while page := await storage.list("1", half, after=max(found, default=""), limit=10_000):
            found |= {document.id for document in page}
        halves.append(found)
    return entries, halves


async def check_rounds(place: str, rounds: int, kill: Callable[[subprocess.Popen[str]], object], recover: Callable[[], object]) -> None:
    chance = random.Random(20260101)
    entries: dict[int, str] = {}
    pairs: set[str] = set()
    for run in range(rounds):
        told = write_until_killed(place, run, chance.randint(1, 1500), kill)
        recover()
        assert told
        entries |= {int(words[1]): words[2] for words in told if words[0] == "entry"}
        pairs |= {words[1] for words in told if words[0] == "pair"}
        storage = open_storage(place, clock=system_clock)
        stored, (left, right) = await everything(storage)
        size = await storage.log_size("audit")
        await storage.close()
        assert entries.items() <= stored.items(), "an acknowledged entry is lost or changed"
        assert sorted(stored) == list(range(size)), "the log has a gap"
        assert left == right, "half a batch is there"
        assert pairs <= left, "an acknowledged batch is lost"
    assert len(entries) > rounds


@pytest.mark.parametrize("database", DATABASES)
@pytest.mark.timeout(30 + KILLS * 10)
async def test_nothing_acknowledged_is_lost_when_the_writer_is_killed(database: str, tmp_path: Path) -> None:
    with fresh_place(database, tmp_path) as place:
        await check_rounds(place, KILLS, lambda process: process.send_signal(signal.SIGKILL), lambda: None)


@pytest.mark.postgres
@pytest.mark.timeout(120 + KILLS * 10)
async def test_nothing_acknowledged_is_lost_when_the_server_is_killed() -> None:
    if "RINGWALL_TEST_POSTGRES" not in os.environ:
        pytest.skip("postgres: no server")
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)  # noqa: PTH101 - the server may run as another user
        environment = {**os.environ, "RINGWALL_POSTGRES_DIR": f"{directory}/cluster"}

        def server(command: str) -> str:
            return subprocess.run([str(SERVER), command], env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()

        try:
            place = server("start")
            await check_rounds(place, max(1, KILLS // 3), lambda _: server("kill"), lambda: server("start"))
            with psycopg.connect(place) as connection:
                assert connection.execute("SHOW fsync").fetchone() == ("on",)
        finally:
            server("stop")
