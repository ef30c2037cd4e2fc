"""`ringwall ledger` as a person and a pipeline use it: export, prove, check, witness, beside a running server and without one."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ringwall.crypto.log_policy import parse_policy
from ringwall.crypto.notes import vkey
from ringwall.ledger.export import Files, audit_log_files
from tests.live import Live, start
from tests.own_witness import OwnWitness, served


class Shell:
    """Runs `ringwall ledger` on one data directory, in a folder of its own."""

    def __init__(self, data_dir: Path, home: Path) -> None:
        self.data_dir, self.home = data_dir, home

    def run(self, *arguments: str, expect: int = 0) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "ringwall", "ledger", *arguments, "--data-dir", str(self.data_dir)]
        done = subprocess.run(line, capture_output=True, text=True, timeout=120, check=False, cwd=self.home)
        assert done.returncode == expect, (arguments, done.returncode, done.stdout, done.stderr)
        return done

    def json(self, *arguments: str, expect: int = 0) -> Any:
        return json.loads(self.run(*arguments, "--json", expect=expect).stdout)


def put(live: Live, number: int) -> None:
    """Put something into the log of statements."""
    body = json.dumps({"digest": f"{number:064x}", "metadata": {"n": number}}).encode()
    headers = {"authorization": f"Bearer {live.ready['apiKey']}", "content-type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(f"{live.url}/ringwall/v1/audit-log", body, headers), timeout=30) as answer:
        assert answer.status == 201


@contextmanager
def three_statements(data_dir: Path) -> Iterator[Live]:
    """A server whose log of statements has three; no test adds one."""
    live = start(data_dir)
    for number in range(3):
        put(live, number)
    yield live
    live.stop()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The data directory of a server that runs."""
    with three_statements(tmp_path_factory.mktemp("running") / "var") as live:
        yield live.data_dir


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The data directory of a server that ran."""
    with three_statements(tmp_path_factory.mktemp("stopped") / "var") as live:
        assert live.stop() == 0
        yield live.data_dir


@pytest.fixture
def shell(running: Path, tmp_path: Path) -> Shell:
    return Shell(running, tmp_path)


@pytest.mark.parametrize("where", ["running", pytest.param("stopped", marks=pytest.mark.slow)])
def test_both_logs_are_exported_and_audit_clean(request: pytest.FixtureRequest, tmp_path: Path, where: str) -> None:
    shell = Shell(request.getfixturevalue(where), tmp_path)
    for log in ("statements", "audit"):
        told = shell.json("export", log, log)
        policy = parse_policy(told["policy"])
        checkpoint = audit_log_files(Files(shell.home / log), policy)
        assert (checkpoint.origin, checkpoint.size) == (told["origin"], told["entries"])
        assert shell.json("export", log, log)["entries"] >= checkpoint.size
    said = shell.run("export", "statements", "again").stdout
    assert "quorum none" in said


def test_a_proof_is_written_and_checked_where_no_server_is_known(shell: Shell) -> None:
    wrote = shell.json("prove", "statements", "1")
    names = {suffix: f"statements-1.{suffix}" for suffix in ("entry", "tlog-proof", "policy", "sigstore.json", "key", "trusted-root.json")}
    assert set(wrote["files"]) == set(names.values())
    shell.data_dir = shell.home / "nothing is here"
    check = ("check", names["tlog-proof"], "--policy", names["policy"], "--entry", names["entry"])
    assert shell.json(*check)["proof"] == "holds"
    assert shell.json("check", names["sigstore.json"], "--policy", names["policy"], "--key", names["key"])["proof"] == "holds"
    (shell.home / "other.entry").write_bytes((shell.home / names["entry"]).read_bytes() + b" ")
    refused = shell.run(*check[:-1], "other.entry", expect=1)
    assert "does not lead to the root" in refused.stderr
    bundle = shell.home / names["sigstore.json"]
    bundle.write_text(bundle.read_text().replace('"treeSize":"', '"treeSize":"1'))
    assert shell.run("check", names["sigstore.json"], "--policy", names["policy"], "--key", names["key"], expect=1).stdout == ""
    assert "--entry" in shell.run("check", names["tlog-proof"], "--policy", names["policy"], expect=3).stderr
    assert "--key" in shell.run("check", names["sigstore.json"], "--policy", names["policy"], expect=3).stderr
    assert not shell.data_dir.exists()


def test_a_proof_is_written_once_and_of_what_is_there_only(shell: Shell) -> None:
    shell.run("prove", "audit", "0", "--out", "first")
    assert {each.name for each in shell.home.iterdir()} == {"first.entry", "first.tlog-proof", "first.policy"}
    assert "is there already" in shell.run("prove", "audit", "0", "--out", "first", expect=3).stderr
    assert "no entry" in shell.run("prove", "statements", "99", expect=3).stderr


def test_a_witness_cosigns_and_its_word_is_in_every_proof_from_then_on(shell: Shell) -> None:
    policy = parse_policy(shell.json("export", "statements", "log")["policy"])
    own = OwnWitness("witness.example", 7, [log.key for log in policy.logs])
    with served(own) as url:
        lines = [*policy.to_text().splitlines()[:-1], f"witness W {vkey(own.signer.key)} {url}", "quorum W"]
        (shell.home / "policy").write_text("\n".join(lines) + "\n")
        told = shell.json("witness", "statements", "--policy", "policy")
        assert told == {"witnesses": [{"witness": "W", "outcome": "cosigned"}], "quorum": True, "size": 3}
        shell.run("prove", "statements", "0", "--out", "cosigned")
        shell.run("check", "cosigned.tlog-proof", "--policy", "policy", "--entry", "cosigned.entry")
        shell.run("export", "statements", "witnessed", "--policy", "policy")
        own.latest = None
        own.latest = type(policy.open((shell.home / "log" / "checkpoint").read_bytes()))(origin="x", size=99, root=bytes(32))
        alarmed = shell.run("witness", "statements", "--policy", "policy", expect=1)
        assert "cosigned 99 entries; the log has 3" in alarmed.stderr
    refused = shell.json("witness", "statements", "--policy", "policy", expect=0)
    assert "no answer" in refused["witnesses"][0]["outcome"]  # its earlier word still makes the quorum
