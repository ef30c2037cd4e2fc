"""Long-term credentials: access keys (signatures) and API keys (bearer tokens)."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import Iterable
from typing import Any, Generic, TypeVar

import msgspec

from ringwall.errors import Conflict
from ringwall.identity import quotas
from ringwall.identity.authentication import access_key_context, bearer_digest
from ringwall.identity.entities import AccessKey, ApiKey, KeyUse, Status, User
from ringwall.identity.errors import NoSuchEntity, QuotaExceeded, ServiceNotSupported
from ringwall.identity.names import secret_access_key, unique_id
from ringwall.identity.ports import Sealer
from ringwall.identity.records import Records, delete, insert, replace
from ringwall.storage.ports import Delete
from ringwall.vocabulary import Clock
from ringwall.vocabulary.principal import API_KEY_PREFIX, KeyGuardrail

Key = TypeVar("Key", bound=AccessKey | ApiKey)
BEDROCK = "bedrock.amazonaws.com"
_API_KEY_DAYS = 36_600


class NewAccessKey(msgspec.Struct, frozen=True):
    """An access key with its secret, which is shown this once."""

    key: AccessKey
    secret_access_key: str

    def __repr__(self) -> str:
        return f"NewAccessKey({self.key.name!r}, ...)"


class NewApiKey(msgspec.Struct, frozen=True):
    """An API key with its token, which is shown this once."""

    key: ApiKey
    token: str

    def __repr__(self) -> str:
        return f"NewApiKey({self.key.name!r}, ...)"


class _KeysOfUsers(Generic[Key]):
    """What both kinds have in common."""

    def __init__(self, records: Records, kind: type[Key], *, member: str, quota: str, most: int) -> None:
        """Take the kind, the member of users that holds the ids of theirs, and AWS's name for how many there may be."""
        self._records = records
        self._kind = kind
        self._member = member
        self._quota = quota
        self._most = most

    async def list(self, account_id: str, user_name: str) -> list[Key]:
        """Return a user's keys that have not expired, oldest first. Raises NoSuchEntity."""
        user = await self._records.require(User, account_id, user_name)
        found = [await self._records.get(self._kind, account_id, id) for id in self._ids(user.entity)]  # noqa: A001 # AWS's word
        return [stored.entity for stored in found if stored is not None]

    async def set_status(self, account_id: str, user_name: str, id: str, status: Status) -> None:
        """Switch a key off or on. Raises NoSuchEntity."""
        await self._update(account_id, user_name, id, status=status)

    async def set_guardrail(self, account_id: str, user_name: str, id: str, guardrail: KeyGuardrail | None) -> Key:
        """Put whatever a key asks of models under a guardrail, which exists; None: under none of its own. Raises NoSuchEntity."""
        return await self._update(account_id, user_name, id, guardrail=guardrail)

    async def delete(self, account_id: str, user_name: str, id: str, *also: Delete) -> None:
        """Delete a key, and whatever else goes with it. Raises NoSuchEntity."""

        async def attempt() -> None:
            user = await self._records.require(User, account_id, user_name)
            key = await self._records.require(self._kind, account_id, id)
            _check_owner(key.entity, user_name)
            left = self._holding(user.entity, [one for one in self._ids(user.entity) if one != id])
            await self._records.apply(delete(key), replace(left, user.revision), *also)

        await self._records.retrying(attempt)

    async def _add(self, key: Key) -> None:
        async def attempt() -> None:
            user = await self._records.require(User, key.account_id, key.user_name)
            living = [one.name for one in await self.list(key.account_id, key.user_name)]
            if len(living) >= self._most:
                raise QuotaExceeded(f"Cannot exceed quota for {self._quota}: {self._most}")
            await self._records.apply(insert(key), replace(self._holding(user.entity, [*living, key.name]), user.revision))

        await self._records.retrying(attempt)

    async def _update(self, account_id: str, user_name: str, id: str, **members: Any) -> Key:
        await self._records.require(User, account_id, user_name)

        def change(key: Key) -> Key:
            _check_owner(key, user_name)
            return msgspec.structs.replace(key, **members)

        return await self._records.update(self._kind, account_id, id, change)

    def _ids(self, user: User) -> tuple[str, ...]:
        return getattr(user, self._member)  # type: ignore[no-any-return]

    def _holding(self, user: User, ids: Iterable[str]) -> User:
        return msgspec.structs.replace(user, **{self._member: tuple(ids)})


class AccessKeys(_KeysOfUsers[AccessKey]):
    """Access keys of users."""

    def __init__(self, records: Records, sealer: Sealer, clock: Clock, uses: dict[str, KeyUse]) -> None:
        super().__init__(records, AccessKey, member="access_keys", quota="AccessKeysPerUser", most=quotas.ACCESS_KEYS_PER_USER)
        self._sealer = sealer
        self._clock = clock
        self._uses = uses

    async def create(self, account_id: str, user_name: str) -> NewAccessKey:
        """Create an access key. Raises NoSuchEntity, QuotaExceeded at two."""
        secret = secret_access_key()
        id = unique_id("AKIA")  # noqa: A001 # AWS's word
        sealed = self._sealer.seal(secret.encode(), context=access_key_context(account_id, id))
        key = AccessKey(account_id=account_id, name=id, created=int(self._clock().timestamp()), user_name=user_name, sealed=sealed)
        await self._add(key)
        return NewAccessKey(key, secret)

    async def delete(self, account_id: str, user_name: str, id: str, *also: Delete) -> None:
        """Delete a key, and when it was last used. Raises NoSuchEntity."""
        await super().delete(account_id, user_name, id, Delete(account_id, KeyUse.kind, id), *also)
        self._uses.pop(id, None)

    async def last_use(self, account_id: str, id: str) -> tuple[AccessKey, KeyUse | None]:
        """Return a key and when it was last used, as far as is known. Raises NoSuchEntity."""
        key = await self._records.require(AccessKey, account_id, id)
        stored = await self._records.get(KeyUse, account_id, id)
        uses = [use for use in (self._uses.get(id), None if stored is None else stored.entity) if use is not None]
        return key.entity, max(uses, key=lambda use: use.created, default=None)

    async def save_uses(self) -> None:
        """Write down what is known of uses and forget it; for a timer and for shutdown. A process that wrote a later use first wins."""
        uses = list(self._uses.values())
        self._uses.clear()
        for start in range(0, len(uses), 64):
            await asyncio.gather(*map(self._save_use, uses[start : start + 64]))

    async def _save_use(self, use: KeyUse) -> None:
        stored = await self._records.get(KeyUse, use.account_id, use.name)
        try:
            await self._records.apply(insert(use) if stored is None else replace(use, stored.revision))
        except Conflict:
            return


class ApiKeys(_KeysOfUsers[ApiKey]):
    """API keys of users: IAM's service-specific credentials for Bedrock."""

    def __init__(self, records: Records, clock: Clock) -> None:
        quota = "ServiceSpecificCredentialsPerUser"
        super().__init__(records, ApiKey, member="api_keys", quota=quota, most=quotas.API_KEYS_PER_USER)
        self._clock = clock

    async def create(self, account_id: str, user_name: str, *, age_days: int = 0, service: str = BEDROCK) -> NewApiKey:
        """Create an API key that is good for `age_days` (0: until it is deleted).

        Raises:
            NoSuchEntity, ServiceNotSupported, QuotaExceeded at two.
        """
        if service != BEDROCK:
            raise ServiceNotSupported(f"Service {service[:100]} is not supported")
        now = int(self._clock().timestamp())
        id = unique_id(API_KEY_PREFIX)  # noqa: A001 # AWS's word
        alias = f"{user_name}-at-{account_id}"
        token = "ABSK" + base64.b64encode(f"{alias}:{secrets.token_urlsafe(32)}".encode()).decode()
        key = ApiKey(
            account_id=account_id,
            name=id,
            created=now,
            user_name=user_name,
            digest=bearer_digest(token),
            alias=alias,
            expires=now + min(age_days, _API_KEY_DAYS) * 86_400 if age_days > 0 else 0,
        )
        await self._add(key)
        return NewApiKey(key, token)


def _check_owner(key: AccessKey | ApiKey, user_name: str) -> None:
    if key.user_name != user_name:
        raise NoSuchEntity(f"The {key.label} with id {key.name} cannot be found.")
