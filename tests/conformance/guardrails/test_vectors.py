"""Answers of ApplyGuardrail for contents with known verdicts. Talks to the implementation through `apply` alone; another can be plugged in."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ringwall.guardrails import Applied, Block, Guardrail, compile_guardrail, evaluate, parse_config, render
from ringwall.vocabulary import Limits
from tests.conformance.guardrails.service_model import misfits
from tests.unit.guardrails.scorers import SCORERS

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "guardrail_answers.json").read_text())


@cache
def guardrail() -> Guardrail:
    return compile_guardrail(parse_config(VECTORS["guardrail"]), SCORERS)


def apply(source: str, content: list[str]) -> dict[str, Any]:
    """The port: content in, ApplyGuardrail's answer out."""
    applied = Applied(guardrail_id="vectors", version="DRAFT", arn="arn:aws:bedrock:us-east-1:123456789012:guardrail/vectors")
    evaluation = evaluate(guardrail(), source, [Block(text) for text in content], Limits())
    return render(evaluation, applied, scope="INTERVENTIONS", latency_ms=0)


def listed(answer: dict[str, Any]) -> list[str]:
    """Name and action of everything that was detected."""
    (assessment,) = answer["assessments"]
    entries = [
        entry for policy, members in assessment.items() if policy.endswith("Policy") for entries in members.values() for entry in entries
    ]
    assert all(entry["detected"] for entry in entries)
    names = [
        entry.get("name") or (entry["match"] if entry.get("type") == "PROFANITY" else entry.get("type") or entry["match"])
        for entry in entries
    ]
    return sorted(f"{name} {entry['action']}" for name, entry in zip(names, entries, strict=True))


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_answer(case: dict[str, Any]) -> None:
    assert case["aws"] in {"validated", "modelled", "differs"}
    answer = apply(case["source"], case["content"])
    assert misfits(answer, "bedrock-runtime", "ApplyGuardrail") == []
    assert (answer["action"], answer["actionReason"]) == (case["action"], case["reason"])
    assert [output["text"] for output in answer["outputs"]] == case["outputs"]
    found = listed(answer)
    assert (
        [entry.partition(" ")[2] for entry in found] == ["BLOCKED"]
        if case["detected"] == ["* BLOCKED"]
        else found == sorted(case["detected"])
    )
