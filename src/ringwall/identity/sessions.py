"""Temporary credentials (STS): sessions of roles and of users, self-contained in a sealed token.

A session is not stored: the token holds its secret, its caller and its end, sealed. What a session may do is looked up at every request,
so deleting the role, or changing its policies, takes effect at once; a single session is revoked by a policy on aws:TokenIssueTime.
"""

from __future__ import annotations

import base64
import re

import msgspec

from ringwall.identity import quotas
from ringwall.identity.authentication import TOKEN_CONTEXT
from ringwall.identity.caller import Caller, Session, parent_key, session_of
from ringwall.identity.entities import Role
from ringwall.identity.errors import NotAuthorized, PackedPolicyTooLarge, SessionRefused
from ringwall.identity.holders import find_policy
from ringwall.identity.names import secret_access_key, unique_id
from ringwall.identity.ports import Sealer
from ringwall.identity.records import Records
from ringwall.policies import PolicyTooLarge, parse_policy
from ringwall.vocabulary import Arn, Clock, Principal

_SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
_PACKED_CHARS = 12_288
_HOUR = 3_600


class RoleRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What AssumeRole takes and ringwall serves."""

    role_arn: str
    session_name: str
    duration_s: int | None = None
    policy: str = ""
    policy_arns: tuple[str, ...] = ()


class Issued(msgspec.Struct, frozen=True):
    """Temporary credentials as they are handed out, once."""

    session: Session
    token: str
    packed_percent: int = 0

    def __repr__(self) -> str:
        return f"Issued({self.session.access_key_id!r}, ...)"


class Sessions:
    """Issues temporary credentials. That the caller may assume the role is the permission check's to decide, before this is called."""

    def __init__(self, records: Records, sealer: Sealer, clock: Clock) -> None:
        self._records = records
        self._sealer = sealer
        self._clock = clock

    async def assume_role(self, caller: Principal, request: RoleRequest) -> Issued:
        """Issue a session of a role.

        Raises:
            SessionRefused: a duration, session name or number of policies out of bounds.
            MalformedPolicyDocument, PackedPolicyTooLarge: a session policy.
            NotAuthorized: no such role (as AWS says it), or the caller is an account's root.
        """
        if not _SESSION_NAME.fullmatch(request.session_name):
            raise SessionRefused("RoleSessionName must be 2 to 64 letters, digits and =,.@_+-")
        role = await self._role(caller, request.role_arn)
        duration = _role_duration(caller, role, request.duration_s)
        policies = await self._session_policies(role.account_id, request)
        now = int(self._clock().timestamp())
        access_key_id = unique_id("ASIA")
        session = session_of(role, request.session_name, access_key_id, now, policies, parent=caller)
        return self._issue(session, now + duration, packed_percent=-(-100 * sum(map(len, policies)) // _PACKED_CHARS))

    async def get_session_token(self, caller: Principal, duration_s: int | None = None) -> Issued:
        """Issue a session of the calling user or root.

        Raises:
            NotAuthorized: the caller uses temporary credentials already, or an API key.
            SessionRefused: a duration out of bounds.
        """
        if caller.kind == "AssumedRole" or not isinstance(caller, Caller) or caller.issued_at or caller.bearer:
            raise NotAuthorized("Cannot call GetSessionToken with session credentials")
        longest = _HOUR if caller.kind == "Root" else 129_600
        duration = duration_s if duration_s is not None else min(43_200, longest)
        if not 900 <= duration <= longest:
            raise SessionRefused(f"DurationSeconds must be 900 to {longest}")
        now = int(self._clock().timestamp())
        session = msgspec.structs.replace(caller, access_key_id=unique_id("ASIA"), issued_at=now, parent_key_id=parent_key(caller))
        return self._issue(session, now + duration)

    def _issue(self, caller: Caller, expires_at: int, *, packed_percent: int = 0) -> Issued:
        session = Session(access_key_id=caller.access_key_id, secret_access_key=secret_access_key(), expires_at=expires_at, caller=caller)
        sealed = self._sealer.seal(msgspec.msgpack.encode(session), context=TOKEN_CONTEXT)
        return Issued(session, base64.b64encode(sealed).decode(), packed_percent)

    async def _role(self, caller: Principal, arn: str) -> Role:
        refused = NotAuthorized(f"User: {caller.arn} is not authorized to perform: sts:AssumeRole on resource: {arn[:2048]}")
        if caller.kind == "Root":
            raise NotAuthorized("Roles may not be assumed by root accounts.")
        if isinstance(caller, Caller) and caller.bearer:
            raise refused
        named = Arn.parse(arn)
        if named.service != "iam" or not named.account_id.isdigit() or not named.resource.startswith("role/"):
            raise SessionRefused(f"{arn[:200]} is invalid: it must be the ARN of a role")
        stored = await self._records.get(Role, named.account_id, arn.rpartition("/")[2])
        if stored is None or stored.entity.arn != arn:
            raise refused
        return stored.entity

    async def _session_policies(self, account_id: str, request: RoleRequest) -> tuple[str, ...]:
        if len(request.policy_arns) > quotas.SESSION_POLICY_ARNS:
            raise SessionRefused(f"A session takes at most {quotas.SESSION_POLICY_ARNS} PolicyArns")
        policies = []
        if request.policy:
            try:
                parse_policy(request.policy, quota=quotas.SESSION_POLICY_CHARS)
            except PolicyTooLarge as error:
                raise PackedPolicyTooLarge(error.message) from error
            policies.append(request.policy)
        for arn in request.policy_arns:
            policy = await find_policy(self._records, account_id, arn)
            policies.append(policy.entity.document)
        if sum(map(len, policies)) > _PACKED_CHARS:
            raise PackedPolicyTooLarge(f"All session policies together have more than {_PACKED_CHARS} characters")
        return tuple(policies)


def _role_duration(caller: Principal, role: Role, asked: int | None) -> int:
    longest = role.max_session_seconds
    if caller.kind == "AssumedRole":
        longest = _HOUR  # role chaining
    duration = _HOUR if asked is None else asked
    if not 900 <= duration <= longest:
        if caller.kind == "AssumedRole":
            raise SessionRefused("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
        raise SessionRefused(f"The requested DurationSeconds exceeds the MaxSessionDuration set for this role ({longest}) or is under 900")
    return duration
