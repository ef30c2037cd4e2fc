"""Whom a resource's policy grants: the Principal and NotPrincipal elements.

Source: IAM User Guide, "AWS JSON policy elements: Principal", "NotPrincipal", and "Policy evaluation for requests within a single account".
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence

from ringwall.policies.document import PrincipalEntry, Statement
from ringwall.policies.pattern import Context
from ringwall.vocabulary import Principal


class Grant(enum.IntEnum):
    """How far a resource's policy reaches a caller.

    ACCOUNT: it trusts the caller's account; the caller's own policies must allow as well.
    ROLE: it names the role behind the caller's session; boundaries and session policies still narrow it.
    DIRECT: it names the user, the session or everyone; inside the account nothing but a deny narrows it.
    """

    NONE = 0
    ACCOUNT = 1
    ROLE = 2
    DIRECT = 3


Reach = Callable[[Principal, Context], Grant]


def compile_principals(statement: Statement) -> Reach | None:
    """Make the function that says how a statement reaches a caller; None where the statement has no Principal."""
    if statement.principals is None:
        return None
    entries = statement.principals
    if not statement.not_principal:
        return lambda principal, context: _strongest(entries, principal, context)
    if statement.effect == "Deny":
        return lambda principal, context: Grant.NONE if _excluded_from_deny(entries, principal, context) else Grant.DIRECT
    return lambda principal, context: Grant.ACCOUNT if _strongest(entries, principal, context) is Grant.NONE else Grant.NONE


def _strongest(entries: Sequence[PrincipalEntry], principal: Principal, context: Context) -> Grant:
    return max((_reach(entry, principal, context) for entry in entries), default=Grant.NONE)


def _reach(entry: PrincipalEntry, principal: Principal, context: Context) -> Grant:
    if entry.value == "*" and entry.kind in ("*", "AWS"):
        return Grant.DIRECT
    if entry.kind != "AWS":
        return Grant.NONE  # services and federated identities never call as an IAM principal
    value = entry.value
    if value in (principal.account_id, f"arn:aws:iam::{principal.account_id}:root"):
        return Grant.ACCOUNT
    if value in (principal.arn, principal.principal_id):
        return Grant.DIRECT
    if principal.kind == "AssumedRole" and (
        context.get("aws:principalarn") == (value,) or value == principal.principal_id.partition(":")[0]
    ):
        return Grant.ROLE
    return Grant.NONE


def _excluded_from_deny(entries: Sequence[PrincipalEntry], principal: Principal, context: Context) -> bool:
    """A NotPrincipal deny spares a caller only when the account and every name the caller has are listed, as the guide demands."""
    reaches = {_reach(entry, principal, context) for entry in entries}
    needed = {Grant.ACCOUNT}
    if principal.kind == "IAMUser":
        needed = {Grant.ACCOUNT, Grant.DIRECT}
    elif principal.kind == "AssumedRole":
        needed = {Grant.ACCOUNT, Grant.ROLE, Grant.DIRECT}
    return needed <= reaches
