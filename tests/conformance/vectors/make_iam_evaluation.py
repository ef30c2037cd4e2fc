"""Write iam-evaluation.json: who wins, across kinds of policies, accounts, principals, actions and resources; derived by hand.

Run: python tests/conformance/vectors/make_iam_evaluation.py.
"""

from __future__ import annotations

from typing import Any

from iam_case import ACTION, CROSS, LOGIC, PRINCIPAL, RESOURCE, SINGLE, VERSION, G, allow, case, deny, doc, write

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

if __name__ == "__main__":
    write("iam-evaluation")
