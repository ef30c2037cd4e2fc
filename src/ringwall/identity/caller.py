"""An authenticated caller, with the facts about the credential that conditions ask for."""

from __future__ import annotations

import msgspec

from ringwall.identity.entities import Role, User
from ringwall.vocabulary import Principal


class Caller(Principal, frozen=True, kw_only=True):
    """A principal as `Identity.authenticate` returns it.

    principal_arn: what aws:PrincipalArn says: the role's ARN with its path for a session, else the principal's own.
    issued_at: Unix seconds at which the session's token was issued; 0 for long-term credentials.
    bearer: the caller came with an API key, not with a signature.
    """

    principal_arn: str = ""
    issued_at: int = 0
    bearer: bool = False


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Temporary credentials, as they travel sealed in the session token."""

    access_key_id: str
    secret_access_key: str
    expires_at: int
    caller: Caller


def root_of(account_id: str, access_key_id: str = "") -> Caller:
    """Return the root of an account."""
    arn = f"arn:aws:iam::{account_id}:root"
    return Caller(account_id=account_id, arn=arn, principal_id=account_id, kind="Root", access_key_id=access_key_id, principal_arn=arn)


def caller_of(user: User, access_key_id: str = "", *, bearer: bool = False) -> Caller:
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
    )


def session_of(role: Role, session_name: str, access_key_id: str, issued_at: int, policies: tuple[str, ...]) -> Caller:
    """Return a session of a role as a caller."""
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
    )
