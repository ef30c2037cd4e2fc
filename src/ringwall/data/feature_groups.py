"""Feature groups as resources: create, show, change, list, tag and delete them, and what is noted about their features.

Rules it upholds: a group that its stores could not keep is never made; a change and the revision it was made on are one transaction;
nothing of another account is read or named; deleting takes the group away at once and leaves its records to `chores`, which nobody
can reach any more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from ringwall.data.chores import chore_document
from ringwall.data.feature_errors import FeatureGroupChanged, FeatureGroupExists, FeatureGroupNotFound, SageMakerQuotaExceeded
from ringwall.data.feature_group import (
    GROUP,
    FeatureGroup,
    GroupHead,
    check_keys,
    describe,
    group_arn,
    group_name,
    read_definitions,
    read_group,
    read_head,
    read_offline,
    read_online,
    read_ttl,
    refuse_throughput,
    summary,
)
from ringwall.data.listing import every, moment_key, page, read_body
from ringwall.data.sagemaker_names import read_tags, refuse_too_many
from ringwall.data.turns import attempts
from ringwall.errors import Conflict, InvalidRequest
from ringwall.keys import BadPageToken, PageTokens
from ringwall.keys.page_tokens import listing_name
from ringwall.storage import Change, Delete, Document, Insert, Replace, Storage
from ringwall.vocabulary import Clock, new_id

METADATA = "feature-metadata"
GROUPS_MAX = 100  # SageMaker endpoints and quotas: feature groups per account
PARAMETERS_MAX = 25  # FeatureParameters, max length
_PAGE = 100
_SORT_KEYS: dict[str, Callable[[GroupHead], str]] = {
    "Name": lambda group: group.name,
    "FeatureGroupStatus": lambda _group: "",
    "OfflineStoreStatus": lambda group: "" if group.offline is None else "Active",
    "CreationTime": lambda group: moment_key(group.created_at),
}


class Found(NamedTuple):
    """A stored group with the revision it was read at."""

    group: FeatureGroup
    revision: int


class Metadata(msgspec.Struct, frozen=True):
    """What is noted about one feature."""

    description: str = ""
    parameters: dict[str, str] = {}
    modified_at: datetime | None = None


_METADATA = msgspec.json.Decoder(Metadata)


class FeatureGroups:
    """The feature groups of all accounts."""

    def __init__(
        self,
        storage: Storage,
        *,
        clock: Clock,
        region: str,
        pages: PageTokens,
        check_offline: Callable[[], None],
        blocked: Callable[[GroupHead], str],
    ) -> None:
        """Stand on storage.

        Args:
            storage: where everything is kept.
            clock: for creation and modification times.
            region: in ARNs.
            pages: makes page tokens.
            check_offline: raises where this installation cannot write an offline store.
            blocked: says why a group's offline store cannot be written just now.
        """
        self._storage = storage
        self._clock = clock
        self._region = region
        self._pages = pages
        self._check_offline = check_offline
        self._blocked = blocked

    async def create(self, account_id: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Make a feature group; CreateFeatureGroup.

        Raises:
            FeatureGroupExists, SageMakerQuotaExceeded, OfflineStoreUnavailable, InvalidRequest: as their names say.
        """
        group = self._read(request)
        if group.offline is not None:
            self._check_offline()
        held = await self._storage.list(account_id, GROUP, limit=GROUPS_MAX)
        if len(held) >= GROUPS_MAX:  # two creations at the same moment may overshoot by one; a quota is no safeguard
            raise SageMakerQuotaExceeded(f"an account has at most {GROUPS_MAX} feature groups")
        changes: list[Change] = [Insert(group.document(account_id))]
        if group.offline is not None:
            changes.append(Insert(chore_document(account_id, group)))
        try:
            await self._storage.apply(*changes)
        except Conflict:
            raise FeatureGroupExists(f"the feature group `{group.name}` exists already") from None
        return {"FeatureGroupArn": group_arn(self._region, account_id, group.name)}

    def _read(self, request: Mapping[str, Any]) -> FeatureGroup:
        definitions = read_definitions(request["FeatureDefinitions"])
        check_keys(definitions, request["RecordIdentifierFeatureName"], request["EventTimeFeatureName"])
        refuse_throughput(request.get("ThroughputConfig"))
        online, offline = read_online(request.get("OnlineStoreConfig")), read_offline(request.get("OfflineStoreConfig"))
        if online is None and offline is None:
            raise InvalidRequest("a feature group has an OnlineStoreConfig with EnableOnlineStore, an OfflineStoreConfig, or both")
        now = self._clock()
        return FeatureGroup(
            name=request["FeatureGroupName"],
            generation=new_id(16),
            record_identifier=request["RecordIdentifierFeatureName"],
            event_time=request["EventTimeFeatureName"],
            definitions=definitions,
            created_at=now,
            modified_at=now,
            online=online,
            offline=offline,
            description=request.get("Description") or "",
            role_arn=request.get("RoleArn") or "",
            tags=read_tags(request.get("Tags") or ()),
        )

    async def find(self, account_id: str, identifier: str) -> Found:
        """Return a group by its name or ARN.

        Raises:
            FeatureGroupNotFound: there is none.
        """
        name = group_name(identifier, account_id=account_id, region=self._region)
        document = await self._storage.get(account_id, GROUP, name)
        if document is None:
            raise FeatureGroupNotFound(f"the feature group `{name}` does not exist")
        return Found(read_group(document), document.revision)

    async def describe(self, account_id: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Show a group; DescribeFeatureGroup. All definitions are in one answer."""
        if request.get("NextToken"):
            raise BadPageToken("all feature definitions are on the first page")
        group = (await self.find(account_id, request["FeatureGroupName"])).group
        return describe(group, account_id=account_id, region=self._region, blocked=self._blocked(group))

    async def listing(self, account_id: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """List groups; ListFeatureGroups."""
        listing = listing_name("ListFeatureGroups", request)
        after = self._pages.read(account_id, listing, request.get("NextToken"))
        groups = [read_head(document) async for document in every(self._storage, account_id, GROUP)]
        sort_key = _SORT_KEYS[request.get("SortBy") or "CreationTime"]
        shown, following = page(
            (group for group in groups if self._fits(group, request)),
            lambda group: (sort_key(group), group.name),
            descending=request.get("SortOrder") == "Descending",
            after=after,
            limit=request.get("MaxResults") or _PAGE,
        )
        answer: dict[str, Any] = {
            "FeatureGroupSummaries": [
                summary(group, account_id=account_id, region=self._region, blocked=self._blocked(group)) for group in shown
            ]
        }
        return answer | ({"NextToken": self._pages.make(account_id, listing, following)} if following else {})

    def _fits(self, group: GroupHead, request: Mapping[str, Any]) -> bool:
        offline = None if group.offline is None else "Blocked" if self._blocked(group) else "Active"
        after, before = request.get("CreationTimeAfter"), request.get("CreationTimeBefore")
        return (
            (request.get("NameContains") or "").lower() in group.name.lower()
            and request.get("FeatureGroupStatusEquals") in {None, "Created"}
            and request.get("OfflineStoreStatusEquals") in {None, offline}
            and (after is None or group.created_at >= after)
            and (before is None or group.created_at <= before)
        )

    async def update(self, account_id: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Add features, or change how long records are kept; UpdateFeatureGroup."""
        given = request.get("OnlineStoreConfig") or {}
        refuse_throughput(request.get("ThroughputConfig"))
        ttl = read_ttl(given.get("TtlDuration"))

        def change(group: FeatureGroup) -> FeatureGroup:
            online = group.online
            if given and online is None:
                raise InvalidRequest("the feature group has no online store")
            if online is not None and given.get("StorageType") not in {None, online.storage_type}:
                raise InvalidRequest("the storage type of an online store does not change")
            if online is not None and ttl is not None:
                online = msgspec.structs.replace(online, ttl=ttl)
            return msgspec.structs.replace(
                group,
                definitions=read_definitions(request.get("FeatureAdditions") or (), group.definitions),
                online=online,
                modified_at=self._clock(),
            )

        group = await self._change(account_id, request["FeatureGroupName"], change)
        return {"FeatureGroupArn": group_arn(self._region, account_id, group.name)}

    async def delete(self, account_id: str, request: Mapping[str, Any]) -> None:
        """Take a group away; DeleteFeatureGroup. What its offline store has written stays."""
        async for _ in attempts():
            found = await self.find(account_id, request["FeatureGroupName"])
            group = found.group
            former = await self._chore(account_id, group)
            chore = chore_document(account_id, group, deleted_at=self._clock(), revision=former.revision if former else 0)
            try:
                await self._storage.apply(Delete(account_id, GROUP, group.name, found.revision), (Replace if former else Insert)(chore))
            except Conflict:
                continue
            return
        raise FeatureGroupChanged("the feature group was changed by other requests")

    async def _chore(self, account_id: str, group: FeatureGroup) -> Document | None:
        chore = chore_document(account_id, group)
        return await self._storage.get(chore.account_id, chore.kind, chore.id)

    async def _change(self, account_id: str, identifier: str, change: Callable[[FeatureGroup], FeatureGroup]) -> FeatureGroup:
        async for _ in attempts():
            found = await self.find(account_id, identifier)
            group = change(found.group)
            try:
                await self._storage.apply(Replace(group.document(account_id, revision=found.revision)))
            except Conflict:
                continue
            return group
        raise FeatureGroupChanged("the feature group was changed by other requests")

    # -- tags -----------------------------------------------------------------------------------------------------------------------

    async def tags(self, account_id: str, name: str) -> dict[str, str]:
        """Return a group's tags."""
        return dict((await self.find(account_id, name)).group.tags)

    async def change_tags(self, account_id: str, name: str, change: Callable[[dict[str, str]], dict[str, str]]) -> dict[str, str]:
        """Change a group's tags and return what they are now."""

        def changed(group: FeatureGroup) -> FeatureGroup:
            return msgspec.structs.replace(group, tags=refuse_too_many(change(dict(group.tags))))

        return dict((await self._change(account_id, name, changed)).tags)

    # -- what is noted about features -----------------------------------------------------------------------------------------------

    async def update_metadata(self, account_id: str, request: Mapping[str, Any]) -> None:
        """Note something about a feature; UpdateFeatureMetadata."""
        async for _ in attempts():
            group = await self._group_with(account_id, request)
            former = await self._storage.get(account_id, METADATA, f"{group.generation}:{request['FeatureName']}")
            document = self._noted(account_id, group, request, former)
            try:
                await self._storage.apply(Insert(document) if former is None else Replace(document))
            except Conflict:
                continue
            return
        raise FeatureGroupChanged("the feature was changed by other requests")

    def _noted(self, account_id: str, group: FeatureGroup, request: Mapping[str, Any], former: Document | None) -> Document:
        noted = Metadata() if former is None else read_body(_METADATA, former)
        parameters = {key: value for key, value in noted.parameters.items() if key not in (request.get("ParameterRemovals") or ())}
        for added in request.get("ParameterAdditions") or ():
            if "Key" not in added or "Value" not in added:
                raise InvalidRequest("a feature parameter has a Key and a Value")
            parameters[added["Key"]] = added["Value"]
        if len(parameters) > PARAMETERS_MAX:
            raise InvalidRequest(f"a feature has at most {PARAMETERS_MAX} parameters")
        description = request.get("Description")
        noted = Metadata(noted.description if description is None else description, parameters, self._clock())
        return Document(
            account_id=account_id,
            kind=METADATA,
            id=f"{group.generation}:{request['FeatureName']}",
            body=msgspec.json.encode(noted),
            revision=0 if former is None else former.revision,
        )

    async def describe_metadata(self, account_id: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Show what is noted about a feature; DescribeFeatureMetadata."""
        group = await self._group_with(account_id, request)
        stored = await self._storage.get(account_id, METADATA, f"{group.generation}:{request['FeatureName']}")
        noted = Metadata() if stored is None else read_body(_METADATA, stored)
        definition = next(each for each in group.definitions if each.feature_name == request["FeatureName"])
        shown: dict[str, Any] = {
            "FeatureGroupArn": group_arn(self._region, account_id, group.name),
            "FeatureGroupName": group.name,
            "FeatureName": definition.feature_name,
            "FeatureType": definition.feature_type,
            "CreationTime": group.created_at,
            "LastModifiedTime": noted.modified_at or group.created_at,
            "Parameters": [{"Key": key, "Value": value} for key, value in sorted(noted.parameters.items())],
        }
        return shown | ({"Description": noted.description} if noted.description else {})

    async def _group_with(self, account_id: str, request: Mapping[str, Any]) -> FeatureGroup:
        group = (await self.find(account_id, request["FeatureGroupName"])).group
        if all(each.feature_name != request["FeatureName"] for each in group.definitions):
            raise FeatureGroupNotFound(f"the feature group has no feature `{request['FeatureName']}`")
        return group
