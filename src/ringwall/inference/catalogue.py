"""Guardrail resources: create, read, change, number, list, tag and delete them.

Rules it upholds: a guardrail that does not compile is never stored; DRAFT and its name, and a version and its number, change in one
transaction; a request token is remembered with what it made; nothing of another account is read or named.
It leaves to others: who may (identity), and running guardrails (`compiled.py`, `guardrails.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from ringwall.errors import Conflict, InvalidRequest
from ringwall.guardrails import GuardrailConfig, parse_config
from ringwall.inference.enforced import EnforcedConfigurations
from ringwall.inference.errors import ChangedMeanwhile, GuardrailNotFound, NameTaken, QuotaExceeded
from ringwall.inference.idempotency import Made, RequestTokens
from ringwall.inference.naming import DRAFT, guardrail_arn, guardrail_id, read_tags, refuse_too_many_tags, version_word
from ringwall.inference.resource import GUARDRAIL, NAME, VERSION, Stored, details, read_stored, summary, version_key
from ringwall.keys import PageTokens
from ringwall.storage import Delete, Document, Insert, Replace, Storage
from ringwall.vocabulary import Arn, Clock, new_id

GUARDRAILS_MAX = 100  # Amazon Bedrock quotas: guardrails per account
VERSIONS_MAX = 20  # Amazon Bedrock quotas: versions per guardrail
PAGE_DEFAULT = 100
PAGE_MAX = 1000
_TAG_ATTEMPTS = 5

_CONFIG_MEMBERS_LEFT_OUT = frozenset({"tags", "clientRequestToken", "guardrailIdentifier"})


class Found(NamedTuple):
    """A stored guardrail with the revision it was read at."""

    stored: Stored
    revision: int


class Catalogue:
    """The guardrails of all accounts."""

    def __init__(
        self,
        storage: Storage,
        *,
        clock: Clock,
        region: str,
        pages: PageTokens,
        enforced: EnforcedConfigurations,
        warn: Callable[[GuardrailConfig], tuple[str, ...]],
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._region = region
        self._pages = pages
        self._enforced = enforced
        self._warn = warn
        self._tokens = RequestTokens(storage)

    def arn(self, account_id: str, identifier: str) -> str:
        """Return a guardrail's ARN."""
        return guardrail_arn(self._region, account_id, identifier)

    def id_of(self, account_id: str, identifier: str) -> str:
        """Return the id behind an id or ARN."""
        return guardrail_id(identifier, account_id=account_id, region=self._region)

    async def recall(self, account_id: str, operation: str, request: Mapping[str, Any]) -> Made | None:
        """Return what the request's token made before, if it did."""
        return await self._tokens.recall(account_id, operation, request)

    def parse(self, request: Mapping[str, Any]) -> GuardrailConfig:
        """Read the configuration of a create or update request."""
        return parse_config({key: value for key, value in request.items() if key not in _CONFIG_MEMBERS_LEFT_OUT})

    async def create(self, account_id: str, request: Mapping[str, Any], config: GuardrailConfig) -> Made:
        """Store a new guardrail.

        Raises:
            NameTaken, QuotaExceeded, TooManyTags, InvalidRequest, TokenReused: as their names say.
        """
        tags = read_tags(request.get("tags") or ())
        held = await self._storage.list(account_id, GUARDRAIL, limit=GUARDRAILS_MAX)
        if len(held) >= GUARDRAILS_MAX:  # two creations at the same moment may overshoot by one; a quota is no safeguard
            raise QuotaExceeded(f"an account has at most {GUARDRAILS_MAX} guardrails")
        now = self._clock()
        made = Made(guardrail_id=new_id(12), version=DRAFT, at=now)
        refuse_too_many_tags(tags, self.arn(account_id, made.guardrail_id))
        stored = Stored(
            id=made.guardrail_id, version=DRAFT, config=config, description=config.description, tags=tags, created_at=now, updated_at=now
        )
        try:
            await self._storage.apply(
                Insert(stored.document(account_id)),
                Insert(_name(account_id, config.name, made.guardrail_id)),
                *self._tokens.remember(account_id, "CreateGuardrail", request, made),
            )
        except Conflict:
            recalled = await self._tokens.recall(account_id, "CreateGuardrail", request)
            if recalled is not None:
                return recalled
            raise NameTaken(f"another guardrail in this account is called `{config.name}`") from None
        return made

    async def update(
        self, account_id: str, identifier: str, config: GuardrailConfig, *, revision: int | None = None
    ) -> tuple[Made, GuardrailConfig]:
        """Replace the DRAFT of a guardrail, if it is still at `revision`; return what was made, and the configuration that stood there.

        Raises:
            GuardrailNotFound, NameTaken, ChangedMeanwhile: as their names say.
        """
        found = await self.draft(account_id, identifier)
        if revision is not None and found.revision != revision:
            raise ChangedMeanwhile("the guardrail was changed by another request")
        now = self._clock()
        stored = msgspec.structs.replace(found.stored, config=config, description=config.description, updated_at=now)
        changes: list[Insert | Replace | Delete] = [Replace(stored.document(account_id, revision=found.revision))]
        if config.name != found.stored.config.name:
            if await self._storage.get(account_id, NAME, config.name) is not None:
                raise NameTaken(f"another guardrail in this account is called `{config.name}`")
            changes += [Delete(account_id, NAME, found.stored.config.name), Insert(_name(account_id, config.name, stored.id))]
        await self._apply(*changes)
        return Made(guardrail_id=stored.id, version=DRAFT, at=now), found.stored.config

    async def create_version(self, account_id: str, identifier: str, request: Mapping[str, Any]) -> Made:
        """Freeze the DRAFT under the next number.

        Raises:
            GuardrailNotFound, QuotaExceeded, ChangedMeanwhile, TokenReused: as their names say.
        """
        found = await self.draft(account_id, identifier)
        held = await self._versions(account_id, found.stored.id)
        if len(held) >= VERSIONS_MAX:
            raise QuotaExceeded(f"a guardrail has at most {VERSIONS_MAX} versions")
        now = self._clock()
        number = found.stored.versions_made + 1
        made = Made(guardrail_id=found.stored.id, version=str(number), at=now)
        frozen = msgspec.structs.replace(
            found.stored,
            version=made.version,
            description=_description(request) or found.stored.description,
            created_at=now,
            updated_at=now,
            tags={},
            versions_made=0,
        )
        counted = msgspec.structs.replace(found.stored, versions_made=number)
        try:
            await self._storage.apply(
                Insert(frozen.document(account_id)),
                Replace(counted.document(account_id, revision=found.revision)),
                *self._tokens.remember(account_id, "CreateGuardrailVersion", request, made),
            )
        except Conflict:
            recalled = await self._tokens.recall(account_id, "CreateGuardrailVersion", request)
            if recalled is not None:
                return recalled
            raise ChangedMeanwhile("the guardrail was changed by another request") from None
        return made

    async def find(self, account_id: str, identifier: str, version: str | None) -> Found:
        """Return a guardrail's DRAFT or one of its versions.

        Raises:
            GuardrailNotFound: there is none.
        """
        word = version_word(version)
        if word == DRAFT:
            return await self.draft(account_id, identifier)
        id_ = self.id_of(account_id, identifier)
        document = await self._storage.get(account_id, VERSION, version_key(id_, word))
        if document is None:
            raise GuardrailNotFound("the guardrail, or this version of it, does not exist")
        return Found(read_stored(document), document.revision)

    async def draft(self, account_id: str, identifier: str) -> Found:
        """Return a guardrail's DRAFT.

        Raises:
            GuardrailNotFound: there is none.
        """
        document = await self._storage.get(account_id, GUARDRAIL, self.id_of(account_id, identifier))
        if document is None:
            raise GuardrailNotFound("the guardrail does not exist")
        return Found(read_stored(document), document.revision)

    async def show(self, account_id: str, identifier: str, version: str | None) -> dict[str, Any]:
        """Return what GetGuardrail answers."""
        stored = (await self.find(account_id, identifier, version)).stored
        return details(stored, account_id=account_id, region=self._region, warnings=self._warn(stored.config))

    async def listing(self, account_id: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return what ListGuardrails answers: every guardrail's DRAFT, or DRAFT and versions of one."""
        limit = request.get("maxResults") or PAGE_DEFAULT
        if not 1 <= limit <= PAGE_MAX:
            raise InvalidRequest(f"maxResults is from 1 to {PAGE_MAX}")
        identifier = request.get("guardrailIdentifier")
        id_ = self.id_of(account_id, identifier) if identifier else ""
        after = self._pages.read(account_id, f"guardrails/{id_}", request.get("nextToken"))
        if id_:
            documents = await self._one(account_id, id_, after, limit + 1)
        else:
            documents = list(await self._storage.list(account_id, GUARDRAIL, after=after, limit=limit + 1))
        page = documents[:limit]
        answer: dict[str, Any] = {
            "guardrails": [summary(read_stored(document), account_id=account_id, region=self._region) for document in page]
        }
        if len(documents) > limit:
            answer["nextToken"] = self._pages.make(account_id, f"guardrails/{id_}", page[-1].id)
        return answer

    async def delete(self, account_id: str, identifier: str, version: str | None) -> None:
        """Delete a guardrail with all its versions, or one version.

        Raises:
            GuardrailNotFound, ResourceInUse, ChangedMeanwhile: as their names say.
        """
        if version == DRAFT:
            raise InvalidRequest("DRAFT is deleted with its guardrail: leave guardrailVersion out")
        found = await self.find(account_id, identifier, version)
        id_ = found.stored.id
        await self._enforced.refuse_if_used(account_id, id_, version)
        if version:
            await self._apply(Delete(account_id, VERSION, version_key(id_, version), found.revision))
            return
        versions = await self._versions(account_id, id_)
        await self._apply(
            Delete(account_id, GUARDRAIL, id_, found.revision),
            Delete(account_id, NAME, found.stored.config.name),
            *(Delete(account_id, VERSION, document.id) for document in versions),
        )

    async def tags(self, account_id: str, arn: str) -> dict[str, str]:
        """Return a guardrail's tags."""
        return dict((await self.draft(account_id, str(Arn.parse(arn)))).stored.tags)

    async def change_tags(self, account_id: str, arn: str, change: Callable[[dict[str, str]], dict[str, str]]) -> None:
        """Change a guardrail's tags.

        Raises:
            GuardrailNotFound, TooManyTags, ChangedMeanwhile: as their names say.
        """
        for _ in range(_TAG_ATTEMPTS):
            found = await self.draft(account_id, str(Arn.parse(arn)))
            tags = change(dict(found.stored.tags))
            refuse_too_many_tags(tags, arn)
            try:
                await self._storage.apply(
                    Replace(msgspec.structs.replace(found.stored, tags=tags).document(account_id, revision=found.revision))
                )
            except Conflict:
                continue
            return
        raise ChangedMeanwhile("the guardrail was changed by other requests")

    async def _one(self, account_id: str, id_: str, after: str, limit: int) -> list[Document]:
        documents: list[Document] = []
        if not after:
            draft = await self._storage.get(account_id, GUARDRAIL, id_)
            if draft is None:
                raise GuardrailNotFound("the guardrail does not exist")
            documents.append(draft)
        rest = await self._storage.list(
            account_id, VERSION, prefix=f"{id_}:", after="" if after == id_ else after, limit=limit - len(documents)
        )
        return [*documents, *rest]

    async def _versions(self, account_id: str, id_: str) -> list[Document]:
        return list(await self._storage.list(account_id, VERSION, prefix=f"{id_}:", limit=VERSIONS_MAX + 1))

    async def _apply(self, *changes: Insert | Replace | Delete) -> None:
        try:
            await self._storage.apply(*changes)
        except Conflict:
            raise ChangedMeanwhile("the guardrail was changed by another request") from None


def _name(account_id: str, name: str, id_: str) -> Document:
    return Document(account_id=account_id, kind=NAME, id=name, body=id_.encode())


def _description(request: Mapping[str, Any]) -> str | None:
    description = request.get("description")
    if description is not None and (not isinstance(description, str) or not 1 <= len(description) <= 200):
        raise InvalidRequest("a description has 1 to 200 characters")
    return description
