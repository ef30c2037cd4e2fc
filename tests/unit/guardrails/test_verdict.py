"""The outcome of lists of verdicts, by example; the laws are in tests/property/guardrails/test_verdict_algebra.py."""

from __future__ import annotations

import pytest

from ringwall.guardrails import Verdict, VerdictListBroken, combine


def verdict(rule_id: str, action: str = "NONE", failed: str = "") -> Verdict:
    return Verdict(rule_id=rule_id, policy="wordPolicy", action=action, failed=failed)


OUTCOMES = {
    "one rule that saw nothing": ([verdict("a")], "NONE"),
    "one rule that masks": ([verdict("a"), verdict("b", "ANONYMIZE")], "ANONYMIZE"),
    "one rule that blocks": ([verdict("a"), verdict("b", "BLOCK")], "BLOCK"),
    "block dominates mask": ([verdict("a", "ANONYMIZE"), verdict("b", "BLOCK"), verdict("c", "ANONYMIZE")], "BLOCK"),
    "a rule that raised": ([verdict("a"), verdict("b", failed="TimeoutError")], "BLOCK"),
    "a masking rule that ran out of budget": ([verdict("a", "ANONYMIZE", failed="budget exhausted")], "BLOCK"),
}


@pytest.mark.parametrize("case", OUTCOMES, ids=OUTCOMES.keys())
def test_outcome(case: str) -> None:
    verdicts, action = OUTCOMES[case]
    assert combine(verdicts).action == action


def test_the_outcome_names_who_made_it() -> None:
    outcome = combine([verdict("a", "BLOCK"), verdict("b", "ANONYMIZE"), verdict("c", failed="KeyError"), verdict("d")])
    assert (outcome.blocking, outcome.masking, outcome.failed) == (("a", "c"), ("b",), ("c",))


@pytest.mark.parametrize("verdicts", [[], [verdict("a"), verdict("a", "BLOCK")]], ids=["the empty list", "a rule twice"])
def test_a_broken_list_is_no_pass(verdicts: list[Verdict]) -> None:
    with pytest.raises(VerdictListBroken):
        combine(verdicts)
