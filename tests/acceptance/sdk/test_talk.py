"""The talk's snippet, word for word, after one import line; run as a program of its own beside a running ringwall."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ringwall.crypto.tlog_proof import parse_tlog_proof
from tests.live import Live, start

SNIPPET = """feature_group = FeatureGroup(name="credit-risk")
feature_group.create(...)
commit_hash = feature_group.commit(data_frame)
audit_log.put(commit_hash, metadata)
"""
PROGRAM = """
import json
import pandas
data_frame = pandas.DataFrame({{"applicant": [1, 2, 3], "income": [51_000.0, None, 37_500.0], "purpose": ["car", "house", "car"]}})
metadata = {{"owner": "risk", "purpose": "training", "rows": len(data_frame)}}

from ringwall.sdk import FeatureGroup, audit_log
{snippet}
entries = list(audit_log.search(digest=commit_hash))
proved = audit_log.get(entries[0]["index"])
print(json.dumps({{"hash": commit_hash, "entries": entries, "proof": proved["tlogProof"], "versions": len(feature_group.history())}}))
"""


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Live]:
    live = start(tmp_path / "var")
    yield live
    assert live.stop() == 0


def run(snippet: str, folder: Path, **environment: str) -> dict[str, object]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RINGWALL_")}
    line = [sys.executable, "-c", PROGRAM.format(snippet=snippet)]
    done = subprocess.run(line, cwd=folder, env=kept | environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_the_snippet_runs_and_leaves_statements_that_are_found_by_its_hash(running: Live, tmp_path: Path) -> None:
    found = run(SNIPPET, tmp_path)
    entries = found["entries"]
    assert isinstance(entries, list)
    assert [each["predicateType"].rpartition("predicate:")[2] for each in entries] == ["audit-entry:v1", "dataset-commitment:v1"]
    assert entries[0]["predicate"]["metadata"] == {"owner": "risk", "purpose": "training", "rows": 3}
    assert parse_tlog_proof(str(found["proof"]).encode()).index == entries[0]["index"]
    again = run(SNIPPET, tmp_path / "..", RINGWALL_URL=running.url, RINGWALL_API_KEY=running.ready["apiKey"])
    assert (again["hash"], again["versions"]) == (found["hash"], 1)


@pytest.mark.shared
def test_the_snippet_is_the_talks_own(shared: Path) -> None:
    lines = (shared / "talk.txt").read_text("utf-8").splitlines()
    start_at = next(number for number, line in enumerate(lines) if "SageMaker data provenance" in line) + 1
    assert "\n".join(lines[start_at : start_at + 4]) + "\n" == SNIPPET
