"""Where lineage is kept: entities, associations and the counts of both, of all accounts.

What an account has is counted in the transaction that changes it. Quotas (AWS's own) keep it small: lists and queries read all of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final
from weakref import WeakValueDictionary

import msgspec

from ringwall.data.feature_errors import LineageBusy, LineageChanged, LineageEntityNotFound, SageMakerQuotaExceeded
from ringwall.data.lineage_entity import COUNTS, EDGE, WORDS, Details, Edge, Entity, read_counts, read_details, read_edge, read_entity
from ringwall.data.listing import every
from ringwall.data.sagemaker_names import resource_of, sagemaker_arn
from ringwall.data.turns import attempts
from ringwall.errors import Conflict
from ringwall.keys import Digester, PageTokens
from ringwall.storage import Change, Document, Insert, Replace, Storage
from ringwall.vocabulary import Clock

QUOTAS: Final = {"artifact": 6000, "action": 3000, "context": 500, "association": 6000}
"""SageMaker endpoints and quotas, ML Lineage Tracking: how much an account may have."""


class LineageStore:
    """Reads and changes what is kept."""

    def __init__(self, storage: Storage, *, keys: Digester, clock: Clock, region: str) -> None:
        self.storage = storage
        self.pages = PageTokens(keys)
        self.clock = clock
        self.region = region
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def arn(self, account_id: str, ref: str) -> str:
        """Return the ARN behind a ref."""
        kind, _, id_ = ref.partition("/")
        return sagemaker_arn(self.region, account_id, kind, id_)

    def ref(self, account_id: str, arn: str) -> str:
        """Return the ref behind an ARN.

        Raises:
            InvalidRequest, AccessDenied, LineageEntityNotFound: as `resource_of`.
        """
        kind, name = resource_of(arn, account_id=account_id, region=self.region, missing=LineageEntityNotFound)
        if kind not in WORDS:
            raise LineageEntityNotFound("the ARN names no artifact, action or context")
        return f"{kind}/{name}"

    def id(self, account_id: str, kind: str, identifier: str) -> str:
        """Return the id behind a name or ARN of an entity of this kind."""
        if not identifier.startswith("arn:"):
            return identifier
        named, _, id_ = self.ref(account_id, identifier).partition("/")
        if named != kind:
            raise LineageEntityNotFound(f"the ARN does not name an {kind}" if kind[0] == "a" else f"the ARN does not name a {kind}")
        return id_

    async def document(self, account_id: str, kind: str, id_: str) -> Document:
        """Return an entity's document.

        Raises:
            LineageEntityNotFound: there is none.
        """
        document = await self.storage.get(account_id, f"lineage-{kind}", id_)
        if document is None:
            raise LineageEntityNotFound(f"the {kind} does not exist")
        return document

    async def whole(self, account_id: str, kind: str, id_: str) -> tuple[Entity, int, Details, int]:
        """Return an entity and its details, each with the revision it was read at."""
        document = await self.document(account_id, kind, id_)
        details = await self.storage.get(account_id, f"lineage-{kind}-details", id_)
        if details is None:  # deleted between the two reads
            raise LineageEntityNotFound(f"the {kind} does not exist")
        return read_entity(document), document.revision, read_details(details), details.revision

    async def entities(self, account_id: str, kind: str) -> AsyncIterator[Entity]:
        """Iterate the entities of one kind."""
        async for document in every(self.storage, account_id, f"lineage-{kind}"):
            yield read_entity(document)

    async def edges(self, account_id: str) -> list[Edge]:
        """Return all associations."""
        return [read_edge(document) async for document in every(self.storage, account_id, EDGE)]

    async def graph(self, account_id: str) -> tuple[dict[str, Entity], list[Edge]]:
        """Return all entities by ref, and the associations between them."""
        entities = {entity.ref: entity for kind in WORDS for entity in [each async for each in self.entities(account_id, kind)]}
        # The two are read one after the other: an association whose end was made or deleted meanwhile is left out.
        return entities, [edge for edge in await self.edges(account_id) if edge.source in entities and edge.destination in entities]

    async def change(self, account_id: str, kind: str, id_: str, change: Callable[[Entity, Details], tuple[Entity, Details]]) -> Entity:
        """Change an entity, however many others do so at the same moment."""
        async for _ in attempts():
            entity, revision, details, details_revision = await self.whole(account_id, kind, id_)
            entity, details = change(entity, details)
            try:
                await self.storage.apply(
                    Replace(entity.document(account_id, revision=revision)),
                    Replace(details.document(account_id, entity, revision=details_revision)),
                )
            except Conflict:
                continue
            return entity
        raise LineageChanged("the lineage entity was changed by other requests")

    async def apply(self, account_id: str, counted: str, by: int, changes: Callable[[], Awaitable[list[Change]]]) -> None:
        """Make changes together with the count of what they add or take away.

        Changes of one account's lineage that go through here happen one after the other: `changes` may look at anything that only they
        change, and is asked again when another one was faster.

        Raises:
            SageMakerQuotaExceeded, LineageBusy: as their names say; and what `changes` raises.
        """
        turn = self._turns.setdefault(account_id, asyncio.Lock())  # dropped when nobody waits for it any more
        async with turn:
            async for _ in attempts():  # other processes do not wait for our turn
                if await self._try(account_id, counted, by, changes):
                    return
        raise LineageBusy("the lineage is changed by many requests at once")

    async def _try(self, account_id: str, counted: str, by: int, changes: Callable[[], Awaitable[list[Change]]]) -> bool:
        stored = await self.storage.get(account_id, COUNTS, "all")
        counts = read_counts(stored)
        number = getattr(counts, counted) + by
        if by > 0 and number > QUOTAS[counted]:
            raise SageMakerQuotaExceeded(f"an account has at most {QUOTAS[counted]} {counted}s")
        body = msgspec.json.encode(msgspec.structs.replace(counts, **{counted: number}))
        document = Document(account_id=account_id, kind=COUNTS, id="all", body=body, revision=stored.revision if stored else 0)
        batch = await changes()
        try:
            await self.storage.apply(Replace(document) if stored else Insert(document), *batch)
        except Conflict:
            return False
        return True

    def with_token(self, account_id: str, listing: str, following: str, answer: dict[str, Any]) -> dict[str, Any]:
        """Add the token of the next page, where there is one."""
        return answer | ({"NextToken": self.pages.make(account_id, listing, following)} if following else {})
