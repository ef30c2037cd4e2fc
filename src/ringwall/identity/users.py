"""Users and groups."""

from __future__ import annotations

import msgspec

from ringwall.identity import quotas
from ringwall.identity.entities import AccessKey, ApiKey, Group, User
from ringwall.identity.errors import DeleteConflict, NoSuchEntity, QuotaExceeded
from ringwall.identity.holders import Holders
from ringwall.identity.names import check_name, check_path, check_tags, unique_id
from ringwall.identity.records import Page, Records, Stored, delete, replace
from ringwall.storage.ports import Replace
from ringwall.vocabulary import Clock


class Groups(Holders[Group]):
    """Groups of users: their policies apply to every member."""

    def __init__(self, records: Records, clock: Clock) -> None:
        super().__init__(records, Group)
        self._clock = clock

    async def create(self, account_id: str, name: str, *, path: str = "/") -> Group:
        """Create a group. Raises EntityAlreadyExists, QuotaExceeded, InvalidInput."""
        group = Group(
            account_id=account_id,
            name=check_name(name, "groupName", max_chars=128),
            created=int(self._clock().timestamp()),
            id=unique_id("AGPA"),
            path=check_path(path),
        )
        if len(await self._records.all(Group, account_id)) >= quotas.GROUPS:
            raise QuotaExceeded(f"Cannot exceed quota for GroupsPerAccount: {quotas.GROUPS}")
        await self._records.retrying(lambda: self._records.create(group))
        return group

    async def delete(self, account_id: str, name: str) -> None:
        """Delete a group. Raises DeleteConflict while it has members or policies."""

        async def attempt() -> None:
            group = await self._records.require(Group, account_id, name)
            if group.entity.members:
                raise DeleteConflict("Cannot delete entity, must remove users from group first.")
            await self._remove(group)

        await self._records.retrying(attempt)

    async def add_user(self, account_id: str, name: str, user_name: str) -> None:
        """Make a user a member; twice is no error."""

        async def attempt() -> None:
            group = await self._records.require(Group, account_id, name)
            user = await self._records.require(User, account_id, user_name)
            if name in user.entity.groups:
                return
            if len(user.entity.groups) >= quotas.GROUPS_PER_USER:
                raise QuotaExceeded(f"Cannot exceed quota for GroupsPerUser: {quotas.GROUPS_PER_USER}")
            await self._join(group, user, (*user.entity.groups, name), 1)

        await self._records.retrying(attempt)

    async def remove_user(self, account_id: str, name: str, user_name: str) -> None:
        """End a user's membership. Raises NoSuchEntity for one who is no member."""

        async def attempt() -> None:
            group = await self._records.require(Group, account_id, name)
            user = await self._records.require(User, account_id, user_name)
            if name not in user.entity.groups:
                raise NoSuchEntity(f"User {user_name[:128]} is not in group {name[:128]}.")
            await self._join(group, user, tuple(one for one in user.entity.groups if one != name), -1)

        await self._records.retrying(attempt)

    async def _join(self, group: Stored[Group], user: Stored[User], groups: tuple[str, ...], step: int) -> None:
        await self._records.apply(
            replace(msgspec.structs.replace(user.entity, groups=groups), user.revision),
            replace(msgspec.structs.replace(group.entity, members=group.entity.members + step), group.revision),
        )

    async def members(self, account_id: str, name: str, *, marker: str = "", max_items: int = 100) -> Page[User]:
        """Return the members in name order."""
        return await self._records.page(User, account_id, marker=marker, max_items=max_items, wanted=lambda user: name in user.groups)


class Users(Holders[User]):
    """Users and their memberships."""

    def __init__(self, records: Records, clock: Clock) -> None:
        super().__init__(records, User)
        self._clock = clock

    async def create(self, account_id: str, name: str, *, path: str = "/", tags: dict[str, str] | None = None, boundary: str = "") -> User:
        """Create a user. Raises EntityAlreadyExists, QuotaExceeded, InvalidInput, NoSuchEntity (boundary)."""
        user = User(
            account_id=account_id,
            name=check_name(name, "userName"),
            created=int(self._clock().timestamp()),
            id=unique_id("AIDA"),
            path=check_path(path),
            tags=check_tags(tags or {}),
        )
        if len(await self._records.all(User, account_id)) >= quotas.USERS:
            raise QuotaExceeded(f"Cannot exceed quota for UsersPerAccount: {quotas.USERS}")
        return await self._insert(user, boundary)

    async def rename(self, account_id: str, name: str, *, new_name: str = "", new_path: str = "") -> None:
        """Give a user another name or path; the unique id, and so sessions and keys, stay."""

        async def attempt() -> None:
            user = await self._records.require(User, account_id, name)
            changed = msgspec.structs.replace(
                user.entity,
                name=check_name(new_name, "newUserName") if new_name else user.entity.name,
                path=check_path(new_path) if new_path else user.entity.path,
            )
            keys = await self._moved_keys(user.entity, changed.name)
            if changed.key == user.entity.key:
                await self._records.apply(replace(changed, user.revision), *keys)
            else:
                await self._records.create(changed, delete(user), *keys)

        await self._records.retrying(attempt)

    async def _moved_keys(self, user: User, new_name: str) -> list[Replace]:
        changes: list[Replace] = []
        for type_, ids in ((AccessKey, user.access_keys), (ApiKey, user.api_keys)):
            for id in ids:  # noqa: A001 # AWS's word
                stored = await self._records.get(type_, user.account_id, id)
                if stored is not None:
                    changes.append(replace(msgspec.structs.replace(stored.entity, user_name=new_name), stored.revision))
        return changes

    async def delete(self, account_id: str, name: str) -> None:
        """Delete a user. Raises DeleteConflict while there are keys, memberships or policies."""

        async def attempt() -> None:
            user = await self._records.require(User, account_id, name)
            entity = user.entity
            if entity.access_keys:
                raise DeleteConflict("Cannot delete entity, must delete access keys first.")
            if entity.api_keys:
                raise DeleteConflict("Cannot delete entity, must delete service specific credentials first.")
            if entity.groups:
                raise DeleteConflict("Cannot delete entity, must remove users from group first.")
            await self._remove(user)

        await self._records.retrying(attempt)
