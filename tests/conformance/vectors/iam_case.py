"""How the IAM vectors are written down: statements, documents, cases, and the file they go to.

Each case names its source; `aws` says how far the expectation is checked: `modelled` is derived from the documentation, not run against
AWS; `differs` is where ringwall is stricter on purpose.
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


def write(name: str) -> None:
    """Write every case made so far."""
    source = f"AWS documentation, named per case; written by make_{name.replace('-', '_')}.py"
    lines = ",\n".join(json.dumps(one, sort_keys=True) for one in CASES)
    (HERE / f"{name}.json").write_text(f'{{"source": {json.dumps(source)}, "cases": [\n{lines}\n]}}\n')
