"""Requests, contexts and what a decision says of itself."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from ringwall.errors import InvalidRequest
from ringwall.policies import PolicySets, Request, compile_policies, evaluate, parse_policy, request_context
from ringwall.policies.document import Condition, Policy, Statement
from ringwall.vocabulary import Principal

ADA = Principal(account_id="111122223333", arn="arn:aws:iam::111122223333:user/ada", principal_id="AIDA1", kind="IAMUser", user_name="ada")
ARN = "arn:aws:bedrock:us-east-1:111122223333:guardrail/abc"


def test_context_values_become_texts() -> None:
    context = request_context(
        {
            "aws:CurrentTime": datetime(2026, 5, 1, 12, tzinfo=UTC),
            "aws:EpochTime": 1_777_636_800,
            "aws:SecureTransport": True,
            "aws:TagKeys": ["a", "b"],
            "key:Ratio": 0.5,
            "aws:SourceIp": "10.0.0.1",
        }
    )
    assert context == {
        "aws:currenttime": ("2026-05-01T12:00:00.000000Z",),
        "aws:epochtime": ("1777636800",),
        "aws:securetransport": ("true",),
        "aws:tagkeys": ("a", "b"),
        "key:ratio": ("0.500000",),
        "aws:sourceip": ("10.0.0.1",),
    }


def test_keys_that_differ_in_case_only_are_refused() -> None:
    with pytest.raises(InvalidRequest):
        request_context([("aws:RequestTag/Team", "red"), ("aws:RequestTag/team", "blue")])


def test_too_many_keys_or_values_are_refused() -> None:
    with pytest.raises(InvalidRequest):
        request_context({f"aws:RequestTag/{index}": "x" for index in range(257)})
    with pytest.raises(InvalidRequest):
        request_context({"aws:TagKeys": ["x"] * 257})


def test_a_decision_names_its_statement() -> None:
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "Reads", "Effect": "Allow", "Action": "bedrock:Get*", "Resource": "*"},
            {"Sid": "Never", "Effect": "Deny", "Action": "bedrock:Delete*", "Resource": "*"},
        ],
    }
    sets = PolicySets(compile_policies([parse_policy(json.dumps(document), name="inline/app")]))
    allowed = evaluate(sets, Request("bedrock:GetGuardrail", ARN, ADA, {}))
    denied = evaluate(sets, Request("bedrock:DeleteGuardrail", ARN, ADA, {}))
    assert (allowed.source, allowed.matched[0].policy, allowed.matched[0].sid) == ("identity", "inline/app", "Reads")
    assert (denied.reason, denied.source, denied.matched[0].index) == ("explicit-deny", "identity", 1)
    assert evaluate(sets, Request("iam:GetUser", ARN, ADA, {})).matched == ()


def test_a_tree_that_does_not_compile_is_closed() -> None:
    """Trees may come from elsewhere than the grammar: another version's storage, a later feature."""
    unknown = (Condition("StringSounds", "aws:username", ("ada",)),)
    broken = (Condition("NumericLessThan", "s3:max-keys", ("few",)),)
    everything = Statement(effect="Allow", actions=("*",), resources=("*",))
    for conditions in (unknown, broken):
        allow = Statement(effect="Allow", actions=("*",), resources=("*",), conditions=conditions)
        deny = Statement(effect="Deny", actions=("*",), resources=("*",), conditions=conditions)
        request = Request("bedrock:GetGuardrail", ARN, ADA, {})
        assert not evaluate(PolicySets(compile_policies([Policy(statements=(allow,))])), request).allowed
        decision = evaluate(PolicySets(compile_policies([Policy(statements=(everything, deny))])), request)
        assert decision.reason == "explicit-deny"
    open_variable = Statement(effect="Deny", actions=("*",), resources=("arn:aws:s3:::${aws:username",))
    policy = Policy(statements=(everything, open_variable), version="2012-10-17")
    assert evaluate(PolicySets(compile_policies([policy])), Request("s3:GetObject", ARN, ADA, {})).reason == "explicit-deny"


def test_more_actions_than_are_remembered_change_nothing() -> None:
    sets = PolicySets(
        compile_policies([parse_policy('{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"tool:a*","Resource":"*"}}')])
    )
    for index in range(5_000):
        assert evaluate(sets, Request(f"tool:a{index}", "*", ADA, {})).allowed
        assert not evaluate(sets, Request(f"tool:b{index}", "*", ADA, {})).allowed
