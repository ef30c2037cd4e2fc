"""Our rules for semgrep: each is whole, quotes nothing of the code, and is planted in a test."""

from __future__ import annotations

import json

import pytest

from ringwall.inference.code_scanners import SemgrepScanner
from ringwall.inference.code_scanners.semgrep_scanner import RULES
from tests.acceptance.clients.planted_code import HARMLESS, WEAK

LISTED = json.loads(RULES.read_text(encoding="utf-8"))["rules"]


def test_ids_are_told_once():
    assert len({rule["id"] for rule in LISTED}) == len(LISTED)


@pytest.mark.parametrize("rule", LISTED, ids=[rule["id"] for rule in LISTED])
def test_a_rule_is_whole(rule: dict):
    assert rule["id"].replace("-", "").isalnum(), "semgrep puts dots between a rule's file and its name"
    assert rule["metadata"]["cwe"] > 0
    assert rule["severity"] in {"INFO", "WARNING", "ERROR"}
    assert rule["message"]
    assert "$" not in rule["message"], "a message that names a metavariable quotes the code"
    assert set(rule["languages"]) <= SemgrepScanner.languages


def test_every_rule_and_every_language_is_planted():
    planted = {(rule, cwe) for cases in WEAK.values() for rule, cwe, _, _ in cases}
    assert planted == {(rule["id"], rule["metadata"]["cwe"]) for rule in LISTED}
    assert set(WEAK) == set(HARMLESS) == SemgrepScanner.languages
