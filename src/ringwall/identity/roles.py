"""Roles: permissions that others borrow."""

from __future__ import annotations

import msgspec

from ringwall.identity import quotas
from ringwall.identity.entities import Role, User
from ringwall.identity.errors import InvalidInput, QuotaExceeded
from ringwall.identity.holders import Holders
from ringwall.identity.names import check_name, check_path, check_tags, unique_id
from ringwall.identity.records import Records
from ringwall.identity.trust import is_pinned
from ringwall.policies import MalformedPolicyDocument, parse_policy
from ringwall.vocabulary import Arn, Clock

_MAX_DESCRIPTION = 1_000


class NewRole(msgspec.Struct, frozen=True, kw_only=True):
    """What a role is made from."""

    name: str
    trust: str
    path: str = "/"
    description: str = ""
    max_session_seconds: int = 3_600
    boundary: str = ""
    tags: dict[str, str] = {}


class Roles(Holders[Role]):
    """Roles and their trust policies."""

    def __init__(self, records: Records, clock: Clock) -> None:
        super().__init__(records, Role)
        self._clock = clock

    async def create(self, account_id: str, new: NewRole) -> Role:
        """Create a role. Raises EntityAlreadyExists, QuotaExceeded, MalformedPolicyDocument, InvalidInput."""
        pins = await self._pins(new.trust)
        role = Role(
            account_id=account_id,
            name=check_name(new.name, "roleName"),
            created=int(self._clock().timestamp()),
            id=unique_id("AROA"),
            path=check_path(new.path),
            tags=check_tags(new.tags),
            trust=new.trust,
            pins=pins,
            description=_check_description(new.description),
            max_session_seconds=_check_duration(new.max_session_seconds),
        )
        if len(await self._records.all(Role, account_id)) >= quotas.ROLES:
            raise QuotaExceeded(f"Cannot exceed quota for RolesPerAccount: {quotas.ROLES}")
        return await self._insert(role, new.boundary)

    async def describe(self, account_id: str, name: str, *, description: str | None = None, max_session_seconds: int | None = None) -> Role:
        """Change a role's description or the longest session it gives; None leaves a value as it is."""

        def change(role: Role) -> Role:
            return msgspec.structs.replace(
                role,
                description=role.description if description is None else _check_description(description),
                max_session_seconds=role.max_session_seconds if max_session_seconds is None else _check_duration(max_session_seconds),
            )

        return await self._records.update(Role, account_id, name, change)

    async def set_trust(self, account_id: str, name: str, document: str) -> None:
        """Replace the trust policy. Raises MalformedPolicyDocument."""
        pins = await self._pins(document)
        await self._records.update(Role, account_id, name, lambda role: msgspec.structs.replace(role, trust=document, pins=pins))

    async def delete(self, account_id: str, name: str) -> None:
        """Delete a role; its sessions lose every permission at once. Raises DeleteConflict while it has policies."""

        async def attempt() -> None:
            await self._remove(await self._records.require(Role, account_id, name))

        await self._records.retrying(attempt)

    async def _pins(self, document: str) -> dict[str, str]:
        """Check a trust policy and return the unique ids behind the users' and roles' ARNs it names.

        Raises:
            MalformedPolicyDocument: it does not parse, or names somebody who does not exist. PolicyTooLarge.
        """
        policy = parse_policy(document, kind="trust", quota=quotas.TRUST_POLICY_CHARS)
        arns = {entry.value for statement in policy.statements for entry in statement.principals or () if is_pinned(entry.value)}
        pins: dict[str, str] = {}
        for arn in sorted(arns):
            named = Arn.parse(arn)
            type_ = User if named.resource.startswith("user/") else Role
            stored = await self._records.get(type_, named.account_id, named.resource.rpartition("/")[2])
            if stored is None or stored.entity.arn != arn:
                raise MalformedPolicyDocument(f'Invalid principal in policy: "AWS":"{arn}"')
            pins[arn] = stored.entity.id
        return pins


def _check_description(description: str) -> str:
    if len(description) > _MAX_DESCRIPTION:
        raise InvalidInput(f"A description has at most {_MAX_DESCRIPTION} characters")
    return description


def _check_duration(seconds: int) -> int:
    if not 3_600 <= seconds <= 43_200:
        raise InvalidInput("The longest session of a role is 3600 to 43200 seconds")
    return seconds
