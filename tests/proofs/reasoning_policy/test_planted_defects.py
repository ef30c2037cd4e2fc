"""Mistakes that people make in IAM policies: each is refuted by a request that the evaluator allows, and its mended twin is proved.

The checks replay every counterexample on the evaluator themselves; this file replays it once more, from its printed parts.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from ringwall.policies import PolicySets, Request, compile_policies, evaluate, parse_policy
from ringwall.policies.document import Condition
from ringwall.reasoning.policy import (
    Proved,
    Refuted,
    RequestSpace,
    Result,
    check_no_more_permissive_with_counterexample,
    check_requires_condition_with_counterexample,
    check_unreachable_with_counterexample,
)
from ringwall.vocabulary import Principal

Statement = dict[str, Any]
Check = Callable[[PolicySets], Result]

APPROVED = Condition("Bool", "ringwall:ApprovalGranted", ("true",))
EXECUTE = RequestSpace(actions=("trading:Execute*",))
ROLE = Principal(
    account_id="111122223333",
    arn="arn:aws:sts::111122223333:assumed-role/agent/run",
    principal_id="AROAAGENT00000000000:run",
    kind="AssumedRole",
    session_name="run",
)


def allow(action: Any, resource: Any = "*", **more: Any) -> Statement:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = "*", **more: Any) -> Statement:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def when(operator: str, key: str, *values: str) -> Statement:
    return {"Condition": {operator: {key: list(values)}}}


def sets(*identity: Statement, **others: list[Statement]) -> PolicySets:
    def one(statements: Any, kind: Any = "identity") -> Any:
        return compile_policies([parse_policy(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}), kind=kind)])

    return PolicySets(
        one(identity) if identity else compile_policies(()),
        boundary=one(others["boundary"]) if "boundary" in others else None,
        session=one(others["session"]) if "session" in others else None,
        resource=one(others["resource"], "resource") if "resource" in others else None,
    )


def needs_approval(policies: PolicySets) -> Result:
    return check_requires_condition_with_counterexample(policies, EXECUTE, APPROVED)


def never(actions: str | tuple[str, ...], resource: str = "*", **more: Any) -> Check:
    space = RequestSpace(actions=(actions,) if isinstance(actions, str) else actions, resources=(resource,), **more)
    return lambda policies: check_unreachable_with_counterexample(policies, space)


def needs(condition: Condition, action: str, resource: str = "*", **more: Any) -> Check:
    space = RequestSpace(actions=(action,), resources=(resource,), **more)
    return lambda policies: check_requires_condition_with_counterexample(policies, space, condition)


def within(other: PolicySets) -> Check:
    return lambda policies: check_no_more_permissive_with_counterexample(policies, other)


GATE = deny("trading:Execute*", **when("BoolIfExists", "ringwall:ApprovalGranted", "false"))
NO_KEY = deny("trading:Execute*", **when("Null", "ringwall:ApprovalGranted", "true"))
TRADER = allow("trading:*", "arn:aws:trading:*:*:desk/*", **when("Bool", "ringwall:ApprovalGranted", "true"))
READER = allow("trading:Get*")
OFFICE = {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "192.168.0.0/16"]}}
HOME = "arn:aws:s3:::home/${aws:username}/*"

DEFECTS: dict[str, tuple[PolicySets, PolicySets, Check]] = {
    "a wildcard hides the guarded action": (
        sets(TRADER, allow("t*:ex?cute*".replace("t*", "trading"), "arn:aws:trading:*:*:desk/*")),
        sets(TRADER, allow("trading:exacute*", "arn:aws:trading:*:*:desk/*")),
        needs_approval,
    ),
    "a Deny with Bool does not see that the key is absent": (
        sets(allow("trading:*"), deny("trading:Execute*", **when("Bool", "ringwall:ApprovalGranted", "false"))),
        sets(allow("trading:*"), GATE, NO_KEY),
        needs_approval,
    ),
    "an Allow with BoolIfExists lets a request without the key pass": (
        sets(allow("trading:*", **when("BoolIfExists", "ringwall:ApprovalGranted", "true"))),
        sets(allow("trading:*", **when("Bool", "ringwall:ApprovalGranted", "true"))),
        needs_approval,
    ),
    "NotAction allows what nobody thought of": (
        sets({"Effect": "Allow", "NotAction": ["iam:Create*", "iam:Delete*"], "Resource": "*"}),
        sets({"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"}),
        never("iam:*"),
    ),
    "NotResource spares more than the one bucket": (
        sets(allow("s3:*"), {"Effect": "Deny", "Action": "s3:*", "NotResource": ["arn:aws:s3:::public/*", "arn:aws:s3:::pay*"]}),
        sets(allow("s3:*"), {"Effect": "Deny", "Action": "s3:*", "NotResource": ["arn:aws:s3:::public/*"]}),
        never("s3:GetObject", "arn:aws:s3:::payroll/*"),
    ),
    "a Deny written in another case still binds, one with a misspelt verb does not": (
        sets(allow("iam:*"), deny("IAM:passRoles")),
        sets(allow("iam:*"), deny("IAM:passrole")),
        never("iam:PassRole"),
    ),
    "a Deny on the bucket does not cover its objects": (
        sets(allow("s3:*"), deny("s3:*", "arn:aws:s3:::payroll")),
        sets(allow("s3:*"), deny("s3:*", ["arn:aws:s3:::payroll", "arn:aws:s3:::payroll/*"])),
        never("s3:GetObject", "arn:aws:s3:::payroll/*"),
    ),
    "a missing slash opens the neighbour's folder": (
        sets(allow("s3:*", "arn:aws:s3:::home/${aws:username}*")),
        sets(allow("s3:*", HOME)),
        never("s3:*", "arn:aws:s3:::home/someoneelse/*"),
    ),
    "a tag as a path lets its holder choose the path": (
        sets(allow("s3:*", "arn:aws:s3:::home/${aws:PrincipalTag/team}/*")),
        sets(allow("s3:*", "arn:aws:s3:::home/team-${aws:PrincipalTag/team}/*")),
        never("s3:*", "arn:aws:s3:::home/payroll/*"),
    ),
    "the old policy language takes a variable for text": (
        PolicySets(
            compile_policies(
                [
                    parse_policy(json.dumps({"Version": "2012-10-17", "Statement": [allow("s3:*")]})),
                    parse_policy(
                        json.dumps({"Version": "2008-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "NotResource": HOME}]})
                    ),
                    parse_policy(json.dumps({"Version": "2012-10-17", "Statement": [deny("s3:*", "arn:aws:s3:::home/${*}*")]})),
                ]
            )
        ),
        sets(allow("s3:*"), {"Effect": "Deny", "Action": "s3:*", "NotResource": HOME}),
        never("s3:*", "arn:aws:s3:::home/${aws:username}/*"),
    ),
    "two date conditions that were meant as a window are two statements": (
        sets(
            allow("trading:*", **when("DateGreaterThan", "aws:CurrentTime", "2026-01-01T00:00:00Z")),
            allow("trading:*", **when("DateLessThan", "aws:CurrentTime", "2026-02-01T00:00:00Z")),
        ),
        sets(
            allow(
                "trading:*",
                Condition={
                    "DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"},
                    "DateLessThan": {"aws:CurrentTime": "2026-02-01T00:00:00Z"},
                },
            )
        ),
        needs(Condition("DateLessThan", "aws:CurrentTime", ("2026-02-01T00:00:00Z",)), "trading:*"),
    ),
    "a window's end is one microsecond too late": (
        sets(allow("trading:*", **when("DateLessThanEquals", "aws:CurrentTime", "2026-02-01T00:00:00Z"))),
        sets(allow("trading:*", **when("DateLessThan", "aws:CurrentTime", "2026-02-01T00:00:00Z"))),
        needs(Condition("DateLessThan", "aws:CurrentTime", ("2026-02-01T00:00:00Z",)), "trading:*"),
    ),
    "a network mask is one bit too short": (
        sets(allow("s3:*", **when("IpAddress", "aws:SourceIp", "10.0.0.0/7"))),
        sets(allow("s3:*", Condition=OFFICE)),
        needs(Condition("IpAddress", "aws:SourceIp", ("10.0.0.0/8", "192.168.0.0/16")), "s3:*"),
    ),
    "a Deny by NotIpAddress that spares IPv6": (
        sets(allow("s3:*"), deny("s3:*", **when("NotIpAddress", "aws:SourceIp", "10.0.0.0/8", "::/0"))),
        sets(allow("s3:*"), deny("s3:*", **when("NotIpAddress", "aws:SourceIp", "10.0.0.0/8"))),
        needs(Condition("IpAddress", "aws:SourceIp", ("10.0.0.0/8",)), "s3:*"),
    ),
    "values are alternatives, so two negations in two statements guard nothing": (
        sets(
            allow("kb:*", **when("StringNotEquals", "aws:PrincipalTag/team", "guests")),
            allow("kb:*", **when("StringNotEquals", "aws:PrincipalTag/team", "interns")),
        ),
        sets(allow("kb:*", **when("StringNotEquals", "aws:PrincipalTag/team", "guests", "interns"))),
        never("kb:*", context={"aws:PrincipalTag/team": ("guests",)}),
    ),
    "ForAllValues is true of no values": (
        sets(allow("kb:Tag", **when("ForAllValues:StringEquals", "aws:TagKeys", "team", "cost"))),
        sets(
            allow(
                "kb:Tag",
                Condition={"ForAllValues:StringEquals": {"aws:TagKeys": ["team", "cost"]}, "Null": {"aws:TagKeys": "false"}},
            )
        ),
        needs(Condition("Null", "aws:TagKeys", ("false",)), "kb:Tag"),
    ),
    "ForAnyValue where all were meant": (
        sets(allow("kb:Tag", **when("ForAnyValue:StringEquals", "aws:TagKeys", "team", "cost"))),
        sets(allow("kb:Tag", **when("ForAllValues:StringEquals", "aws:TagKeys", "team", "cost"))),
        needs(Condition("StringEquals", "aws:TagKeys", ("team", "cost"), quantifier="ForAllValues"), "kb:Tag"),
    ),
    "StringEquals takes a wildcard for a star": (
        sets(allow("kb:*"), deny("kb:Delete*", **when("StringEquals", "aws:PrincipalTag/team", "ext-*"))),
        sets(allow("kb:*"), deny("kb:Delete*", **when("StringLike", "aws:PrincipalTag/team", "ext-*"))),
        never("kb:DeleteAll", context={"aws:PrincipalTag/team": ("ext-7",)}),
    ),
    "a Deny compares names with regard to case": (
        sets(allow("kb:*"), deny("kb:*", **when("StringEquals", "aws:PrincipalTag/team", "guests"))),
        sets(allow("kb:*"), deny("kb:*", **when("StringEqualsIgnoreCase", "aws:PrincipalTag/team", "guests"))),
        needs(Condition("StringNotEqualsIgnoreCase", "aws:PrincipalTag/team", ("guests",)), "kb:*"),
    ),
    "an amount limit on an optional key": (
        sets(allow("trading:Execute", **when("NumericLessThanIfExists", "ringwall:Amount", "1000"))),
        sets(allow("trading:Execute", **when("NumericLessThan", "ringwall:Amount", "1000"))),
        needs(Condition("NumericLessThanEquals", "ringwall:Amount", ("1000",)), "trading:Execute"),
    ),
    "an ARN pattern whose star was meant to stay in the account": (
        sets(allow("kb:*", **when("StringLike", "aws:SourceArn", "arn:aws:s3:*:111122223333*"))),
        sets(allow("kb:*", **when("ArnLike", "aws:SourceArn", "arn:aws:s3:*:111122223333:*"))),
        needs(Condition("ArnLike", "aws:SourceArn", ("arn:aws:s3:*:111122223333:*",)), "kb:*"),
    ),
    "a boundary that allows what the identity policy was trusted to leave out": (
        sets(allow("*"), boundary=[allow(["s3:*", "iam:Pass*"])]),
        sets(allow("*"), boundary=[allow("s3:*")]),
        never("iam:*"),
    ),
    "a session policy narrows, a second one in the same session widens again": (
        sets(allow("s3:*"), session=[allow("s3:Get*"), allow("s3:*", "arn:aws:s3:::scratch/*")]),
        sets(allow("s3:*"), session=[allow("s3:Get*")]),
        never("s3:Put*"),
    ),
    "a resource's policy names the user, which no boundary narrows": (
        sets(boundary=[allow("s3:*")], resource=[{**allow("kb:*"), "Principal": {"AWS": "arn:aws:iam::111122223333:user/someone"}}]),
        sets(boundary=[allow("s3:*")], resource=[{**allow("kb:*"), "Principal": {"AWS": "111122223333"}}]),
        never("kb:*"),
    ),
    "a Deny names the session, not the role": (
        sets(
            allow("kb:*"),
            resource=[{**deny("kb:*"), "Principal": {"AWS": "arn:aws:sts::111122223333:assumed-role/agent/other"}}],
        ),
        sets(
            allow("kb:*"),
            resource=[{**deny("kb:*"), "Principal": {"AWS": "arn:aws:iam::111122223333:role/agent"}}],
        ),
        never("kb:*", principal=ROLE, context={"aws:PrincipalArn": ("arn:aws:iam::111122223333:role/agent",)}),
    ),
    "an edit widens one resource by a star": (
        sets(READER, allow("s3:Get*", "arn:aws:s3:::reports/2026*"), allow("s3:Put*", "arn:aws:s3:::in/*")),
        sets(READER, allow("s3:GetObject", "arn:aws:s3:::reports/2026/may"), allow("s3:Put*", "arn:aws:s3:::in/a/*")),
        within(sets(READER, allow("s3:Get*", "arn:aws:s3:::reports/2026/*"), allow("s3:Put*", "arn:aws:s3:::in/*"))),
    ),
    "an edit drops a Deny that seemed redundant": (
        sets(allow("s3:*")),
        sets(allow("s3:Get*"), allow("s3:List*"), deny("s3:*", "arn:aws:s3:::payroll*")),
        within(sets(allow("s3:*"), deny("s3:GetObject", "arn:aws:s3:::payroll/*"))),
    ),
}


@pytest.mark.parametrize("name", DEFECTS)
def test_the_defect_is_refuted_by_a_request_that_the_evaluator_allows(name: str) -> None:
    defective, _, check = DEFECTS[name]
    result = check(defective)
    assert isinstance(result, Refuted), result
    found = result.counterexample
    who = ROLE if found.principal == ROLE.arn else RequestSpace().principal
    decision = evaluate(defective, Request(found.action, found.resource, who, found.context))
    assert decision.allowed
    assert decision.matched == found.matched
    assert found.because


@pytest.mark.parametrize("name", DEFECTS)
def test_the_mended_policy_is_proved(name: str) -> None:
    _, mended, check = DEFECTS[name]
    result = check(mended)
    assert isinstance(result, Proved), result
    assert any("the caller is" in premise for premise in result.premises)


def test_there_are_at_least_fifteen_defects_and_no_two_are_the_same() -> None:
    assert len({msgspec.json.encode([str(one.statement) for one in bad.identity.statements]) for bad, _, _ in DEFECTS.values()}) >= 15
