"""Unmodified clients that ask models, each in its own environment, against a live server and its built-in model."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.clients.test_clients import HERE, guardrail_through_boto3, run
from tests.live import Live

pytestmark = [pytest.mark.clients, pytest.mark.timeout(900)]
MODEL = "ringwall.development-v1"


def test_langchain_aws(live: Live, client: Callable[[str], Path], client_environment: dict[str, str]) -> None:
    python = client("langchain") / "bin" / "python"
    script = [python, HERE / "langchain" / "script.py", MODEL, guardrail_through_boto3(live, "for-langchain")]
    answers = json.loads(run(script, {**client_environment, **live.credentials}))
    assert answers["masked"] == "write to {EMAIL}"
    assert (answers["blocked"], answers["reason"]) == ("refused", "guardrail_intervened")
    assert answers["streamed"].split() == [str(number) for number in range(1, 301)]
    assert answers["pieces"] > 3
    assert answers["usage"] == 6


def test_strands(live: Live, client: Callable[[str], Path], client_environment: dict[str, str]) -> None:
    python = client("strands") / "bin" / "python"
    script = [python, HERE / "strands" / "script.py", MODEL, guardrail_through_boto3(live, "for-strands")]
    answers = json.loads(run(script, {**client_environment, **live.credentials}))
    assert answers["plain"] == "write to {EMAIL}"
    assert answers["called"] == ["pumps"]
    assert answers["tools"] == "The tool answered: pumps: found"
    assert (answers["reason"], answers["blocked"]) == ("guardrail_intervened", "refused")
    assert answers["history"] == "[User input redacted.]"
