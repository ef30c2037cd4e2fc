"""What users, roles and groups have in common: inline policies, attached policies, boundaries and tags."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

import msgspec

from ringwall.identity import quotas
from ringwall.identity.entities import Holder, ManagedPolicy
from ringwall.identity.errors import DeleteConflict, InvalidInput, NoSuchEntity, QuotaExceeded
from ringwall.identity.managed import MANAGED_POLICIES
from ringwall.identity.names import check_name, check_tags
from ringwall.identity.records import Page, Records, Stored, delete, replace
from ringwall.policies import PolicyTooLarge, parse_policy
from ringwall.storage.ports import Replace
from ringwall.vocabulary import Arn

AnyHolder = TypeVar("AnyHolder", bound=Holder)


class Holders(Generic[AnyHolder]):
    """Operations on one kind of holder."""

    def __init__(self, records: Records, type_: type[AnyHolder]) -> None:
        self._records = records
        self._type = type_

    async def get(self, account_id: str, name: str) -> AnyHolder:
        """Return the entity. Raises NoSuchEntity."""
        return (await self._records.require(self._type, account_id, name)).entity

    async def page(self, account_id: str, *, path_prefix: str = "/", marker: str = "", max_items: int = 100) -> Page[AnyHolder]:
        """Return entities in name order whose path starts with the prefix."""
        return await self._records.page(
            self._type, account_id, marker=marker, max_items=max_items, wanted=lambda one: one.path.startswith(path_prefix)
        )

    async def _insert(self, holder: AnyHolder, boundary: str) -> AnyHolder:
        """Store a new holder, with the boundary counted where it is used."""

        async def attempt() -> AnyHolder:
            counted = _count(await find_policy(self._records, holder.account_id, boundary), boundaries=1) if boundary else ()
            bounded = msgspec.structs.replace(holder, boundary=boundary)
            await self._records.create(bounded, *counted)
            return bounded

        return await self._records.retrying(attempt)

    async def _remove(self, holder: Stored[AnyHolder]) -> None:
        """Delete a holder on which no policy hangs. Raises DeleteConflict, and Conflict where it changed since."""
        entity = holder.entity
        if entity.attached:
            raise DeleteConflict("Cannot delete entity, must detach all policies first.")
        if entity.inline:
            raise DeleteConflict("Cannot delete entity, must delete policies first.")
        boundary = entity.boundary
        uncounted = _count(await find_policy(self._records, entity.account_id, boundary), boundaries=-1) if boundary else ()
        await self._records.apply(*uncounted, delete(holder))

    # -- inline policies --

    async def put_policy(self, account_id: str, name: str, policy_name: str, document: str) -> None:
        """Create or replace an inline policy.

        Raises:
            MalformedPolicyDocument: the document does not parse.
            PolicyTooLarge: all inline policies together exceed the quota.
        """
        check_name(policy_name, "policyName", max_chars=128)
        parse_policy(document)
        quota = quotas.INLINE_POLICY_CHARS[self._type.segment]

        def change(holder: AnyHolder) -> AnyHolder:
            inline = {**holder.inline, policy_name: document}
            if sum(len("".join(text.split())) for text in inline.values()) > quota:
                raise PolicyTooLarge(f"Maximum policy size of {quota} bytes exceeded for {self._type.label} {name}")
            return msgspec.structs.replace(holder, inline=dict(sorted(inline.items())))

        await self._records.update(self._type, account_id, name, change)

    async def get_policy(self, account_id: str, name: str, policy_name: str) -> str:
        """Return an inline policy's document. Raises NoSuchEntity."""
        document = (await self.get(account_id, name)).inline.get(policy_name)
        if document is None:
            raise _no_policy(self._type, policy_name)
        return document

    async def delete_policy(self, account_id: str, name: str, policy_name: str) -> None:
        """Remove an inline policy. Raises NoSuchEntity."""

        def change(holder: AnyHolder) -> AnyHolder:
            if policy_name not in holder.inline:
                raise _no_policy(self._type, policy_name)
            return msgspec.structs.replace(holder, inline={key: text for key, text in holder.inline.items() if key != policy_name})

        await self._records.update(self._type, account_id, name, change)

    # -- managed policies --

    async def attach(self, account_id: str, name: str, arn: str) -> None:
        """Attach a managed policy; attaching it twice is no error."""

        async def attempt() -> None:
            holder = await self._records.require(self._type, account_id, name)
            policy = await find_policy(self._records, account_id, arn)
            if arn in holder.entity.attached:
                return
            if len(holder.entity.attached) >= quotas.ATTACHED_POLICIES:
                raise QuotaExceeded(f"Cannot exceed quota for PoliciesPer{self._type.label.capitalize()}: {quotas.ATTACHED_POLICIES}")
            await self._write(holder, {"attached": (*holder.entity.attached, arn)}, _count(policy, attachments=1))

        await self._records.retrying(attempt)

    async def detach(self, account_id: str, name: str, arn: str) -> None:
        """Detach a managed policy. Raises NoSuchEntity where it is not attached."""

        async def attempt() -> None:
            holder = await self._records.require(self._type, account_id, name)
            if arn not in holder.entity.attached:
                raise NoSuchEntity(f"Policy {arn[:200]} was not found.")
            policy = await find_policy(self._records, account_id, arn)
            left = tuple(one for one in holder.entity.attached if one != arn)
            await self._write(holder, {"attached": left}, _count(policy, attachments=-1))

        await self._records.retrying(attempt)

    async def set_boundary(self, account_id: str, name: str, arn: str) -> None:
        """Set the permissions boundary, or remove it with an empty ARN."""

        async def attempt() -> None:
            holder = await self._records.require(self._type, account_id, name)
            before = holder.entity.boundary
            if before == arn:
                return
            changes = [
                *(_count(await find_policy(self._records, account_id, before), boundaries=-1) if before else ()),
                *(_count(await find_policy(self._records, account_id, arn), boundaries=1) if arn else ()),
            ]
            await self._write(holder, {"boundary": arn}, changes)

        await self._records.retrying(attempt)

    async def _write(self, holder: Stored[AnyHolder], changed: dict[str, object], also: Iterable[Replace]) -> None:
        await self._records.apply(replace(msgspec.structs.replace(holder.entity, **changed), holder.revision), *also)

    # -- tags --

    async def tag(self, account_id: str, name: str, tags: dict[str, str]) -> None:
        """Add or replace tags; keys are told apart without regard to case."""
        check_tags(tags)

        def change(holder: AnyHolder) -> AnyHolder:
            folded = {key.lower() for key in tags}
            kept = {key: value for key, value in holder.tags.items() if key.lower() not in folded}
            return msgspec.structs.replace(holder, tags=check_tags({**kept, **tags}))

        await self._records.update(self._type, account_id, name, change)

    async def untag(self, account_id: str, name: str, keys: Iterable[str]) -> None:
        """Remove tags; those that are not there are no error."""
        folded = {key.lower() for key in keys}

        def change(holder: AnyHolder) -> AnyHolder:
            return msgspec.structs.replace(holder, tags={key: value for key, value in holder.tags.items() if key.lower() not in folded})

        await self._records.update(self._type, account_id, name, change)


async def find_policy(records: Records, account_id: str, arn: str) -> Stored[ManagedPolicy]:
    """Return the managed policy with this ARN: the account's own, or one that ringwall brings (revision 0).

    Raises:
        InvalidInput: not the ARN of a policy. NoSuchEntity: there is none.
    """
    brought = MANAGED_POLICIES.get(arn)
    if brought is not None:
        return Stored(brought, 0)
    named = Arn.parse(arn)
    if named.service != "iam" or not named.resource.startswith("policy/"):
        raise InvalidInput(f"ARN {arn[:200]} is not valid.")
    if named.account_id == account_id:
        stored = await records.get(ManagedPolicy, account_id, arn.rpartition("/")[2])
        if stored is not None and stored.entity.arn == arn:
            return stored
    raise NoSuchEntity(f"Policy {arn[:200]} does not exist or is not attachable.")


def _count(policy: Stored[ManagedPolicy], *, attachments: int = 0, boundaries: int = 0) -> tuple[Replace, ...]:
    """Return the change that counts an attachment; ringwall's own policies are not counted."""
    if policy.revision == 0:
        return ()
    entity = policy.entity
    counted = msgspec.structs.replace(entity, attachments=entity.attachments + attachments, boundaries=entity.boundaries + boundaries)
    return (replace(counted, policy.revision),)


def _no_policy(type_: type[Holder], policy_name: str) -> NoSuchEntity:
    return NoSuchEntity(f"The {type_.label} policy with name {policy_name[:128]} cannot be found.")
