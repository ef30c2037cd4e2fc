"""A role's trust policy as it is evaluated: names replaced by the unique ids that they stood for when the policy was given.

Source: IAM User Guide, "AWS JSON policy elements: Principal": IAM transforms the ARN to the user's or role's unique principal id when the
policy is saved, so that nobody gains trust by taking the name of who was removed.
"""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from ringwall.identity.entities import Role
from ringwall.policies import Policy, PolicySet, Statement, compile_policies, read_stored_policy
from ringwall.policies.document import PrincipalEntry

_PINNED = re.compile(r"arn:[^:]+:iam::\d{12}:(?:user|role)/.+", re.ASCII)


def is_pinned(principal: str) -> bool:
    """Say whether a principal of a trust policy is a name that stands for a unique id."""
    return _PINNED.fullmatch(principal) is not None


def compile_trust(role: Role) -> PolicySet:
    """Compile a role's trust policy; a name without a pin trusts nobody, and is everybody in a Deny."""
    return _compile(role.arn, role.trust, tuple(sorted(role.pins.items())))


@lru_cache(maxsize=1024)
def _compile(name: str, document: str, pins: tuple[tuple[str, str], ...]) -> PolicySet:
    policy: Policy = read_stored_policy(document, kind="trust", name=name)
    ids = dict(pins)
    statements = tuple(_pin(statement, ids) for statement in policy.statements)
    return compile_policies([msgspec.structs.replace(policy, statements=statements)])


def _pin(statement: Statement, ids: dict[str, str]) -> Statement:
    if statement.principals is None:
        return statement
    pinned: list[PrincipalEntry] = []
    for entry in statement.principals:
        if not is_pinned(entry.value):
            pinned.append(entry)
        elif entry.value in ids:
            pinned.append(PrincipalEntry("AWS", ids[entry.value]))
        elif statement.effect == "Deny":
            pinned.append(PrincipalEntry("*"))
    return msgspec.structs.replace(statement, principals=tuple(pinned))
