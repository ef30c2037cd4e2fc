"""README's commands are run as they stand, in order, on a data directory of their own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.live import free_port, start

ROOT = Path(__file__).resolve().parents[2]


def blocks() -> list[str]:
    """The shell blocks of README, first to last."""
    return re.findall(r"^```sh\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)


def events(streamed: str) -> list[dict[str, Any]]:
    """What a streamed chat completion says, event by event."""
    return [json.loads(said) for said in re.findall(r"^data: (\{.*)$", streamed, re.MULTILINE)]


@pytest.fixture
def shell(tmp_path: Path):
    """Run a block with the settings of a server that runs as `./ringwall up` says."""
    port = free_port()
    variables = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "RINGWALL_"))}
    variables |= {"RINGWALL_PORT": str(port), "RINGWALL_DATA_DIR": str(tmp_path / "var"), "PIP_BREAK_SYSTEM_PACKAGES": "1"}
    variables["PATH"] = f"{Path(sys.executable).parent}:{variables['PATH']}"  # the tour's `python3` has boto3 here
    live = start(tmp_path / "var", port=port)

    def run(block: str) -> subprocess.CompletedProcess[str]:
        block = block.replace("tour.json", str(tmp_path / "tour.json"))
        return subprocess.run(["bash", "-c", block], cwd=ROOT, env=variables, capture_output=True, text=True, check=False, timeout=240)

    yield run
    assert live.stop() == 0


def test_the_tour_runs_as_written(shell):
    first, *tour = blocks()
    assert first == "./ringwall up\n"
    answers = [shell(block) for block in tour]
    said = "\n".join(answer.stdout for answer in answers)
    problems = "\n".join(answer.stderr for answer in answers)
    # a text that would be blocked gives exit code 1, as README says; nothing fails otherwise
    assert [answer.returncode for answer in answers] == [1, 1, 1, 0, 0], said + problems
    assert "attack/override-instructions" in said
    assert "base64" in said
    assert "{EMAIL}" in said
    assert "GUARDRAIL_INTERVENED [{'text': 'Policy violation'}]" in said
    streamed = answers[-1].stdout
    pieces = [choice["delta"].get("content") for line in events(streamed) for choice in line["choices"]]
    words = [piece for piece in pieces if piece]
    assert len(words) > 1, "the answer did not come in pieces"
    assert "".join(words).startswith("Please write to {EMAIL} today: ")
    assert "ChatCompletions" in streamed.partition("[DONE]")[2]  # the hour's latest request
