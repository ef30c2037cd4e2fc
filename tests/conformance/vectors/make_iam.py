"""Write iam-evaluation.json and iam-grammar.json: cases of policy evaluation, derived by hand from AWS's documentation.

Run: python tests/conformance/vectors/make_iam.py. Each case names its source; `aws` says how far the expectation is checked: `modelled`
is derived from the documentation, not run against AWS; `differs` is where ringwall is stricter on purpose.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
G = "arn:aws:bedrock:us-east-1:111122223333:guardrail/abc"
VERSION = "2012-10-17"

LOGIC = "IAM User Guide: Policy evaluation logic"
SINGLE = "IAM User Guide: Policy evaluation for requests within a single account"
CROSS = "IAM User Guide: Cross-account policy evaluation logic"
OPERATORS = "IAM User Guide: IAM JSON policy elements: Condition operators"
MULTI = "IAM User Guide: Multivalued context keys"
VARIABLES = "IAM User Guide: IAM policy elements: Variables and tags"
RESOURCE = "IAM User Guide: IAM JSON policy elements: Resource"
ACTION = "IAM User Guide: IAM JSON policy elements: Action"
PRINCIPAL = "AWS JSON policy elements: Principal, NotPrincipal"
KEYS = "IAM User Guide: AWS global condition context keys"

CASES: list[dict[str, Any]] = []


def allow(action: Any = "bedrock:*", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any = "bedrock:*", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def doc(*statements: dict[str, Any], version: str = VERSION) -> dict[str, Any]:
    return {"Version": version, "Statement": list(statements)}


def case(name: str, source: str, expect: str, *, aws: str = "modelled", **given: Any) -> None:
    base = {"principal": "user", "action": "bedrock:ApplyGuardrail", "resource_arn": G, "identity": []}
    CASES.append({"name": name, "source": source, "aws": aws, **base, **given, "expect": expect})


def condition(
    name: str,
    block: dict[str, Any],
    context: dict[str, Any],
    expect: bool,
    *,
    source: str = OPERATORS,
    aws: str = "modelled",
    version: str = VERSION,
    **given: Any,
) -> None:
    """One condition, once under an Allow and, where the outcome is determined, once under a Deny."""
    granted = "allowed" if expect else "implicit-deny"
    case(f"{name} (allow)", source, granted, aws=aws, context=context, identity=[doc(allow(Condition=block), version=version)], **given)
    refused = "explicit-deny" if expect else "allowed"
    case(
        f"{name} (deny)",
        source,
        refused,
        aws=aws,
        context=context,
        identity=[doc(allow(), deny(Condition=block), version=version)],
        **given,
    )


def undetermined(name: str, block: dict[str, Any], context: dict[str, Any], *, source: str = OPERATORS) -> None:
    """A condition that cannot be decided: it neither lets an Allow match nor keeps a Deny from matching."""
    case(f"{name} (allow)", source, "implicit-deny", aws="differs", context=context, identity=[doc(allow(Condition=block))])
    case(f"{name} (deny)", source, "explicit-deny", aws="differs", context=context, identity=[doc(allow(), deny(Condition=block))])


# -- the order of decisions --
case("nothing attached denies", LOGIC, "implicit-deny")
case("an allow allows", LOGIC, "allowed", identity=[doc(allow())])
case("a deny beats an allow in the same policy", LOGIC, "explicit-deny", identity=[doc(allow(), deny())])
case(
    "a deny beats an allow in another policy, whichever comes first",
    LOGIC,
    "explicit-deny",
    identity=[doc(deny("bedrock:ApplyGuardrail")), doc(allow("*"))],
)
case("a deny of another action does not matter", LOGIC, "allowed", identity=[doc(allow(), deny("bedrock:DeleteGuardrail"))])
case("a deny of another resource does not matter", LOGIC, "allowed", identity=[doc(allow(), deny(resource=G + "x"))])
case("a boundary that does not allow narrows", SINGLE, "boundary", identity=[doc(allow())], boundary=[doc(allow("s3:*"))])
case("a boundary that allows grants nothing by itself", SINGLE, "implicit-deny", boundary=[doc(allow("*"))])
case("a boundary and an identity policy that allow, allow", SINGLE, "allowed", identity=[doc(allow())], boundary=[doc(allow("*"))])
case("a deny in a boundary wins", SINGLE, "explicit-deny", identity=[doc(allow())], boundary=[doc(allow("*"), deny())])
case("an empty boundary allows nothing", SINGLE, "boundary", identity=[doc(allow())], boundary=[])
case(
    "a session policy narrows a session",
    SINGLE,
    "session",
    principal="session",
    identity=[doc(allow())],
    session=[doc(allow("bedrock:Get*"))],
)
case(
    "session policies of one session add up",
    SINGLE,
    "allowed",
    principal="session",
    identity=[doc(allow())],
    session=[doc(allow("s3:*")), doc(allow())],
)
case(
    "a deny in a session policy wins", SINGLE, "explicit-deny", principal="session", identity=[doc(allow())], session=[doc(allow(), deny())]
)
case("root may do everything in its account", LOGIC, "allowed", principal="root")
case("identity policies do not bind root", LOGIC, "allowed", principal="root", identity=[doc(deny("*"))])
case("root may do nothing in another account", CROSS, "resource", principal="root", resource_arn=G.replace("111122223333", "444455556666"))

# -- resource policies --
ARN_USER, ARN_ROLE = "arn:aws:iam::111122223333:user/team/ada", "arn:aws:iam::111122223333:role/svc/app"
for name, who, principal, expect in (
    ("everyone", "*", "user", "allowed"),
    ("the user", {"AWS": ARN_USER}, "user", "allowed"),
    ("the user's unique id", {"AWS": "AIDAADA000000000000AA"}, "user", "allowed"),
    ("another user", {"AWS": ARN_USER + "x"}, "user", "implicit-deny"),
    ("the account by number", {"AWS": "111122223333"}, "user", "implicit-deny"),
    ("the account by root ARN", {"AWS": "arn:aws:iam::111122223333:root"}, "user", "implicit-deny"),
    ("a service", {"Service": "bedrock.amazonaws.com"}, "user", "implicit-deny"),
    ("the role behind a session", {"AWS": ARN_ROLE}, "session", "allowed"),
    ("the session", {"AWS": "arn:aws:sts::111122223333:assumed-role/app/run-1"}, "session", "allowed"),
    ("another session of the role", {"AWS": "arn:aws:sts::111122223333:assumed-role/app/run-2"}, "session", "implicit-deny"),
):
    case(
        f"a resource policy that names {name}, without identity policy",
        PRINCIPAL,
        expect,
        principal=principal,
        resource=[doc(allow(Principal=who))],
    )
case(
    "a resource policy that names the account delegates to identity policies",
    PRINCIPAL,
    "allowed",
    identity=[doc(allow())],
    resource=[doc(allow(Principal={"AWS": "111122223333"}))],
)
case("a deny in a resource policy wins", LOGIC, "explicit-deny", identity=[doc(allow())], resource=[doc(deny(Principal="*"))])
case(
    "a deny in a resource policy for somebody else does not matter",
    LOGIC,
    "allowed",
    identity=[doc(allow())],
    resource=[doc(deny(Principal={"AWS": ARN_USER + "x"}))],
)
case("a deny in a resource policy binds root", LOGIC, "explicit-deny", principal="root", resource=[doc(deny(Principal="*"))])
case(
    "a resource policy that names the user is not narrowed by the boundary",
    SINGLE,
    "allowed",
    boundary=[doc(allow("s3:*"))],
    resource=[doc(allow(Principal={"AWS": ARN_USER}))],
)
case(
    "a resource policy that names the role is narrowed by the boundary",
    SINGLE,
    "boundary",
    principal="session",
    boundary=[doc(allow("s3:*"))],
    resource=[doc(allow(Principal={"AWS": ARN_ROLE}))],
)
case(
    "a resource policy that names the session is not narrowed by the session policy",
    SINGLE,
    "allowed",
    principal="session",
    session=[doc(allow("s3:*"))],
    resource=[doc(allow(Principal={"AWS": "arn:aws:sts::111122223333:assumed-role/app/run-1"}))],
)
STRANGE = {"principal": "stranger"}
case("a stranger with every permission reaches no other account", CROSS, "resource", identity=[doc(allow("*"))], **STRANGE)
case(
    "a stranger whom the resource names needs a permission at home too",
    CROSS,
    "implicit-deny",
    resource=[doc(allow(Principal={"AWS": "arn:aws:iam::444455556666:user/mal"}))],
    **STRANGE,
)
case(
    "a stranger whom both sides allow is allowed",
    CROSS,
    "allowed",
    identity=[doc(allow())],
    resource=[doc(allow(Principal={"AWS": "444455556666"}))],
    **STRANGE,
)
case(
    "a stranger whom everyone-allowed is narrowed by a boundary",
    CROSS,
    "boundary",
    identity=[doc(allow())],
    boundary=[doc(allow("s3:*"))],
    resource=[doc(allow(Principal="*"))],
    **STRANGE,
)
NOT_ADA = {"AWS": [ARN_USER, "arn:aws:iam::111122223333:root"]}
case(
    "NotPrincipal with Deny spares who is listed with the account",
    PRINCIPAL,
    "allowed",
    identity=[doc(allow())],
    resource=[{"Version": VERSION, "Statement": [{"Effect": "Deny", "NotPrincipal": NOT_ADA, "Action": "*", "Resource": "*"}]}],
)
case(
    "NotPrincipal with Deny spares nobody whose account is not listed",
    PRINCIPAL,
    "explicit-deny",
    identity=[doc(allow())],
    resource=[{"Version": VERSION, "Statement": [{"Effect": "Deny", "NotPrincipal": {"AWS": ARN_USER}, "Action": "*", "Resource": "*"}]}],
)
case(
    "NotPrincipal with Deny hits everybody else",
    PRINCIPAL,
    "explicit-deny",
    principal="session",
    identity=[doc(allow())],
    resource=[{"Version": VERSION, "Statement": [{"Effect": "Deny", "NotPrincipal": NOT_ADA, "Action": "*", "Resource": "*"}]}],
)

# -- trust policies --
ROLE = {"action": "sts:AssumeRole", "resource_arn": ARN_ROLE, "resource_kind": "trust"}


def trust(who: Any, **more: Any) -> dict[str, Any]:
    return doc({"Effect": "Allow", "Principal": who, "Action": "sts:AssumeRole", **more})


TRUST = "IAM User Guide: Methods to assume a role; Roles terms and concepts"
case(
    "a role that does not trust the caller is not assumed, whatever the caller may",
    TRUST,
    "resource",
    identity=[doc(allow("*"))],
    resource=[trust({"AWS": ARN_USER + "x"})],
    **ROLE,
)
case(
    "a role that trusts the account is assumed by users who may",
    TRUST,
    "allowed",
    identity=[doc(allow("sts:AssumeRole"))],
    resource=[trust({"AWS": "111122223333"})],
    **ROLE,
)
case(
    "a role that trusts the account is not assumed by users who may not",
    TRUST,
    "implicit-deny",
    resource=[trust({"AWS": "111122223333"})],
    **ROLE,
)
case("a role that trusts the user is assumed without an identity policy", TRUST, "allowed", resource=[trust({"AWS": ARN_USER})], **ROLE)
case(
    "a role that trusts a service is not assumed by users",
    TRUST,
    "resource",
    identity=[doc(allow("*"))],
    resource=[trust({"Service": "bedrock.amazonaws.com"})],
    **ROLE,
)
EXTERNAL = "IAM User Guide: Access to AWS accounts owned by third parties (external id)"
for given, expect in (({"sts:ExternalId": "42"}, "allowed"), ({"sts:ExternalId": "43"}, "resource"), ({}, "resource")):
    case(
        f"an external id is asked for and {given.get('sts:ExternalId', 'missing')} is given",
        EXTERNAL,
        expect,
        principal="stranger",
        identity=[doc(allow("sts:*"))],
        resource=[trust({"AWS": "444455556666"}, Condition={"StringEquals": {"sts:ExternalId": "42"}})],
        context=given,
        **ROLE,
    )

# -- actions --
for pattern, expect in (
    ("bedrock:ApplyGuardrail", True),
    ("BEDROCK:applyguardrail", True),
    ("bedrock:Apply*", True),
    ("bedrock:*Guard?ail", True),
    ("bedrock:Apply?Guardrail", False),
    ("bedrock:ApplyGuardrailX", False),
    ("bedrock-agent:*", False),
    ("*", True),
    ("*:*", True),
):
    case(f"the action pattern {pattern}", ACTION, "allowed" if expect else "implicit-deny", identity=[doc(allow(pattern))])
case(
    "NotAction allows everything else",
    "IAM JSON policy elements: NotAction",
    "allowed",
    identity=[doc({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})],
)
case(
    "NotAction does not allow what it names",
    "IAM JSON policy elements: NotAction",
    "implicit-deny",
    action="iam:CreateUser",
    resource_arn="arn:aws:iam::111122223333:user/x",
    identity=[doc({"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"})],
)
case(
    "NotAction denies everything else",
    "IAM JSON policy elements: NotAction",
    "explicit-deny",
    identity=[doc(allow("*"), {"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"})],
)

# -- resources --
for pattern, expect in (
    (G, True),
    (G.replace("guardrail", "Guardrail"), False),
    ("arn:aws:bedrock:*:111122223333:guardrail/*", True),
    ("arn:aws:bedrock:us-east-?:111122223333:guardrail/a?c", True),
    ("arn:aws:bedrock:us-*-1:111122223333:guardrail/abc", True),
    ("arn:aws:bedrock:us-east-1:*:guardrail/abc", True),
    ("arn:aws:bedrock:us-east-1:111122223333:guardrail/", False),
    ("arn:aws:bedrock:us-east-1:111122223333:guardrail/*c", True),
    ("arn:aws:bedrock:us-east-1:111122223333:guard*/*b*", True),
    ("arn:aws:bedrock:us-east-2:111122223333:*", False),
    ("arn:aws:bedrock:us-east-1:11112222333?:*", True),
    ("arn:aws:bedrock:eu-west-1:*:guardrail/*", False),
):
    case(f"the resource pattern {pattern}", RESOURCE, "allowed" if expect else "implicit-deny", identity=[doc(allow(resource=pattern))])
COLON = "arn:aws:logs:us-east-1:111122223333:log-group:app:log-stream:one"
case(
    "a star that ends a segment runs on over colons",
    RESOURCE,
    "allowed",
    action="logs:GetLogEvents",
    resource_arn=COLON,
    identity=[doc(allow("logs:*", "arn:aws:logs:us-east-1:111122223333:log-group:*"))],
)
case(
    "a star inside a segment stays in it",
    RESOURCE,
    "implicit-deny",
    action="logs:GetLogEvents",
    resource_arn=COLON,
    identity=[doc(allow("logs:*", "arn:aws:logs:us-east-1:111122223333:log-*one"))],
)
case(
    "a question mark is no colon",
    RESOURCE,
    "implicit-deny",
    action="logs:GetLogEvents",
    resource_arn=COLON,
    identity=[doc(allow("logs:*", "arn:aws:logs:us-east-1:111122223333:log-group?app:*"))],
)
case(
    "NotResource allows everything else",
    "IAM JSON policy elements: NotResource",
    "allowed",
    identity=[doc({"Effect": "Allow", "Action": "*", "NotResource": G + "x"})],
)
case(
    "NotResource does not allow what it names",
    "IAM JSON policy elements: NotResource",
    "implicit-deny",
    identity=[doc({"Effect": "Allow", "Action": "*", "NotResource": [G]})],
)
case(
    "NotResource denies everything else",
    "IAM JSON policy elements: NotResource",
    "explicit-deny",
    identity=[doc(allow(), {"Effect": "Deny", "Action": "*", "NotResource": G + "x"})],
)

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
    text = json.dumps({"source": "AWS documentation, named per case; written by make_iam.py", "cases": CASES}, indent=1, sort_keys=True)
    (HERE / "iam-evaluation.json").write_text(text + "\n")
