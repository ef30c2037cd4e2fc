"""Planted weaknesses in Python: rule, CWE, severity and line; and bandit's own command line says the same of each."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ringwall.inference.code_scanners import PythonScanner

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "python_code.json").read_text())
CASES = {case["name"]: case for case in VECTORS["cases"]}


@pytest.fixture(scope="module")
def scanner() -> Iterator[PythonScanner]:
    made = PythonScanner()
    yield made
    made.close()


@pytest.mark.parametrize("name", CASES)
def test_a_planted_weakness_is_found(scanner: PythonScanner, name: str):
    case = CASES[name]
    found = scanner.scan(case["code"], "python")
    assert sorted([each.rule_id, each.cwe, each.severity, each.line] for each in found) == sorted(
        [f"bandit/{rule}", *rest] for rule, *rest in case["findings"]
    )
    lines = case["code"].split("\n")
    for each in found:
        assert case["code"][each.span.start : each.span.end].startswith(lines[each.line - 1])


def test_bandit_itself_says_the_same(tmp_path: Path):
    """An independent reading: each program as a file, by the command that bandit ships."""
    for number, case in enumerate(VECTORS["cases"]):
        (tmp_path / f"case{number:03}.py").write_text(case["code"], encoding="utf-8")
    line = [sys.executable, "-m", "bandit", "-r", "-f", "json", "--exit-zero", "-q", str(tmp_path)]
    said: list[dict[str, Any]] = json.loads(subprocess.run(line, check=True, capture_output=True, text=True).stdout)["results"]
    for number, case in enumerate(VECTORS["cases"]):
        mine = [each for each in said if each["filename"].endswith(f"case{number:03}.py")]
        rows = [[each["test_id"], each["issue_cwe"]["id"], each["issue_severity"], each["line_number"]] for each in mine]
        assert sorted(rows) == sorted(case["findings"]), case["name"]
