"""A policy that covers another never decides less: to leave the other out weakens nothing."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from ringwall.guardrails.code import judge_code
from ringwall.guardrails.code.config import CodePolicyConfig, covers
from tests.unit.code.test_judging import Evaluations

RANKS = {"NONE": 0, "ANNOTATE": 1, "BLOCK": 2}
SEVERITIES = st.sampled_from(["LOW", "MEDIUM", "HIGH"])
PIECES = {
    "a weakness": "```python\neval(x)\n```\n",
    "nothing wrong": "```python\nprint(1)\n```\n",
    "no Python": "```python\n(((\n```\n",
    "another language": "```javascript\neval(x)\n```\n",
    "one that nobody reads": "```cobol\nSTOP RUN.\n```\n",
    "a secret": "```text\nghp_0123456789abcdefghijABCDEFGHIJ012345\n```\n",
}
configs = st.builds(
    CodePolicyConfig,
    action=st.sampled_from(list(RANKS)),
    severity=SEVERITIES,
    languages=st.sampled_from([(), ("python",), ("python", "javascript"), ("cobol", "python")]),
    unscanned=st.sampled_from(["ALLOW", "BLOCK"]),
    unparsed=SEVERITIES,
    tool_arguments=st.sampled_from([("*.code",), ("*.code", "*.script")]),
)
answers = st.lists(st.sampled_from(list(PIECES)), min_size=1, max_size=3).map(lambda names: "\n".join(PIECES[name] for name in names))


def rank(answer: str, config: CodePolicyConfig) -> int:
    return RANKS[judge_code(answer, config.policy, [Evaluations()]).action]


@given(one=configs, other=configs, answer=answers)
def test_a_policy_that_covers_another_decides_at_least_as_hard(one: CodePolicyConfig, other: CodePolicyConfig, answer: str) -> None:
    for strict, weak in ((one, other), (other, one)):
        assert not covers(strict, weak) or rank(answer, strict) >= rank(answer, weak)


@given(
    one=configs, changed=configs, member=st.sampled_from(["action", "severity", "unscanned", "unparsed", "tool_arguments"]), answer=answers
)
def test_a_policy_with_one_member_changed(one: CodePolicyConfig, changed: CodePolicyConfig, member: str, answer: str) -> None:
    other = msgspec.structs.replace(one, **{member: getattr(changed, member)})
    assert covers(one, one)
    assert covers(one, other) or covers(other, one) or "ANNOTATE" in (one.action, other.action)
    if covers(one, other):
        assert rank(answer, one) >= rank(answer, other)
