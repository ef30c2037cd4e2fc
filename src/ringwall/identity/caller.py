"""An authenticated caller, with the facts about the credential that conditions ask for."""

from __future__ import annotations

import msgspec

from ringwall.identity.entities import Role, User
from ringwall.vocabulary import Principal
from ringwall.vocabulary.principal import KeyGuardrail


class Caller(Principal, frozen=True, kw_only=True):
    """A principal as `Identity.authenticate` returns it.

    principal_arn: what aws:PrincipalArn says: the role's ARN with its path for a session, else the principal's own.
    issued_at: Unix seconds at which the session's token was issued; 0 for long-term credentials.
    bearer: the caller came with an API key, not with a signature.
    parent_key_id: of a session: the access key that it was asked for with, or that its parent session was.
    """

    principal_arn: str = ""
    issued_at: int = 0
    bearer: bool = False
    parent_key_id: str = ""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Temporary credentials, as they travel sealed in the session token."""

    access_key_id: str
    secret_access_key: str
    expires_at: int
    caller: Caller


def root_of(account_id: str, access_key_id: str = "", *, guardrail: KeyGuardrail | None = None) -> Caller:
    """Return the root of an account."""
    arn = f"arn:aws:iam::{account_id}:root"
    return Caller(
        account_id=account_id,
        arn=arn,
        principal_id=account_id,
        kind="Root",
        access_key_id=access_key_id,
        principal_arn=arn,
        guardrail=guardrail,
    )


def is_operator(principal: Principal) -> bool:
    """Say whether somebody acts as the operator: root without a key, which only the operator's token and the data directory make."""
    return principal.kind == "Root" and not principal.access_key_id


def caller_of(user: User, access_key_id: str = "", *, bearer: bool = False, guardrail: KeyGuardrail | None = None) -> Caller:
    """Return a user as a caller."""
    return Caller(
        account_id=user.account_id,
        arn=user.arn,
        principal_id=user.id,
        kind="IAMUser",
        access_key_id=access_key_id,
        user_name=user.name,
        principal_arn=user.arn,
        bearer=bearer,
        guardrail=guardrail,
    )


def session_of(
    role: Role, session_name: str, access_key_id: str, issued_at: int, policies: tuple[str, ...], *, parent: Principal | None = None
) -> Caller:
    """Return a session of a role as a caller; `parent` asked for it."""
    return Caller(
        account_id=role.account_id,
        arn=f"arn:aws:sts::{role.account_id}:assumed-role/{role.name}/{session_name}",
        principal_id=f"{role.id}:{session_name}",
        kind="AssumedRole",
        access_key_id=access_key_id,
        session_name=session_name,
        session_policies=policies,
        principal_arn=role.arn,
        issued_at=issued_at,
        parent_key_id="" if parent is None else parent_key(parent),
        guardrail=None if parent is None else parent.guardrail,
    )


def parent_key(caller: Principal) -> str:
    """Return the access key behind a caller: its own, or the one that its session was asked for with."""
    return (caller.parent_key_id if isinstance(caller, Caller) else "") or caller.access_key_id
