"""What the strict reading refuses, and what the closed reading makes of the same documents."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ringwall.policies import (
    MalformedPolicyDocument,
    PolicySets,
    PolicyTooLarge,
    Request,
    compile_policies,
    evaluate,
    parse_policy,
    read_stored_policy,
)
from ringwall.vocabulary import Principal

ADA = Principal(account_id="111122223333", arn="arn:aws:iam::111122223333:user/ada", principal_id="AIDA1", kind="IAMUser", user_name="ada")
ARN = "arn:aws:bedrock:us-east-1:111122223333:guardrail/abc"


def document(**changes: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": "bedrock:*", "Resource": "*", **changes}
    return {"Version": "2012-10-17", "Statement": [{key: value for key, value in statement.items() if value is not None}]}


REFUSED: dict[str, Any] = {
    "no JSON": "{",
    "no object": "[]",
    "a number": "5",
    "a repeated key": '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Effect": "Allow", "Action": "*", "Resource": "*"}]}',
    "not a number": '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": NaN, "Resource": "*"}]}',
    "nested too deep": '{"Version": "2012-10-17", "Statement": ' + "[" * 40 + "]" * 40 + "}",
    "nested far too deep": "[" * 100_000,
    "a lone surrogate in a key": '{"Version": "2012-10-17", "\\ud800": 1, "Statement": []}',
    "a lone surrogate": '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "\ud800"}]}',
    "a string that does not end": '"' + '\\"' * 60_000,
    "too long": json.dumps(document()) + " " * 131_072,
    "an unknown version": {**document(), "Version": "2015-01-01"},
    "a version that is a number": {**document(), "Version": 2012},
    "an unknown top element": {**document(), "Statements": []},
    "an id that is no string": {**document(), "Id": 5},
    "no statement": {"Version": "2012-10-17"},
    "an empty list of statements": {"Version": "2012-10-17", "Statement": []},
    "a statement that is a string": {"Version": "2012-10-17", "Statement": ["Allow"]},
    "an unknown element": document(Actions="*"),
    "an element in other case": document(effect="Allow"),
    "no effect": document(Effect=None),
    "an effect in other case": document(Effect="allow"),
    "an effect that is a list": document(Effect=["Allow"]),
    "no action": document(Action=None),
    "an empty list of actions": document(Action=[]),
    "an action that is a number": document(Action=5),
    "an action that is null": document(Action=[None]),
    "an action without service": document(Action="ApplyGuardrail"),
    "an action with a wildcard in its service": document(Action="t*:ex?cute*"),
    "an action with a space": document(Action="bedrock: Get"),
    "an action and a not-action": document(NotAction="iam:*"),
    "no resource": document(Resource=None),
    "an empty list of resources": document(Resource=[]),
    "a resource that is no ARN": document(Resource="guardrail/abc"),
    "a resource with five parts": document(Resource="arn:aws:bedrock:us-east-1:111122223333"),
    "a resource with a wildcard in its service": document(Resource="arn:aws:*:us-east-1:111122223333:x"),
    "a resource with an open variable": document(Resource="arn:aws:s3:::${aws:username"),
    "a resource with an empty variable": document(Resource="arn:aws:s3:::${}"),
    "a resource with a variable without service": document(Resource="arn:aws:s3:::${username}"),
    "a resource and a not-resource": document(NotResource="*"),
    "a principal in an identity policy": document(Principal="*"),
    "a sid with a space": document(Sid="a b"),
    "a sid that is a number": document(Sid=1),
    "one sid twice": {"Version": "2012-10-17", "Statement": [*document(Sid="A")["Statement"], *document(Sid="A")["Statement"]]},
    "a condition that is a list": document(Condition=[]),
    "an unknown operator": document(Condition={"StringMatches": {"aws:username": "x"}}),
    "an operator in other case": document(Condition={"stringequals": {"aws:username": "x"}}),
    "an unknown quantifier": document(Condition={"ForSomeValues:StringEquals": {"aws:username": "x"}}),
    "IfExists twice": document(Condition={"StringEqualsIfExistsIfExists": {"aws:username": "x"}}),
    "Null with IfExists": document(Condition={"NullIfExists": {"aws:username": "true"}}),
    "Null with a quantifier": document(Condition={"ForAnyValue:Null": {"aws:username": "true"}}),
    "Null of something else": document(Condition={"Null": {"aws:username": "yes"}}),
    "an operator without keys": document(Condition={"StringEquals": {}}),
    "an operator with a string": document(Condition={"StringEquals": "x"}),
    "a key without service": document(Condition={"StringEquals": {"username": "x"}}),
    "a key twice in different case": document(Condition={"StringEquals": {"aws:username": "x", "aws:Username": "y"}}),
    "an empty list of values": document(Condition={"StringEquals": {"aws:username": []}}),
    "a value that is an object": document(Condition={"StringEquals": {"aws:username": {}}}),
    "a value that is null": document(Condition={"StringEquals": {"aws:username": None}}),
    "a number that is none": document(Condition={"NumericEquals": {"s3:max-keys": "ten"}}),
    "a date that is none": document(Condition={"DateLessThan": {"aws:CurrentTime": "tomorrow"}}),
    "a date without a zone": document(Condition={"DateLessThan": {"aws:CurrentTime": "2026-01-01T00:00:00"}}),
    "a date that does not exist": document(Condition={"DateLessThan": {"aws:CurrentTime": "2026-02-30"}}),
    "a boolean that is none": document(Condition={"Bool": {"aws:SecureTransport": "yes"}}),
    "a network that is none": document(Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/33"}}),
    "a variable where none is substituted": document(Condition={"IpAddress": {"aws:SourceIp": "${aws:SourceIp}"}}),
    "bytes that are not base64": document(Condition={"BinaryEquals": {"key:x": "?"}}),
    "an ARN pattern that is none": document(Condition={"ArnLike": {"aws:SourceArn": "arn:aws:s3"}}),
}


def text_of(case: Any) -> str:
    return case if isinstance(case, str) else json.dumps(case)


@pytest.mark.parametrize("name", REFUSED)
def test_refuses(name: str) -> None:
    with pytest.raises(MalformedPolicyDocument) as refused:
        parse_policy(text_of(REFUSED[name]))
    assert refused.value.message
    assert refused.value.how_to_mend


HARMLESS = {"a sid with a space", "one sid twice"}
"""Refused when given to us, without meaning once stored: a Sid decides nothing."""


@pytest.mark.parametrize("name", sorted(set(REFUSED) - HARMLESS))
def test_a_stored_document_of_this_kind_allows_nothing(name: str) -> None:
    sets = PolicySets(compile_policies([read_stored_policy(text_of(REFUSED[name]))]))
    context = {"aws:username": ("x",), "aws:sourceip": ("10.0.0.1",), "aws:securetransport": ("true",)}
    for action in ("bedrock:ApplyGuardrail", "iam:CreateUser", "trading:execute"):
        assert not evaluate(sets, Request(action, ARN, ADA, context)).allowed


DENIES = [
    name for name, case in REFUSED.items() if isinstance(case, dict) and case.get("Statement") and isinstance(case["Statement"][0], dict)
]


@pytest.mark.parametrize("name", DENIES)
def test_a_stored_deny_of_this_kind_still_denies(name: str) -> None:
    case = json.loads(json.dumps(REFUSED[name]))
    for statement in case["Statement"]:
        statement["Effect"] = "Deny" if statement.get("Effect") == "Allow" else statement.get("Effect")
    sets = PolicySets(compile_policies([parse_policy(text_of(document(Action="*"))), read_stored_policy(text_of(case))]))
    assert evaluate(sets, Request("bedrock:ApplyGuardrail", ARN, ADA, {"aws:username": ("x",)})).reason == "explicit-deny"


ACCEPTED: dict[str, Any] = {
    "one statement that is no list": {"Version": "2012-10-17", "Statement": document()["Statement"][0]},
    "no version": {"Statement": document()["Statement"]},
    "an id": {**document(), "Id": "cd3ad3d9-2776-4ef1-a904-4c229d1642ee"},
    "everything": document(Action="*"),
    "every service": document(Action="*:*"),
    "lists": document(Action=["bedrock:Get*", "iam:?et*"], Resource=[ARN, "arn:aws:s3:::*"]),
    "quantifiers and suffixes": document(Condition={"ForAllValues:StringLikeIfExists": {"aws:TagKeys": ["a", "b*"]}}),
    "numbers and booleans": document(Condition={"NumericEquals": {"s3:max-keys": 5.25}, "Bool": {"aws:SecureTransport": True}}),
    "an empty condition": document(Condition={}),
    "variables": document(Resource="arn:aws:s3:::${aws:PrincipalTag/team, 'none'}/${*}"),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_accepts(name: str) -> None:
    assert parse_policy(text_of(ACCEPTED[name])).statements
    assert parse_policy(text_of(ACCEPTED[name]).encode()).statements


def test_the_quota_does_not_count_white_space() -> None:
    text = json.dumps(document(), indent=20)
    assert parse_policy(text, quota=len(json.dumps(document(), separators=(",", ":"))))
    with pytest.raises(PolicyTooLarge):
        parse_policy(text, quota=40)


TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"}]}


def trust(**changes: Any) -> str:
    statement = {**TRUST["Statement"][0], **changes}  # type: ignore[dict-item]
    return json.dumps({**TRUST, "Statement": [{key: value for key, value in statement.items() if value is not None}]})


TRUST_REFUSED = {
    "a resource": trust(Resource="*"),
    "another action": trust(Action="bedrock:*"),
    "all actions": trust(Action="*"),
    "no principal": trust(Principal=None),
    "a principal that is a list": trust(Principal=["111122223333"]),
    "an unknown kind of principal": trust(Principal={"aws": "111122223333"}),
    "a principal with a wildcard": trust(Principal={"AWS": "arn:aws:iam::111122223333:user/*"}),
    "a principal that is no ARN": trust(Principal={"AWS": "ada"}),
    "an empty list of principals": trust(Principal={"AWS": []}),
    "NotPrincipal": trust(Principal=None, NotPrincipal={"AWS": "111122223333"}),
}


@pytest.mark.parametrize("name", TRUST_REFUSED)
def test_a_trust_policy_refuses(name: str) -> None:
    with pytest.raises(MalformedPolicyDocument):
        parse_policy(TRUST_REFUSED[name], kind="trust")


@pytest.mark.parametrize(
    "principal",
    [
        "*",
        {"AWS": "*"},
        {"AWS": ["111122223333", "arn:aws:iam::111122223333:root"]},
        {"AWS": "arn:aws:iam::111122223333:role/a/b"},
        {"AWS": "AROA0123456789ABCDEFG", "Service": "bedrock.amazonaws.com"},
    ],
    ids=str,
)
def test_a_trust_policy_accepts(principal: Any) -> None:
    assert parse_policy(trust(Principal=principal), kind="trust").statements[0].principals
