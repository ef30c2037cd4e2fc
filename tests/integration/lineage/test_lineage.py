"""Lineage over a real database: many at once, quotas, tenants, what stays consistent when ends are deleted."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from ringwall.data.feature_errors import (
    LineageEntityAssociated,
    LineageEntityExists,
    LineageEntityNotFound,
    SageMakerQuotaExceeded,
)
from ringwall.data.lineage import Lineage
from ringwall.data.lineage_entity import COUNTS, SOURCE_TYPES_MAX, Counts
from ringwall.data.lineage_store import QUOTAS
from ringwall.errors import AccessDenied, InvalidRequest, RingwallError
from ringwall.keys import BadPageToken, Keys
from ringwall.storage import Replace
from ringwall.storage.database import DatabaseStorage
from ringwall.vocabulary import Principal
from tests.integration.conftest import REGION
from tests.integration.storage.places import StandingClock

pytestmark = [pytest.mark.anyio, pytest.mark.slow_on_postgresql]
ACCOUNT, OTHER = "111122223333", "444455556666"


def root(account: str = ACCOUNT) -> Principal:
    return Principal(account_id=account, arn=f"arn:aws:iam::{account}:root", principal_id=account, kind="Root")


async def artifact(lineage: Lineage, uri: str, account: str = ACCOUNT, **members: Any) -> str:
    request = {"Source": {"SourceUri": uri}, "ArtifactType": "DataSet", **members}
    return str((await lineage.entities.create(account, "artifact", request, root(account)))["ArtifactArn"])


async def associate(lineage: Lineage, source: str, destination: str, account: str = ACCOUNT) -> None:
    await lineage.associations.add(account, {"SourceArn": source, "DestinationArn": destination}, root(account))


async def counts(storage: DatabaseStorage) -> Counts:
    stored = await storage.get(ACCOUNT, COUNTS, "all")
    assert stored is not None
    return msgspec.json.decode(stored.body, type=Counts)


async def test_many_at_once_are_all_made_and_counted_once(storage: DatabaseStorage, keys: Keys, clock: StandingClock) -> None:
    processes = [Lineage(storage, keys=keys, clock=clock, region=REGION) for _ in range(2)]
    arns = await asyncio.gather(*(artifact(processes[number % 2], f"uri:{number}") for number in range(40)))
    assert len(set(arns)) == 40
    await asyncio.gather(*(associate(processes[number % 2], arns[number], arns[number + 1]) for number in range(39)))
    assert await counts(storage) == Counts(artifact=40, association=39)
    reached = await processes[0].associations.query(ACCOUNT, {"StartArns": [arns[0]], "Direction": "Descendants"})
    assert [vertex["Arn"] for vertex in reached["Vertices"]] == arns[:11]


async def test_the_same_name_at_the_same_moment_is_made_once(lineage: Lineage, storage: DatabaseStorage) -> None:
    made = await asyncio.gather(*(artifact(lineage, "same") for _ in range(8)), return_exceptions=True)
    assert sorted(type(each).__name__ for each in made) == ["LineageEntityExists"] * 7 + ["str"]
    assert (await counts(storage)).artifact == 1


async def test_an_association_never_loses_an_end(lineage: Lineage) -> None:
    for number in range(10):
        ends = [await artifact(lineage, f"{number}:{end}") for end in "ab"]
        done = await asyncio.gather(
            associate(lineage, *ends),
            lineage.entities.delete(ACCOUNT, "artifact", {"ArtifactArn": ends[1]}),
            return_exceptions=True,
        )
        errors = [each for each in done if isinstance(each, RingwallError)]
        assert len(errors) == 1
        assert isinstance(errors[0], LineageEntityNotFound | LineageEntityAssociated)
        listed = await lineage.associations.listing(ACCOUNT, {"SourceArn": ends[0]})
        assert len(listed["AssociationSummaries"]) == isinstance(errors[0], LineageEntityAssociated)


@pytest.mark.parametrize("what", ["artifact", "action", "context", "association"])
async def test_an_account_has_no_more_than_its_quota(lineage: Lineage, storage: DatabaseStorage, what: str) -> None:
    ends = [await artifact(lineage, end) for end in "ab"]
    stored = await storage.get(ACCOUNT, COUNTS, "all")
    assert stored is not None
    full = msgspec.json.encode(msgspec.structs.replace(Counts(artifact=2), **{what: QUOTAS[what]}))
    await storage.apply(Replace(msgspec.structs.replace(stored, body=full)))
    named = {"ActionName": "n", "ActionType": "t", "ContextName": "n", "ContextType": "t", "Source": {"SourceUri": "x"}}
    one_more = (
        associate(lineage, *ends)
        if what == "association"
        else lineage.entities.create(ACCOUNT, what, {**named, "ArtifactType": "t"}, root())
    )
    with pytest.raises(SageMakerQuotaExceeded):
        await one_more


async def test_another_account_sees_and_joins_nothing(lineage: Lineage) -> None:
    mine, theirs = await artifact(lineage, "same"), await artifact(lineage, "same", OTHER)
    assert mine != theirs
    assert (await lineage.entities.listing(OTHER, "artifact", {}))["ArtifactSummaries"][0]["ArtifactArn"] == theirs
    assert len((await lineage.associations.query(OTHER, {}))["Vertices"]) == 1
    refusals = [
        lineage.entities.describe(OTHER, "artifact", mine),
        lineage.entities.delete(OTHER, "artifact", {"ArtifactArn": mine}),
        lineage.entities.update(OTHER, "artifact", {"ArtifactArn": mine, "ArtifactName": "x"}, root(OTHER)),
        lineage.associations.query(OTHER, {"StartArns": [mine]}),
        lineage.associations.listing(OTHER, {"SourceArn": mine}),
        lineage.associations.add(OTHER, {"SourceArn": theirs, "DestinationArn": mine}, root(OTHER)),
        lineage.associations.delete(OTHER, {"SourceArn": mine, "DestinationArn": theirs}),
    ]
    for refused in refusals:
        with pytest.raises(AccessDenied):
            await refused


async def test_a_page_token_is_good_for_its_own_listing_and_account(lineage: Lineage) -> None:
    for account in (ACCOUNT, OTHER):
        for number in range(3):
            await artifact(lineage, f"{number}", account)
    token = (await lineage.entities.listing(ACCOUNT, "artifact", {"MaxResults": 1}))["NextToken"]
    walked = (await lineage.associations.query(ACCOUNT, {"MaxResults": 1}))["NextToken"]
    assert len((await lineage.entities.listing(ACCOUNT, "artifact", {"NextToken": token}))["ArtifactSummaries"]) == 2
    refusals = [
        lineage.entities.listing(OTHER, "artifact", {"NextToken": token}),
        lineage.entities.listing(ACCOUNT, "artifact", {"NextToken": token, "SortOrder": "Ascending"}),
        lineage.entities.listing(ACCOUNT, "artifact", {"NextToken": walked}),
        lineage.associations.query(OTHER, {"NextToken": walked}),
        lineage.associations.query(ACCOUNT, {"NextToken": token}),
        lineage.associations.query(ACCOUNT, {"NextToken": "nonsense"}),
    ]
    for refused in refusals:
        with pytest.raises(BadPageToken):
            await refused


async def test_properties_are_added_removed_and_bounded(lineage: Lineage) -> None:
    arn = await artifact(lineage, "x", Properties={f"k{number}": "v" for number in range(30)})
    with pytest.raises(InvalidRequest):
        await lineage.entities.update(ACCOUNT, "artifact", {"ArtifactArn": arn, "Properties": {"one": "more"}}, root())
    change = {"ArtifactArn": arn, "Properties": {"one": "more"}, "PropertiesToRemove": ["k0"], "ArtifactName": "named"}
    await lineage.entities.update(ACCOUNT, "artifact", change, root())
    shown = await lineage.entities.describe(ACCOUNT, "artifact", arn)
    assert shown["Properties"] == {**{f"k{number}": "v" for number in range(1, 30)}, "one": "more"}
    assert shown["ArtifactName"] == "named"


async def test_a_source_is_one_artifact_whatever_the_order_of_its_types(lineage: Lineage) -> None:
    types = [{"SourceIdType": "Custom", "Value": value} for value in "ab"]
    await artifact(lineage, "x", Source={"SourceUri": "u", "SourceTypes": types})
    with pytest.raises(LineageEntityExists):
        await artifact(lineage, "x", Source={"SourceUri": "u", "SourceTypes": types[::-1]})
    await artifact(lineage, "x", Source={"SourceUri": "u", "SourceTypes": types[:1]})
    with pytest.raises(InvalidRequest):
        await artifact(lineage, "x", Source={"SourceUri": "u", "SourceTypes": types * SOURCE_TYPES_MAX})


async def test_filters_by_time_and_property_choose_what_is_shown(lineage: Lineage, clock: StandingClock) -> None:
    arns = []
    for number in range(4):
        arns.append(await artifact(lineage, f"{number}", Properties={"parity": str(number % 2)}))
        clock.advance(10)
    for source, destination in pairwise(arns):
        await associate(lineage, source, destination)
    since = (await lineage.entities.describe(ACCOUNT, "artifact", arns[2]))["CreationTime"]

    async def shown(**filters: Any) -> tuple[list[str], int]:
        answer = await lineage.associations.query(ACCOUNT, {"StartArns": [arns[0]], "Direction": "Descendants", "Filters": filters})
        return [vertex["Arn"] for vertex in answer["Vertices"]], len(answer["Edges"])

    assert await shown() == (arns, 3)
    assert await shown(CreatedAfter=since) == (arns[2:], 1)
    assert await shown(CreatedBefore=since, LineageTypes=["Artifact"]) == (arns[:3], 2)
    assert await shown(Properties={"parity": "1"}) == (arns[1::2], 0)
    assert await shown(Types=["Model"]) == ([], 0)
