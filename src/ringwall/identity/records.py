"""Entities in storage: typed reads, and changes that are made again when somebody else was faster."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import msgspec

from ringwall.errors import Conflict, IntegrityError
from ringwall.identity.entities import OPERATORS, Account, Entity
from ringwall.identity.errors import ConcurrentModification, EntityAlreadyExists, EntityConflict, InvalidInput, NoSuchEntity
from ringwall.storage.ports import Delete, Document, Insert, Replace, Storage

_ATTEMPTS = 8
_PAGE = 200

AnyEntity = TypeVar("AnyEntity", bound=Entity)
Result = TypeVar("Result")


class Stored(msgspec.Struct, Generic[AnyEntity], frozen=True):
    """An entity as it was read; `revision` is its compare-and-swap token."""

    entity: AnyEntity
    revision: int


class Page(msgspec.Struct, Generic[AnyEntity], frozen=True):
    """Part of a list; `marker` is empty on the last page."""

    entities: tuple[AnyEntity, ...]
    marker: str


class Records:
    """All of identity's documents."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def generation(self) -> int:
        """Return a number that differs after any change."""
        return await self._storage.generation()

    async def get(self, type_: type[AnyEntity], account_id: str, name: str) -> Stored[AnyEntity] | None:
        """Return the entity with exactly this name, or None."""
        document = await self._storage.get(_owner(type_, account_id), type_.kind, type_.key_of(name))
        if document is None:
            return None
        stored = _stored(type_, document)
        return stored if stored.entity.answers_to(name) else None

    async def require(self, type_: type[AnyEntity], account_id: str, name: str) -> Stored[AnyEntity]:
        """Return the entity.

        Raises:
            NoSuchEntity: none of this name in this account.
        """
        found = await self.get(type_, account_id, name)
        if found is None:
            raise NoSuchEntity(f"The {type_.label} with name {name[:128]} cannot be found.")
        return found

    async def find(self, type_: type[AnyEntity], lookup: str) -> AnyEntity | None:
        """Return the entity with this unique look-up name, in whichever account."""
        document = await self._storage.find(type_.kind, lookup)
        if document is None:
            return None
        entity = _stored(type_, document).entity
        if document.account_id != _owner(type_, entity.account_id):
            raise IntegrityError("a stored credential names another account than the one it is stored under")
        return entity

    async def page(
        self,
        type_: type[AnyEntity],
        account_id: str,
        *,
        marker: str = "",
        max_items: int = 100,
        wanted: Callable[[AnyEntity], bool] = lambda _: True,
    ) -> Page[AnyEntity]:
        """Return the next entities in name order, at most `max_items` of those that are wanted."""
        after = _read_marker(marker)
        found: list[AnyEntity] = []
        while True:
            documents = await self._storage.list(_owner(type_, account_id), type_.kind, after=after, limit=_PAGE)
            for document in documents:
                entity = _stored(type_, document).entity
                if not wanted(entity):
                    continue
                if len(found) == max_items:
                    return Page(tuple(found), _marker(found[-1].key))
                found.append(entity)
            if len(documents) < _PAGE:
                return Page(tuple(found), "")
            after = documents[-1].id

    async def all(self, type_: type[AnyEntity], account_id: str) -> Sequence[AnyEntity]:
        """Return every entity of the account; for counting, where the quota bounds the number."""
        return (await self.page(type_, account_id, max_items=1_000_000)).entities

    async def apply(self, *changes: Insert | Replace | Delete) -> None:
        """Make all changes or none. Raises Conflict."""
        await self._storage.apply(*changes)

    async def create(self, entity: Entity, *also: Replace | Delete) -> None:
        """Store a new entity, together with other changes.

        Raises:
            EntityAlreadyExists: the name is taken.
            Conflict: one of the other changes came too late.
        """
        if await self._storage.get(_owner(type(entity), entity.account_id), entity.kind, entity.key) is not None:
            raise EntityAlreadyExists(f"{entity.label.capitalize()} with name {entity.name[:128]} already exists.")
        await self._storage.apply(insert(entity), *also)

    async def update(self, type_: type[AnyEntity], account_id: str, name: str, change: Callable[[AnyEntity], AnyEntity]) -> AnyEntity:
        """Read, change and write one entity, again if somebody else wrote in between."""

        async def attempt() -> AnyEntity:
            stored = await self.require(type_, account_id, name)
            changed = change(stored.entity)
            if changed != stored.entity:
                await self.apply(replace(changed, stored.revision))
            return changed

        return await self.retrying(attempt)

    async def retrying(self, attempt: Callable[[], Awaitable[Result]]) -> Result:
        """Make an attempt again while others write in between.

        Raises:
            ConcurrentModification: after eight attempts.
        """
        for _ in range(_ATTEMPTS):
            try:
                return await attempt()
            except EntityConflict:
                raise
            except Conflict:
                continue
        raise ConcurrentModification("The request was rejected because others keep changing the same entity. Submit the request again.")


def insert(entity: Entity) -> Insert:
    """Return the change that creates an entity."""
    return Insert(_document(entity, 0))


def replace(entity: Entity, revision: int) -> Replace:
    """Return the change that replaces the entity read at `revision`."""
    return Replace(_document(entity, revision))


def delete(stored: Stored[AnyEntity]) -> Delete:
    """Return the change that removes an entity, if nobody changed it since."""
    entity = stored.entity
    return Delete(_owner(type(entity), entity.account_id), entity.kind, entity.key, stored.revision)


def _owner(type_: type[Entity], account_id: str) -> str:
    return OPERATORS if type_ is Account else account_id


def _document(entity: Entity, revision: int) -> Document:
    expires = getattr(entity, "expires", 0)
    return Document(
        account_id=_owner(type(entity), entity.account_id),
        kind=entity.kind,
        id=entity.key,
        body=msgspec.json.encode(entity),
        revision=revision,
        key=entity.lookup,
        expires_at=expires,
    )


def _stored(type_: type[AnyEntity], document: Document) -> Stored[AnyEntity]:
    try:
        entity = msgspec.json.decode(document.body, type=type_)
    except msgspec.DecodeError as error:
        raise IntegrityError(f"a stored {type_.label} cannot be read") from error
    return Stored(entity, document.revision)


def _marker(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode()


def _read_marker(marker: str) -> str:
    try:
        return base64.b64decode(marker.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise InvalidInput("The specified value for marker is invalid") from error
