"""Write iam-conditions.json: every condition operator, variables, several values, and what cannot be decided; derived by hand.

Run: python tests/conformance/vectors/make_iam_conditions.py.
"""

from __future__ import annotations

from iam_case import KEYS, MULTI, VARIABLES, allow, case, condition, deny, doc, undetermined, write

# -- conditions: one value --
S = {"bedrock:GuardrailIdentifier": "Abc"}
for operator, wanted, expect in (
    ("StringEquals", "Abc", True),
    ("StringEquals", "abc", False),
    ("StringEquals", ["x", "Abc"], True),
    ("StringEquals", "A*", False),
    ("StringNotEquals", "Abc", False),
    ("StringNotEquals", "abc", True),
    ("StringNotEquals", ["x", "Abc"], False),
    ("StringEqualsIgnoreCase", "aBC", True),
    ("StringEqualsIgnoreCase", "abd", False),
    ("StringNotEqualsIgnoreCase", "aBC", False),
    ("StringLike", "A*", True),
    ("StringLike", "a*", False),
    ("StringLike", "?b?", True),
    ("StringLike", "*", True),
    ("StringLike", ["x*", "*c"], True),
    ("StringNotLike", "A*", False),
    ("StringNotLike", "x*", True),
):
    condition(f"{operator} {wanted}", {operator: {"bedrock:GuardrailIdentifier": wanted}}, S, expect)
condition("condition keys are compared without case", {"StringEquals": {"BEDROCK:guardrailidentifier": "Abc"}}, S, True, source=KEYS)
for operator, wanted, expect in (
    ("NumericEquals", "10", True),
    ("NumericEquals", 10, True),
    ("NumericEquals", "10.0", True),
    ("NumericEquals", "11", False),
    ("NumericNotEquals", "11", True),
    ("NumericLessThan", "10", False),
    ("NumericLessThan", "10.5", True),
    ("NumericLessThanEquals", "10", True),
    ("NumericGreaterThan", "-1", True),
    ("NumericGreaterThan", "10", False),
    ("NumericGreaterThanEquals", "10", True),
    ("NumericGreaterThanEquals", ["11", "9"], True),
):
    condition(f"{operator} {wanted!r}", {operator: {"s3:max-keys": wanted}}, {"s3:max-keys": 10}, expect)
for operator, wanted, expect in (
    ("DateEquals", "2026-05-01T12:00:00Z", True),
    ("DateEquals", "2026-05-01T14:00:00+02:00", True),
    ("DateNotEquals", "2026-05-01T12:00:00Z", False),
    ("DateLessThan", "2026-05-01T12:00:01Z", True),
    ("DateLessThan", "2026-05-01T12:00:00Z", False),
    ("DateLessThanEquals", "2026-05-01T12:00:00.000Z", True),
    ("DateGreaterThan", "2026-05-01", True),
    ("DateGreaterThan", "2026-06", False),
    ("DateGreaterThanEquals", "2026", True),
    ("DateGreaterThan", "1700000000", True),
):
    condition(f"{operator} {wanted}", {operator: {"aws:CurrentTime": wanted}}, {"aws:CurrentTime": "2026-05-01T12:00:00Z"}, expect)
condition(
    "aws:EpochTime with a date operator",
    {"DateLessThan": {"aws:EpochTime": "2026-05-02T00:00:00Z"}},
    {"aws:EpochTime": 1777636800},
    True,
    source=KEYS,
)
condition(
    "aws:EpochTime with a numeric operator",
    {"NumericLessThan": {"aws:EpochTime": "1777636801"}},
    {"aws:EpochTime": 1777636800},
    True,
    source=KEYS,
)
for wanted, given, expect in (
    ("true", "true", True),
    (True, "true", True),
    ("false", "true", False),
    ("true", True, True),
    ("false", "false", True),
):
    condition(f"Bool {wanted!r} for {given!r}", {"Bool": {"aws:SecureTransport": wanted}}, {"aws:SecureTransport": given}, expect)
condition("BinaryEquals", {"BinaryEquals": {"key:Bytes": "QmluYXJ5"}}, {"key:Bytes": "QmluYXJ5"}, True)
condition("BinaryEquals, other bytes", {"BinaryEquals": {"key:Bytes": "QmluYXJ6"}}, {"key:Bytes": "QmluYXJ5"}, False)
for wanted, given, expect in (
    ("10.0.0.0/8", "10.1.2.3", True),
    ("10.0.0.0/8", "11.1.2.3", False),
    ("192.168.1.7", "192.168.1.7", True),
    ("192.168.1.7", "192.168.1.8", False),
    (["172.16.0.0/12", "192.168.0.0/16"], "172.31.255.255", True),
    ("172.16.0.0/12", "172.32.0.0", False),
    ("fc00::/7", "fd12:3456::1", True),
    ("fc00::/7", "fe80::1", False),
    ("2001:db8::/32", "10.0.0.1", False),
    ("0.0.0.0/0", "2001:db8::1", False),
    ("203.0.113.9/24", "203.0.113.200", True),
):
    condition(f"IpAddress {wanted} for {given}", {"IpAddress": {"aws:SourceIp": wanted}}, {"aws:SourceIp": given}, expect)
    condition(f"NotIpAddress {wanted} for {given}", {"NotIpAddress": {"aws:SourceIp": wanted}}, {"aws:SourceIp": given}, not expect)
condition(
    "an IPv4-mapped address is the address it carries",
    {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
    {"aws:SourceIp": "::ffff:10.1.2.3"},
    True,
    aws="differs",
)
A = {"aws:SourceArn": "arn:aws:bedrock:us-east-1:111122223333:guardrail/abc:1"}
for operator in ("ArnEquals", "ArnLike"):
    for wanted, expect in (
        ("arn:aws:bedrock:us-east-1:111122223333:guardrail/abc:1", True),
        ("arn:aws:bedrock:*:111122223333:guardrail/*", True),
        ("arn:aws:bedrock:*:*:*", True),
        ("arn:aws:*:*:111122223333:guardrail/ab?:?", True),
        ("arn:*:bedrock:us-east-1*:1:*", False),
        ("arn:aws:bedrock:us-east-1:111122223333:guardrail/abc", False),
        ("*", True),
    ):
        condition(f"{operator} {wanted}", {operator: {"aws:SourceArn": wanted}}, A, expect)
        condition(
            f"{operator.replace('Arn', 'ArnNot')} {wanted}", {operator.replace("Arn", "ArnNot"): {"aws:SourceArn": wanted}}, A, not expect
        )

# -- conditions: missing keys --
for operator, wanted in (
    ("StringEquals", "x"),
    ("StringLike", "*"),
    ("NumericLessThan", "5"),
    ("DateGreaterThan", "2020-01-01"),
    ("Bool", "false"),
    ("IpAddress", "0.0.0.0/0"),
    ("ArnLike", "*"),
    ("BinaryEquals", "eA=="),
):
    condition(f"{operator} of a missing key is false", {operator: {"aws:Absent": wanted}}, {}, False)
    condition(f"{operator}IfExists of a missing key is true", {f"{operator}IfExists": {"aws:Absent": wanted}}, {}, True)
for operator, wanted in (
    ("StringNotEquals", "x"),
    ("StringNotEqualsIgnoreCase", "x"),
    ("StringNotLike", "*"),
    ("NumericNotEquals", "5"),
    ("DateNotEquals", "2020-01-01"),
    ("NotIpAddress", "0.0.0.0/0"),
    ("ArnNotEquals", "*"),
    ("ArnNotLike", "*"),
):
    condition(f"{operator} of a missing key is true", {operator: {"aws:Absent": wanted}}, {}, True)
condition(
    "IfExists of a present key is the operator",
    {"StringEqualsIfExists": {"aws:RequestedRegion": "eu-west-1"}},
    {"aws:RequestedRegion": "us-east-1"},
    False,
)
for wanted, given, expect in (
    ("true", {}, True),
    ("false", {}, False),
    ("true", {"aws:TokenIssueTime": "2026-01-01T00:00:00Z"}, False),
    ("false", {"aws:TokenIssueTime": "2026-01-01T00:00:00Z"}, True),
    (["true", "false"], {}, True),
):
    condition(f"Null {wanted} with {sorted(given)}", {"Null": {"aws:TokenIssueTime": wanted}}, given, expect)
condition("BoolIfExists denies without MFA: no key", {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}, {}, True, source=KEYS)
condition("Bool overlooks a missing MFA key", {"Bool": {"aws:MultiFactorAuthPresent": "false"}}, {}, False, source=KEYS)

# -- conditions: several keys, several operators --
TWO = {
    "StringEquals": {"aws:RequestedRegion": ["us-east-1", "eu-west-1"], "aws:PrincipalAccount": "111122223333"},
    "Bool": {"aws:SecureTransport": "true"},
}
condition("all keys and operators must hold", TWO, {"aws:RequestedRegion": "us-east-1", "aws:SecureTransport": "true"}, True)
condition("one operator that does not hold is enough", TWO, {"aws:RequestedRegion": "us-east-1", "aws:SecureTransport": "false"}, False)
condition("one key that does not hold is enough", TWO, {"aws:RequestedRegion": "us-east-2", "aws:SecureTransport": "true"}, False)

# -- conditions: several values --
for operator, wanted, given, expect in (
    ("ForAllValues:StringEquals", ["a", "b"], ["a", "b"], True),
    ("ForAllValues:StringEquals", ["a", "b"], ["a", "c"], False),
    ("ForAllValues:StringEquals", ["a"], None, True),
    ("ForAllValues:StringEquals", ["a"], [], True),
    ("ForAllValues:StringEquals", ["a"], [""], True),
    ("ForAllValues:StringNotEquals", ["a"], ["b", "c"], True),
    ("ForAllValues:StringNotEquals", ["a"], ["a", "c"], False),
    ("ForAllValues:StringLike", ["a*"], ["ab", "ac"], True),
    ("ForAnyValue:StringEquals", ["a", "b"], ["b", "z"], True),
    ("ForAnyValue:StringEquals", ["a", "b"], ["y", "z"], False),
    ("ForAnyValue:StringEquals", ["a"], None, False),
    ("ForAnyValue:StringNotEquals", ["a"], ["a", "b"], True),
    ("ForAnyValue:StringNotEquals", ["a"], ["a", "a"], False),
    ("ForAnyValue:StringNotEquals", ["a"], None, False),
    ("ForAnyValue:StringEqualsIfExists", ["a"], None, True),
    ("ForAnyValue:NumericLessThan", ["5"], ["9", "4"], True),
    ("ForAllValues:IpAddress", ["10.0.0.0/8"], ["10.0.0.1", "10.9.9.9"], True),
):
    condition(
        f"{operator} {wanted} for {given}",
        {operator: {"aws:TagKeys": wanted}},
        {} if given is None else {"aws:TagKeys": given},
        expect,
        source=MULTI,
    )
condition("one tag key under a plain operator", {"StringEquals": {"aws:TagKeys": "a"}}, {"aws:TagKeys": ["a"]}, True, source=MULTI)

# -- variables --
case(
    "a variable in a resource",
    VARIABLES,
    "allowed",
    identity=[doc(allow(resource="arn:aws:bedrock:us-east-1:111122223333:guardrail/${aws:username}-*"))],
    resource_arn="arn:aws:bedrock:us-east-1:111122223333:guardrail/ada-1",
)
case(
    "a variable in a resource, another user's",
    VARIABLES,
    "implicit-deny",
    identity=[doc(allow(resource="arn:aws:bedrock:us-east-1:111122223333:guardrail/${aws:username}-*"))],
    resource_arn="arn:aws:bedrock:us-east-1:111122223333:guardrail/bob-1",
)
case(
    "a variable's value has no wildcards",
    VARIABLES,
    "implicit-deny",
    identity=[doc(allow(resource="arn:aws:bedrock:us-east-1:111122223333:guardrail/${aws:RequestTag/x}"))],
    context={"aws:RequestTag/x": "*"},
)
case(
    "before 2012 a variable is text",
    "IAM JSON policy elements: Version",
    "implicit-deny",
    identity=[doc(allow(resource="arn:aws:bedrock:us-east-1:111122223333:guardrail/${aws:username}"), version="2008-10-17")],
    resource_arn="arn:aws:bedrock:us-east-1:111122223333:guardrail/ada",
)
case(
    "a default stands in for a missing key",
    VARIABLES,
    "allowed",
    identity=[doc(allow(resource="arn:aws:bedrock:us-east-1:111122223333:guardrail/${aws:PrincipalTag/team, 'abc'}"))],
)
case(
    "a default does not stand in for a present key",
    VARIABLES,
    "implicit-deny",
    context={"aws:PrincipalTag/team": "z"},
    identity=[doc(allow(resource="arn:aws:bedrock:us-east-1:111122223333:guardrail/${aws:PrincipalTag/team, 'abc'}"))],
)
for escape, name, expect in (
    ("${*}", "a*c", True),
    ("${*}", "abc", False),
    ("${?}", "a?c", True),
    ("${?}", "abc", False),
    ("${$}", "a$c", True),
):
    case(
        f"{escape} is the character itself, for {name}",
        VARIABLES,
        "allowed" if expect else "implicit-deny",
        identity=[doc(allow(resource=f"arn:aws:bedrock:us-east-1:111122223333:guardrail/a{escape}c"))],
        resource_arn=f"arn:aws:bedrock:us-east-1:111122223333:guardrail/{name}",
    )
MATCH = {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}
condition("a variable in a condition", MATCH, {"aws:ResourceTag/team": "red", "aws:PrincipalTag/team": "red"}, True, source=VARIABLES)
condition(
    "a variable in a condition, another team's",
    MATCH,
    {"aws:ResourceTag/team": "red", "aws:PrincipalTag/team": "blue"},
    False,
    source=VARIABLES,
)
condition(
    "variables in StringLike", {"StringLike": {"s3:prefix": "home/${aws:username}/*"}}, {"s3:prefix": "home/ada/x"}, True, source=VARIABLES
)
condition("variables in ArnLike", {"ArnLike": {"aws:SourceArn": "arn:aws:bedrock:*:${aws:PrincipalAccount}:*"}}, A, True, source=VARIABLES)
condition(
    "StringNotEquals with a variable",
    {"StringNotEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}},
    {"aws:ResourceTag/team": "red", "aws:PrincipalTag/team": "blue"},
    True,
    source=VARIABLES,
)

# -- what cannot be decided --
undetermined("a variable without a value", MATCH, {"aws:ResourceTag/team": "red"}, source=VARIABLES)
undetermined("a number that is none", {"NumericLessThan": {"s3:max-keys": "5"}}, {"s3:max-keys": "many"})
undetermined("an address that is none", {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, {"aws:SourceIp": "unknown"})
undetermined("a negated address that is none", {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, {"aws:SourceIp": "unknown"})
undetermined("a date that is none", {"DateLessThan": {"aws:CurrentTime": "2030-01-01"}}, {"aws:CurrentTime": "soon"})
undetermined("an ARN that is none", {"ArnNotLike": {"aws:SourceArn": "arn:aws:s3:::x"}}, {"aws:SourceArn": "x"})
undetermined("several values under an operator for one", {"StringEquals": {"aws:TagKeys": "a"}}, {"aws:TagKeys": ["a", "b"]}, source=MULTI)
case(
    "an undetermined resource in a Deny matches",
    VARIABLES,
    "explicit-deny",
    aws="differs",
    principal="session",
    identity=[doc(allow(), deny(resource="arn:aws:bedrock:us-east-1:111122223333:guardrail/${aws:username}"))],
)

# -- private networks --
PRIVATE = {"NotIpAddress": {"aws:SourceIp": ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"]}}
for given, inside in (
    ("10.0.0.1", True),
    ("192.168.44.5", True),
    ("fd00::7", True),
    ("8.8.8.8", False),
    ("2600::1", False),
    ("::ffff:8.8.8.8", False),
):
    case(
        f"only from private networks: {given}",
        "RFC 1918, RFC 4193; " + KEYS,
        "allowed" if inside else "explicit-deny",
        identity=[doc(allow(), deny(Condition=PRIVATE))],
        context={"aws:SourceIp": given},
    )
for key in (
    "aws:VpcSourceIp",
    "aws:SourceVpc",
    "aws:RequestedRegion",
    "aws:userid",
    "aws:PrincipalType",
    "aws:ResourceAccount",
    "aws:PrincipalArn",
):
    value = "111122223333" if key == "aws:ResourceAccount" else "x"
    condition(f"the key {key}", {"StringEquals": {key: value}}, {key: value}, True, source=KEYS)

if __name__ == "__main__":
    write("iam-conditions")
