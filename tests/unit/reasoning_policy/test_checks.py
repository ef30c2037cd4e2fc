"""What the checks answer, what they refuse, and that they never call anything proved that is not."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from ringwall.errors import Bug
from ringwall.policies import MalformedPolicyDocument, PolicySets, compile_policies, parse_policy
from ringwall.policies.document import Condition
from ringwall.reasoning.policy import (
    AutomataSolver,
    NoDeadStatements,
    NoMorePermissive,
    Proved,
    Refuted,
    RequestSpace,
    RequiresCondition,
    Unknown,
    Unreachable,
    Z3Solver,
    check_no_more_permissive,
    check_no_more_permissive_with_counterexample,
    check_requires_condition,
    check_unreachable,
    check_unreachable_with_counterexample,
    dead_statements,
    prove_policy,
    to_json,
    to_markdown,
)
from ringwall.reasoning.policy.errors import MalformedQuestion, SolverMissing
from ringwall.reasoning.policy.ports import Answer, Problem, Satisfied, Undecided, Unsatisfied
from ringwall.vocabulary import Principal

ROOT = Principal(account_id="111122223333", arn="arn:aws:iam::111122223333:root", principal_id="111122223333", kind="Root")


def sets(*statements: dict[str, Any], **others: Any) -> PolicySets:
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    return PolicySets(compile_policies([parse_policy(document, name="p")] if statements else []), **others)


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


class Fixed:
    """A solver with one answer."""

    name = "fixed"

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def solve(self, problem: Problem) -> Answer:
        assert problem.principal
        return self.answer


def test_no_policy_allows_nothing_and_star_allows_all() -> None:
    assert check_unreachable(sets(), RequestSpace()) == "proved"
    assert check_unreachable(sets(allow("*")), RequestSpace()) == "refuted"
    assert check_unreachable(sets(allow("*"), deny("*")), RequestSpace()) == "proved"


def test_a_proof_about_no_request_says_so() -> None:
    result = check_unreachable_with_counterexample(sets(allow("*")), RequestSpace(actions=("s3:-*",)))
    assert isinstance(result, Proved)
    assert "THE SPACE HOLDS NO REQUEST" in result.premises[-1]
    result = check_unreachable_with_counterexample(sets(), RequestSpace(actions=("s3:*",)))
    assert isinstance(result, Proved)
    assert not any("NO REQUEST" in one for one in result.premises)


def test_patterns_of_the_longest_documents_end_in_an_answer() -> None:
    long = "arn:aws:s3:::" + "a?b*" * 4_000
    result = check_unreachable_with_counterexample(sets(allow("s3:*", long), deny("s3:*", long[:-4])), RequestSpace())
    assert isinstance(result, Unknown)
    assert "joint states" in result.reasons[0]


def test_root_is_bound_by_nothing_of_its_own() -> None:
    assert check_unreachable(sets(deny("*")), RequestSpace(principal=ROOT)) == "refuted"
    assert check_unreachable(sets(), RequestSpace(principal=ROOT, resources=("arn:aws:s3:::*",))) == "refuted"
    other = RequestSpace(principal=ROOT, resources=("arn:aws:kb:us-east-1:444455556666:*",), context={"aws:ResourceAccount": ()})
    assert check_unreachable(sets(allow("*")), other) == "proved"


def test_an_undecided_solver_never_makes_a_proof() -> None:
    result = check_unreachable_with_counterexample(sets(allow("*")), RequestSpace(), (Fixed(Undecided(("too hard",))),))
    assert isinstance(result, Unknown)
    assert result.reasons == ("fixed: too hard",)
    assert check_unreachable(sets(allow("*")), RequestSpace(), ()) == "unknown"


def test_the_next_solver_is_asked_where_one_is_undecided() -> None:
    result = check_unreachable_with_counterexample(sets(allow("*")), RequestSpace(), (Fixed(Undecided(("hm",))), AutomataSolver()))
    assert isinstance(result, Refuted)
    assert result.effort.queries == {"fixed": 1, "automata": 1}
    assert check_unreachable(sets(allow("*")), RequestSpace(), (Fixed(Undecided(("hm",))), Fixed(Unsatisfied()))) == "proved"


def test_a_counterexample_that_the_evaluator_denies_is_a_bug() -> None:
    wrong = Fixed(Satisfied("s3:getobject", "*", {}))
    with pytest.raises(Bug):
        check_unreachable(sets(allow("kb:*")), RequestSpace(actions=("kb:*",)), (wrong,))


def test_steps_that_run_out_make_the_answer_unknown() -> None:
    result = check_unreachable_with_counterexample(sets(allow("*"), deny("s3:*")), RequestSpace(), (AutomataSolver(steps=0),))
    assert isinstance(result, Unknown)


def test_what_has_no_formula_is_named_and_not_proved() -> None:
    inexpressible = allow("s3:*", Condition={"StringEqualsIgnoreCase": {"aws:PrincipalTag/team": "${aws:PrincipalTag/boss}"}})
    guarded = RequestSpace(actions=("s3:*",), context={"aws:PrincipalTag/team": ("a",), "aws:PrincipalTag/boss": ("b",)})
    result = check_unreachable_with_counterexample(sets(inexpressible), guarded)
    assert isinstance(result, Unknown)
    assert "StringEqualsIgnoreCase on aws:principaltag/team" in result.reasons[0]
    assert check_unreachable(sets(inexpressible), RequestSpace(actions=("kb:*",))) == "proved"


def test_a_star_before_a_variable_is_named_and_not_proved() -> None:
    policies = sets(allow("s3:*", "arn:aws:s3:::a*${aws:PrincipalTag/x}"))
    result = check_unreachable_with_counterexample(
        policies, RequestSpace(resources=("arn:aws:s3:::abc",), context={"aws:PrincipalTag/x": ("q",)})
    )
    assert isinstance(result, Unknown)
    assert "Resource: `*` directly before a policy variable" in result.reasons[0]


def test_a_key_compared_as_number_and_as_text_is_not_proved() -> None:
    both = {"NumericLessThan": {"k:a": "5"}, "StringLike": {"k:a": "?7*"}, "NumericGreaterThan": {"k:a": "4.5"}}
    result = check_unreachable_with_counterexample(sets(allow("s3:*", Condition=both)), RequestSpace())
    assert isinstance(result, Unknown)
    assert "compared both as number and as text" in result.reasons[0]


def test_fixed_and_present_keys_narrow_the_space() -> None:
    policies = sets(allow("s3:*"), deny("s3:*", Condition={"BoolIfExists": {"aws:SecureTransport": ["true", "false"]}}))
    assert check_unreachable(policies, RequestSpace()) == "proved"
    policies = sets(allow("s3:*"), deny("s3:*", Condition={"Bool": {"aws:SecureTransport": ["true", "false"]}}))
    assert check_unreachable(policies, RequestSpace()) == "refuted"
    assert check_unreachable(policies, RequestSpace(context={"aws:SecureTransport": ("true",)})) == "proved"
    present = check_unreachable_with_counterexample(
        sets(allow("s3:*", Condition={"Null": {"aws:SourceIp": "true"}})), RequestSpace(present=("aws:SourceIp",))
    )
    assert isinstance(present, Refuted)  # an empty text is a value that Null takes for none
    assert present.counterexample.context["aws:sourceip"] == ("",)


def test_dead_statements_are_those_that_no_decision_depends_on() -> None:
    policies = sets(
        allow("s3:Get*"), allow("s3:GetObject", "arn:aws:s3:::a/*"), deny("ec2:*"), deny("s3:GetAcl"), allow("kb:*"), deny("kb:*")
    )
    found = {one.statement.index: type(one.result) for one in dead_statements(policies)}
    assert found == {0: Refuted, 1: Proved, 2: Proved, 3: Refuted, 4: Proved, 5: Refuted}


def test_a_set_is_no_more_permissive_than_itself_without_any_query() -> None:
    policies = sets(*(allow(f"s3:Get{index}*", f"arn:aws:s3:::b{index}/*") for index in range(30)), deny("s3:*", "arn:aws:s3:::b1/x"))
    result = check_no_more_permissive_with_counterexample(policies, policies)
    assert isinstance(result, Proved)
    assert result.effort.queries == {}


def test_dropping_a_boundary_is_more_permissive_and_adding_one_is_not() -> None:
    boundary = compile_policies([parse_policy(json.dumps({"Version": "2012-10-17", "Statement": allow("s3:*")}))])
    assert check_no_more_permissive(sets(allow("*")), sets(allow("*"), boundary=boundary)) == "refuted"
    assert check_no_more_permissive(sets(allow("*"), boundary=boundary), sets(allow("*"))) == "proved"


def test_a_condition_is_required_only_where_every_way_has_it() -> None:
    approved = Condition("Bool", "ringwall:ApprovalGranted", ("true",))
    space = RequestSpace(actions=("trading:Execute*",))
    guard = {"Condition": {"Bool": {"ringwall:approvalgranted": "true"}}}
    assert check_requires_condition(sets(allow("trading:*", **guard)), space, approved) == "proved"
    assert check_requires_condition(sets(allow("trading:*", **guard), allow("*")), space, approved) == "refuted"
    with pytest.raises(MalformedPolicyDocument):
        check_requires_condition(sets(), space, Condition("StringSounds", "k:a", ("x",)))


@pytest.mark.parametrize(
    "space",
    [
        RequestSpace(actions=()),
        RequestSpace(resources=()),
        RequestSpace(actions=("nothing",)),
        RequestSpace(actions=("s3:get object",)),
        RequestSpace(actions=("s3:*",) * 101),
        RequestSpace(resources=("",)),
        RequestSpace(resources=("x" * 2049,)),
    ],
)
def test_malformed_spaces_are_refused(space: RequestSpace) -> None:
    with pytest.raises(MalformedQuestion):
        check_unreachable(sets(), space)


def test_the_report_says_everything_in_both_renderings() -> None:
    policies = sets(
        allow("trading:*"), allow("trading:Get*"), deny("trading:Execute*", Condition={"Bool": {"ringwall:ApprovalGranted": "false"}})
    )
    approved = Condition("Bool", "ringwall:ApprovalGranted", ("true",))
    report = prove_policy(
        policies,
        [
            Unreachable(space=RequestSpace(actions=("iam:*",))),
            RequiresCondition(space=RequestSpace(actions=("trading:Execute*",)), condition=approved),
            NoMorePermissive(than=sets(allow("trading:*")), name="version 1"),
            NoDeadStatements(),
        ],
        subject="role/agent",
    )
    assert [one.outcome for one in report.findings] == ["proved", "refuted", "proved", "refuted"]
    assert report.outcome == "refuted"
    text = to_markdown(report)
    assert "## PROVED: the caller can never do `iam:*` on `*`" in text
    assert '"action": "trading:execute"' in text
    assert "dead: no decision depends on it" in text
    assert "## Premises" in text
    body = json.loads(to_json(report))
    assert body["findings"][1]["results"][""]["counterexample"]["matched"] == [{"policy": "p", "index": 0, "sid": ""}]
    assert msgspec.json.decode(to_json(report), type=type(report)) == report


def test_unknown_is_rendered_as_no_proof() -> None:
    report = prove_policy(sets(allow("*")), [Unreachable(space=RequestSpace())], solvers=(Fixed(Undecided(("hard`\n# PROVED",))),))
    assert report.outcome == "unknown"
    text = to_markdown(report)
    assert "UNKNOWN (not a proof)" in text
    assert "\n# PROVED" not in text
    assert "PROVED:" not in text


def test_a_report_needs_questions() -> None:
    with pytest.raises(MalformedQuestion):
        prove_policy(sets(), [])


def test_z3_proves_what_only_relations_between_values_show() -> None:
    try:
        solver = Z3Solver()
    except SolverMissing:
        pytest.skip("z3: not installed")
    home = "arn:aws:s3:::home/${aws:PrincipalTag/team}/"
    narrow, wide = sets(allow("s3:Get*", home + "docs/*")), sets(allow("s3:*", home + "*"))
    assert check_no_more_permissive(narrow, wide) == "unknown"
    assert check_no_more_permissive(narrow, wide, None, (AutomataSolver(), solver)) == "proved"
    assert check_no_more_permissive(wide, narrow, None, (AutomataSolver(), solver)) == "refuted"
    numbers = allow(
        "s3:*", Condition={"NumericLessThan": {"k:a": "5"}, "NumericGreaterThan": {"k:a": "4"}, "IpAddress": {"k:b": "fc00::/7"}}
    )
    moments = allow("s3:*", Condition={"DateLessThan": {"k:c": "2026"}, "BinaryEquals": {"k:d": "eA=="}, "Bool": {"k:e": "false"}})
    for statement in (numbers, moments, allow("s3:*", "*", Condition={"ForAnyValue:StringLike": {"k:f": ["a*\\u{41}", "\u00e9?"]}})):
        assert check_unreachable(sets(statement), RequestSpace(), (solver,)) == "refuted"
        assert check_unreachable(sets(statement, deny("s3:*")), RequestSpace(), (solver,)) == "proved"
