"""Managed policies: documents with a name, up to five versions, attached to many."""

from __future__ import annotations

import msgspec

from ringwall.identity import quotas
from ringwall.identity.entities import Group, Holder, ManagedPolicy, PolicyVersion, Role, User
from ringwall.identity.errors import DeleteConflict, NoSuchEntity, QuotaExceeded, UnmodifiableEntity
from ringwall.identity.holders import find_policy
from ringwall.identity.managed import MANAGED_POLICIES
from ringwall.identity.names import check_name, check_path, check_tags, unique_id
from ringwall.identity.records import Page, Records, Stored, delete, replace
from ringwall.policies import parse_policy
from ringwall.vocabulary import Clock


class ManagedPolicies:
    """The account's managed policies, beside those that ringwall brings."""

    def __init__(self, records: Records, clock: Clock) -> None:
        self._records = records
        self._clock = clock

    def _now(self) -> int:
        return int(self._clock().timestamp())

    async def create(
        self, account_id: str, name: str, document: str, *, path: str = "/", description: str = "", tags: dict[str, str] | None = None
    ) -> ManagedPolicy:
        """Create a policy. Raises EntityAlreadyExists, QuotaExceeded, MalformedPolicyDocument, InvalidInput."""
        parse_policy(document, quota=quotas.MANAGED_POLICY_CHARS)
        now = self._now()
        policy = ManagedPolicy(
            account_id=account_id,
            name=check_name(name, "policyName", max_chars=128),
            created=now,
            updated=now,
            id=unique_id("ANPA"),
            path=check_path(path),
            description=description[:1_000],
            versions=(PolicyVersion(id="v1", document=document, created=now),),
            tags=check_tags(tags or {}),
        )
        if len(await self._records.all(ManagedPolicy, account_id)) >= quotas.POLICIES:
            raise QuotaExceeded(f"Cannot exceed quota for PoliciesPerAccount: {quotas.POLICIES}")
        await self._records.retrying(lambda: self._records.create(policy))
        return policy

    async def get(self, account_id: str, arn: str) -> ManagedPolicy:
        """Return a policy. Raises NoSuchEntity, InvalidInput."""
        return (await find_policy(self._records, account_id, arn)).entity

    async def version(self, account_id: str, arn: str, id: str) -> PolicyVersion:
        """Return one version. Raises NoSuchEntity."""
        return _version(await self.get(account_id, arn), id)

    async def page(
        self, account_id: str, *, path_prefix: str = "/", only_attached: bool = False, marker: str = "", max_items: int = 100
    ) -> Page[ManagedPolicy]:
        """Return the account's own policies in name order."""

        def wanted(policy: ManagedPolicy) -> bool:
            return policy.path.startswith(path_prefix) and (policy.attachments > 0 or not only_attached)

        return await self._records.page(ManagedPolicy, account_id, marker=marker, max_items=max_items, wanted=wanted)

    async def delete(self, account_id: str, arn: str) -> None:
        """Delete a policy with one version left. Raises DeleteConflict where it is used or has more."""

        async def attempt() -> None:
            policy = await self._own(account_id, arn)
            if policy.entity.attachments or policy.entity.boundaries:
                raise DeleteConflict("Cannot delete a policy attached to entities.")
            if len(policy.entity.versions) > 1:
                raise DeleteConflict(
                    "This policy has more than one version. Before you delete a policy, you must delete its other versions."
                )
            await self._records.apply(delete(policy))

        await self._records.retrying(attempt)

    async def create_version(self, account_id: str, arn: str, document: str, *, default: bool = False) -> tuple[PolicyVersion, bool]:
        """Add a version, and put it in force if `default`. Returns it, and whether it is in force. Raises QuotaExceeded at five."""
        parse_policy(document, quota=quotas.MANAGED_POLICY_CHARS)

        async def attempt() -> tuple[PolicyVersion, bool]:
            policy = await self._own(account_id, arn)
            entity = policy.entity
            if len(entity.versions) >= quotas.VERSIONS_PER_POLICY:
                raise QuotaExceeded(
                    f"A managed policy can have up to {quotas.VERSIONS_PER_POLICY} versions. "
                    "Before you create a new version, you must delete an existing version."
                )
            version = PolicyVersion(id=f"v{entity.next_version}", document=document, created=self._now())
            changed = msgspec.structs.replace(
                entity,
                versions=(*entity.versions, version),
                next_version=entity.next_version + 1,
                default=version.id if default else entity.default,
                updated=self._now(),
            )
            await self._records.apply(replace(changed, policy.revision))
            return version, default

        return await self._records.retrying(attempt)

    async def set_default(self, account_id: str, arn: str, id: str) -> None:
        """Put a version in force. Raises NoSuchEntity."""

        async def attempt() -> None:
            policy = await self._own(account_id, arn)
            default = _version(policy.entity, id).id
            await self._records.apply(
                replace(msgspec.structs.replace(policy.entity, default=default, updated=self._now()), policy.revision)
            )

        await self._records.retrying(attempt)

    async def delete_version(self, account_id: str, arn: str, id: str) -> None:
        """Delete a version that is not in force. Raises DeleteConflict, NoSuchEntity."""

        async def attempt() -> None:
            policy = await self._own(account_id, arn)
            doomed = _version(policy.entity, id)
            if doomed.id == policy.entity.default:
                raise DeleteConflict("Cannot delete the default version of a policy.")
            versions = tuple(version for version in policy.entity.versions if version.id != doomed.id)
            await self._records.apply(replace(msgspec.structs.replace(policy.entity, versions=versions), policy.revision))

        await self._records.retrying(attempt)

    async def tag(self, account_id: str, arn: str, tags: dict[str, str], *, remove: tuple[str, ...] = ()) -> None:
        """Add or replace tags, and remove others."""
        check_tags(tags)
        folded = {key.lower() for key in (*tags, *remove)}

        async def attempt() -> None:
            policy = await self._own(account_id, arn)
            kept = {key: value for key, value in policy.entity.tags.items() if key.lower() not in folded}
            await self._records.apply(replace(msgspec.structs.replace(policy.entity, tags=check_tags({**kept, **tags})), policy.revision))

        await self._records.retrying(attempt)

    async def users_of(self, account_id: str, arn: str) -> dict[str, list[Holder]]:
        """Return who has the policy attached, by kind: user, role, group."""
        await self.get(account_id, arn)
        found: dict[str, list[Holder]] = {}
        for type_ in (User, Role, Group):
            holders: tuple[Holder, ...] = tuple(await self._records.all(type_, account_id))
            found[type_.segment] = [holder for holder in holders if arn in holder.attached]
        return found

    async def _own(self, account_id: str, arn: str) -> Stored[ManagedPolicy]:
        if arn in MANAGED_POLICIES:
            raise UnmodifiableEntity(f"Policy {arn} belongs to ringwall and cannot be changed.")
        return await find_policy(self._records, account_id, arn)


def _version(policy: ManagedPolicy, id: str) -> PolicyVersion:
    try:
        return policy.version(id)
    except KeyError:
        raise NoSuchEntity(f"Policy {policy.arn} version {id[:40]} does not exist or is not attachable.") from None
