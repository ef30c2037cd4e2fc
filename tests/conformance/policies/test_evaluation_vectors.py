"""The evaluator against cases derived from AWS's documentation, and an independent evaluator against the same cases."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.policies.port import decide_naively, decide_with_ringwall

VECTORS = Path(__file__).parent.parent / "vectors"
CASES: list[dict[str, Any]] = [
    case for name in ("iam-evaluation", "iam-conditions") for case in json.loads((VECTORS / f"{name}.json").read_text())["cases"]
]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_decides_as_documented(case: dict[str, Any]) -> None:
    allowed, reason = decide_with_ringwall(case)
    assert reason == case["expect"]
    assert allowed == (case["expect"] == "allowed")


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_independent_evaluator_agrees(case: dict[str, Any]) -> None:
    assert decide_naively(case)[1] == case["expect"]


def test_every_case_says_how_far_it_is_checked() -> None:
    marks = Counter(case["aws"] for case in CASES)
    assert set(marks) <= {"validated", "modelled", "differs"}
    assert all(case["source"] for case in CASES)
    assert len({case["name"] for case in CASES}) == len(CASES)
    assert len(CASES) > 250
