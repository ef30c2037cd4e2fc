"""Associations between lineage entities, and the queries that follow them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final

from ringwall.data.feature_errors import LineageEntityExists, LineageEntityNotFound
from ringwall.data.lineage_entity import EDGE, WORDS, Edge, Entity, read_details, who
from ringwall.data.lineage_query import edges_of_page, fits, read_bounds, walk
from ringwall.data.lineage_store import LineageStore
from ringwall.data.listing import moment_key, page
from ringwall.errors import InvalidRequest
from ringwall.keys.page_tokens import listing_name
from ringwall.storage import Change, Delete, Insert
from ringwall.vocabulary import Principal

_PAGE: Final = 100
_AT_ONCE: Final = 50


class Associations:
    """The associations of all accounts: an association's ends exist, from its making until it is deleted."""

    def __init__(self, store: LineageStore) -> None:
        self._store = store

    async def add(self, account_id: str, request: Mapping[str, Any], by: Principal) -> dict[str, Any]:
        """Associate two entities; AddAssociation.

        Raises:
            LineageEntityNotFound, LineageEntityExists, SageMakerQuotaExceeded, InvalidRequest: as their names say.
        """
        ends = [self._store.ref(account_id, request[member]) for member in ("SourceArn", "DestinationArn")]
        if ends[0] == ends[1]:
            raise InvalidRequest("an entity is not associated with itself")
        edge = Edge(
            source=ends[0],
            destination=ends[1],
            type=request.get("AssociationType") or "",
            created_at=self._store.clock(),
            created_by=who(by),
        )

        async def changes() -> list[Change]:
            for ref in ends:  # an end that is deleted at the same moment changes the counts too, and one of the two is tried again
                await self._store.document(account_id, *ref.split("/", 1))
            if await self._store.storage.get(account_id, EDGE, edge.id) is not None:
                raise LineageEntityExists("the two entities are associated already")
            return [Insert(edge.document(account_id))]

        await self._store.apply(account_id, "association", 1, changes)
        return {"SourceArn": request["SourceArn"], "DestinationArn": request["DestinationArn"]}

    async def delete(self, account_id: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Delete an association; DeleteAssociation."""
        source, destination = (self._store.ref(account_id, request[member]) for member in ("SourceArn", "DestinationArn"))

        async def changes() -> list[Change]:
            stored = await self._store.storage.get(account_id, EDGE, f"{source}|{destination}")
            if stored is None:
                raise LineageEntityNotFound("the two entities are not associated")
            return [Delete(account_id, EDGE, stored.id, stored.revision)]

        await self._store.apply(account_id, "association", -1, changes)
        return {"SourceArn": request["SourceArn"], "DestinationArn": request["DestinationArn"]}

    async def listing(self, account_id: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """List associations; ListAssociations."""
        listing = listing_name("ListAssociations", request)
        entities, edges = await self._store.graph(account_id)
        wanted = {name: self._store.ref(account_id, request[name]) for name in ("SourceArn", "DestinationArn") if request.get(name)}
        since, until = request.get("CreatedAfter"), request.get("CreatedBefore")
        found = [
            edge
            for edge in edges
            if edge.source == wanted.get("SourceArn", edge.source)
            and edge.destination == wanted.get("DestinationArn", edge.destination)
            and request.get("SourceType") in {None, entities[edge.source].type}
            and request.get("DestinationType") in {None, entities[edge.destination].type}
            and request.get("AssociationType") in {None, edge.type}
            and (since is None or edge.created_at >= since)
            and (until is None or edge.created_at <= until)
        ]
        sort_keys: dict[str, Callable[[Edge], str]] = {
            "SourceArn": lambda edge: edge.source,
            "DestinationArn": lambda edge: edge.destination,
            "SourceType": lambda edge: entities[edge.source].type,
            "DestinationType": lambda edge: entities[edge.destination].type,
            "CreationTime": lambda edge: moment_key(edge.created_at),
        }
        sort_key = sort_keys[request.get("SortBy") or "CreationTime"]
        shown, following = page(
            found,
            lambda edge: (sort_key(edge), edge.id),
            descending=request.get("SortOrder") != "Ascending",
            after=self._store.pages.read(account_id, listing, request.get("NextToken")),
            limit=request.get("MaxResults") or _PAGE,
        )
        summaries = [self._show_edge(account_id, edge, entities) for edge in shown]
        return self._store.with_token(account_id, listing, following, {"AssociationSummaries": summaries})

    def _show_edge(self, account_id: str, edge: Edge, entities: Mapping[str, Entity]) -> dict[str, Any]:
        source, destination = entities[edge.source], entities[edge.destination]
        optional = {"AssociationType": edge.type, "SourceName": source.name, "DestinationName": destination.name}
        return {
            "SourceArn": self._store.arn(account_id, edge.source),
            "DestinationArn": self._store.arn(account_id, edge.destination),
            "SourceType": source.type,
            "DestinationType": destination.type,
            "CreationTime": edge.created_at,
            "CreatedBy": edge.created_by.show(),
        } | {name: value for name, value in optional.items() if value}

    async def query(self, account_id: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Walk from an entity over associations, or take in all entities; QueryLineage."""
        depth, results = read_bounds(request)
        listing = listing_name("QueryLineage", request)
        first = int(self._store.pages.read(account_id, listing, request.get("NextToken")) or 0)
        entities, edges = await self._store.graph(account_id)
        starts = request.get("StartArns") or ()
        if starts:
            start = self._store.ref(account_id, starts[0])
            if start not in entities:
                raise LineageEntityNotFound("the entity to start from does not exist")
            found = walk(start, edges, direction=request.get("Direction") or "Both", depth=depth)
        else:
            found = sorted(entities, key=lambda ref: (entities[ref].created_at, ref))
        filters = request.get("Filters") or {}
        shown = [ref for ref in found if fits(entities[ref], filters)]
        if filters.get("Properties"):
            shown = await self._with_properties(account_id, shown, filters["Properties"])
        here = shown[first : first + results]
        answer: dict[str, Any] = {"Vertices": [self._vertex(account_id, entities[ref]) for ref in here], "Edges": []}
        if request.get("IncludeEdges", True):
            chosen = edges_of_page(shown, first, len(here), edges)
            answer["Edges"] = [
                {"SourceArn": self._store.arn(account_id, edge.source), "DestinationArn": self._store.arn(account_id, edge.destination)}
                | ({"AssociationType": edge.type} if edge.type else {})
                for edge in chosen
            ]
        return self._store.with_token(account_id, listing, str(first + results) if len(shown) > first + results else "", answer)

    def _vertex(self, account_id: str, entity: Entity) -> dict[str, Any]:
        return {"Arn": self._store.arn(account_id, entity.ref), "Type": entity.type[:40], "LineageType": WORDS[entity.kind]}

    async def _with_properties(self, account_id: str, refs: list[str], wanted: Mapping[str, str]) -> list[str]:
        """Return the entities that have all these properties, with these values."""
        chosen: list[str] = []
        for begin in range(0, len(refs), _AT_ONCE):
            some = refs[begin : begin + _AT_ONCE]
            stored = await asyncio.gather(*(self._store.storage.get(account_id, *_details_key(ref)) for ref in some))
            for ref, document in zip(some, stored, strict=True):
                if document is not None and wanted.items() <= read_details(document).properties.items():
                    chosen.append(ref)
        return chosen


def _details_key(ref: str) -> tuple[str, str]:
    kind, _, id_ = ref.partition("/")
    return f"lineage-{kind}-details", id_
