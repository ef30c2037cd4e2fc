"""The SageMaker SDK, unmodified and in an environment of its own, drives feature groups and lineage of a live server."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.environments import environment, install_python
from tests.live import Live

pytestmark = [pytest.mark.clients, pytest.mark.timeout(900)]
HERE = Path(__file__).parent / "sagemaker"


def test_the_sdk_ingests_a_frame_and_follows_lineage(live: Live, tmp_path: Path) -> None:
    python = environment(HERE / "requirements.txt", install_python) / "bin" / "python"
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "RINGWALL_"))}
    settings = {**kept, **live.credentials, "HOME": str(tmp_path), "AWS_MAX_ATTEMPTS": "1"}
    done = subprocess.run(
        [python, HERE / "script.py"], env=settings, cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    answers = json.loads(done.stdout.splitlines()[-1])
    assert answers["definitions"] == [["customer", "String"], ["moment", "Fractional"], ["balance", "Fractional"], ["age", "Integral"]]
    assert answers["status"] == "Created"
    assert {each["FeatureName"]: each["ValueAsString"] for each in answers["record"]} == {
        "customer": "c-1",
        "moment": "1772359202.0",
        "balance": "12.25",
        "age": "42",
    }
    assert answers["metadata"] == "in euro"
    assert answers["tags"] == [{"Key": "team", "Value": "risk"}]
    assert not answers["deleted"]
    assert answers["status_of_run"] == "Completed"
    assert answers["ascendants"] == [["Context", "Endpoint"], ["Artifact", "Model"], ["Action", "Training"], ["Artifact", "DataSet"]]
    assert answers["edges"] == 3
    assert answers["data_sets"] == answers["listed"] == ["frame"]
    assert answers["associations"] == ["Training"]
    assert answers["left"] == []
