"""The laws of `combine`, as stated at the top of ringwall/guardrails/verdict.py."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ringwall.guardrails import Verdict, combine

WEIGHT = {"NONE": 0, "ANONYMIZE": 1, "BLOCK": 2}
ACTIONS = st.sampled_from(sorted(WEIGHT))
VERDICTS = st.builds(
    Verdict,
    rule_id=st.text("abcdefgh", min_size=1, max_size=3),
    policy=st.just("wordPolicy"),
    action=ACTIONS,
    detected=st.booleans(),
    failed=st.sampled_from(("", "", "TimeoutError")),
)
LISTS = st.lists(VERDICTS, min_size=1, max_size=12, unique_by=lambda verdict: verdict.rule_id)


def weight(verdicts: list[Verdict]) -> int:
    return WEIGHT[combine(verdicts).action]


@given(LISTS)
def test_the_outcome_is_the_strongest_verdict_and_failure_counts_as_block(verdicts: list[Verdict]) -> None:
    assert weight(verdicts) == max(2 if verdict.failed else WEIGHT[verdict.action] for verdict in verdicts)


@given(LISTS, st.randoms())
def test_order_does_not_matter(verdicts: list[Verdict], random: object) -> None:
    shuffled = list(verdicts)
    random.shuffle(shuffled)
    one, other = combine(verdicts), combine(shuffled)
    assert one.action == other.action
    assert sorted(one.blocking) == sorted(other.blocking)
    assert sorted(one.masking) == sorted(other.masking)
    assert sorted(one.failed) == sorted(other.failed)


@given(LISTS, st.data())
def test_grouping_does_not_matter(verdicts: list[Verdict], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(verdicts)))
    groups = [group for group in (verdicts[:cut], verdicts[cut:]) if group]
    assert weight(verdicts) == max(weight(group) for group in groups)


@given(LISTS, VERDICTS)
def test_more_is_never_weaker(verdicts: list[Verdict], another: Verdict) -> None:
    if another.rule_id not in {verdict.rule_id for verdict in verdicts}:
        assert weight([*verdicts, another]) >= weight(verdicts)


@given(LISTS, st.data(), ACTIONS)
def test_strengthening_a_verdict_is_never_weaker(verdicts: list[Verdict], data: st.DataObject, action: str) -> None:
    at = data.draw(st.integers(0, len(verdicts) - 1))
    changed = Verdict(rule_id=verdicts[at].rule_id, policy="wordPolicy", action=action, failed=verdicts[at].failed)
    if WEIGHT[action] >= WEIGHT[verdicts[at].action]:
        assert weight([*verdicts[:at], changed, *verdicts[at + 1 :]]) >= weight(verdicts)


@given(LISTS)
def test_the_ids_named_are_those_that_made_the_outcome(verdicts: list[Verdict]) -> None:
    outcome = combine(verdicts)
    assert set(outcome.blocking) == {v.rule_id for v in verdicts if v.failed or v.action == "BLOCK"}
    assert set(outcome.failed) == {v.rule_id for v in verdicts if v.failed}
    assert set(outcome.masking) == {v.rule_id for v in verdicts if not v.failed and v.action == "ANONYMIZE"}
