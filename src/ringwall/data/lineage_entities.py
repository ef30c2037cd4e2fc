"""Artifacts, actions and contexts as resources: make, show, change, list, tag and delete them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from ringwall.data.feature_errors import LineageEntityAssociated, LineageEntityExists
from ringwall.data.lineage_entity import WORDS, Details, Entity, artifact_id, make_entity, show_entity, show_summary, who
from ringwall.data.lineage_store import LineageStore
from ringwall.data.listing import moment_key, page
from ringwall.data.sagemaker_names import read_tags, refuse_too_many
from ringwall.errors import InvalidRequest
from ringwall.keys.page_tokens import listing_name
from ringwall.storage import Change, Delete, Insert
from ringwall.vocabulary import Principal

PROPERTIES_MAX: Final = 30  # LineageEntityParameters, max length
_PAGE: Final = 100


class LineageEntities:
    """The lineage entities of all accounts. `kind` is `artifact`, `action` or `context`."""

    def __init__(self, store: LineageStore) -> None:
        self._store = store

    async def create(self, account_id: str, kind: str, request: Mapping[str, Any], by: Principal) -> dict[str, Any]:
        """Make an artifact, action or context.

        Raises:
            LineageEntityExists, SageMakerQuotaExceeded, InvalidRequest: as their names say.
        """
        entity = make_entity(kind, request, self._store.clock())
        details = Details(
            created_by=who(by),
            modified_by=who(by),
            description=request.get("Description") or "",
            properties=dict(request.get("Properties") or {}),
            metadata=dict(request.get("MetadataProperties") or {}),
            tags=read_tags(request.get("Tags") or ()),
        )

        async def changes() -> list[Change]:
            if await self._store.storage.get(account_id, f"lineage-{kind}", entity.id) is not None:
                what = "an artifact of this source" if kind == "artifact" else f"the {kind} `{entity.id}`"
                raise LineageEntityExists(f"{what} exists already: {self._store.arn(account_id, entity.ref)}")
            return [Insert(entity.document(account_id)), Insert(details.document(account_id, entity))]

        await self._store.apply(account_id, kind, 1, changes)
        return {f"{WORDS[kind]}Arn": self._store.arn(account_id, entity.ref)}

    async def describe(self, account_id: str, kind: str, identifier: str) -> dict[str, Any]:
        """Show an entity by its name or ARN (an artifact: its ARN)."""
        entity, _, details, _ = await self._store.whole(account_id, kind, self._store.id(account_id, kind, identifier))
        return show_entity(entity, details, account_id=account_id, region=self._store.region)

    async def update(self, account_id: str, kind: str, request: Mapping[str, Any], by: Principal) -> dict[str, Any]:
        """Change an entity's name (artifacts only), description, status or properties."""
        word = WORDS[kind]
        id_ = self._store.id(account_id, kind, request["ArtifactArn" if kind == "artifact" else f"{word}Name"])

        def change(entity: Entity, details: Details) -> tuple[Entity, Details]:
            removed = request.get("PropertiesToRemove") or ()
            properties = {key: value for key, value in details.properties.items() if key not in removed} | (request.get("Properties") or {})
            if len(properties) > PROPERTIES_MAX:
                raise InvalidRequest(f"a lineage entity has at most {PROPERTIES_MAX} properties")
            return (
                msgspec.structs.replace(
                    entity,
                    name=request.get(f"{word}Name") or entity.name,
                    status=request.get("Status") or entity.status,
                    modified_at=self._store.clock(),
                ),
                msgspec.structs.replace(
                    details, description=request.get("Description", details.description), properties=properties, modified_by=who(by)
                ),
            )

        entity = await self._store.change(account_id, kind, id_, change)
        return {f"{word}Arn": self._store.arn(account_id, entity.ref)}

    async def delete(self, account_id: str, kind: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Delete an entity that is associated with no other.

        Raises:
            LineageEntityNotFound, LineageEntityAssociated: as their names say.
        """
        id_ = self._deleted_id(account_id, kind, request)
        ref = f"{kind}/{id_}"

        async def changes() -> list[Change]:
            entity, revision, _, details_revision = await self._store.whole(account_id, kind, id_)
            if any(ref in {edge.source, edge.destination} for edge in await self._store.edges(account_id)):
                raise LineageEntityAssociated(f"the {kind} is associated with others")
            return [
                Delete(account_id, f"lineage-{kind}", entity.id, revision),
                Delete(account_id, f"lineage-{kind}-details", entity.id, details_revision),
            ]

        await self._store.apply(account_id, kind, -1, changes)
        return {f"{WORDS[kind]}Arn": self._store.arn(account_id, ref)}

    def _deleted_id(self, account_id: str, kind: str, request: Mapping[str, Any]) -> str:
        if kind != "artifact":
            return str(request[f"{WORDS[kind]}Name"])
        arn, source = request.get("ArtifactArn"), request.get("Source")
        if bool(arn) == bool(source):
            raise InvalidRequest("an artifact is named by its ArtifactArn or its Source, one of the two")
        return self._store.id(account_id, kind, arn) if arn else artifact_id(source or {})

    async def listing(self, account_id: str, kind: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """List artifacts, actions or contexts."""
        word = WORDS[kind]
        listing = listing_name(f"List{word}s", request)
        uri, type_ = request.get("SourceUri"), request.get(f"{word}Type")
        since, until = request.get("CreatedAfter"), request.get("CreatedBefore")
        found = [
            entity
            async for entity in self._store.entities(account_id, kind)
            if (uri is None or entity.source["SourceUri"] == uri)
            and (type_ is None or entity.type == type_)
            and (since is None or entity.created_at >= since)
            and (until is None or entity.created_at <= until)
        ]
        by_name = request.get("SortBy") == "Name"
        shown, following = page(
            found,
            lambda entity: (entity.name if by_name else moment_key(entity.created_at), entity.id),
            descending=request.get("SortOrder") != "Ascending",
            after=self._store.pages.read(account_id, listing, request.get("NextToken")),
            limit=request.get("MaxResults") or _PAGE,
        )
        summaries = [show_summary(entity, account_id=account_id, region=self._store.region) for entity in shown]
        return self._store.with_token(account_id, listing, following, {f"{word}Summaries": summaries})

    # -- tags -----------------------------------------------------------------------------------------------------------------------

    async def tags(self, account_id: str, kind: str, id_: str) -> dict[str, str]:
        """Return an entity's tags."""
        return dict((await self._store.whole(account_id, kind, id_))[2].tags)

    async def change_tags(self, account_id: str, kind: str, id_: str, change: Callable[[dict[str, str]], dict[str, str]]) -> dict[str, str]:
        """Change an entity's tags and return what they are now."""
        tags: dict[str, str] = {}

        def changed(entity: Entity, details: Details) -> tuple[Entity, Details]:
            tags.clear()
            tags.update(refuse_too_many(change(dict(details.tags))))
            return entity, msgspec.structs.replace(details, tags=dict(tags))

        await self._store.change(account_id, kind, id_, changed)
        return tags
