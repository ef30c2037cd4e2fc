"""The rows of SageMaker, its feature store runtime and CloudTrail: each operation answers in the model's shapes, and is checked against what it names.

aws=modelled: shapes are checked against botocore's models, resources against the service authorization reference as known.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest

from ringwall.api.aws.operation import Call
from ringwall.api.aws.operations import cloudtrail, featurestore, lineage, sagemaker
from tests.conformance.guardrails.service_model import misfits, service_model
from tests.integration.api.conftest import Home
from tests.integration.data.conftest import home
from tests.integration.data_features.requests import OFFLINE, new_group, put, who

__all__ = ["home"]

ROWS = {row.name: row for row in (*sagemaker.OPERATIONS, *featurestore.OPERATIONS, *lineage.OPERATIONS, *cloudtrail.OPERATIONS)}
READS = ("Describe", "Get", "BatchGet", "List", "Query", "Lookup")


@pytest.fixture
async def call(home: Home) -> Call:
    return Call(
        principal=await home.house.operator(None),
        region="us-east-1",
        request_id="r",
        now=datetime.now(UTC),
        source_ip="127.0.0.1",
        user_agent="test",
        rooms=home.house.rooms,
    )


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_every_row_reads_or_writes_as_its_name_says(row: Any) -> None:
    assert row.name in service_model(row.service).operation_names
    assert row.read_only is row.name.startswith(READS)


@pytest.mark.anyio
async def test_every_operation_answers_in_the_models_shapes(call: Call) -> None:
    answered: set[str] = set()

    async def ask(operation: str, /, **request: Any) -> dict[str, Any]:
        answer = await ROWS[operation].handle(call, request)
        if service_model(ROWS[operation].service).operation_model(operation).output_shape is None:
            assert answer == {}
        else:
            assert misfits(answer, ROWS[operation].service, operation) == []
        answered.add(operation)
        return dict(answer)

    online = {"OnlineStoreConfig": {"EnableOnlineStore": True, "TtlDuration": {"Unit": "Weeks", "Value": 3000}}}
    tags = [{"Key": "team", "Value": "risk"}]
    request = new_group("credit", **online, **OFFLINE, Description="d", RoleArn="arn:aws:iam::111122223333:role/writer", Tags=tags)
    request["FeatureDefinitions"].append(
        {
            "FeatureName": "v",
            "FeatureType": "Fractional",
            "CollectionType": "Vector",
            "CollectionConfig": {"VectorConfig": {"Dimension": 2}},
        }
    )
    group = (await ask("CreateFeatureGroup", **request))["FeatureGroupArn"]
    await ask("CreateFeatureGroup", **new_group("other", **online))
    await ask("UpdateFeatureGroup", FeatureGroupName=group, FeatureAdditions=[{"FeatureName": "x", "FeatureType": "String"}])
    shown = await ask("DescribeFeatureGroup", FeatureGroupName="credit")
    assert shown["LastUpdateStatus"] == {"Status": "Successful"}
    assert "NextToken" in await ask("ListFeatureGroups", MaxResults=1)
    feature = {"FeatureGroupName": "credit", "FeatureName": "v"}
    await ask("UpdateFeatureMetadata", **feature, Description="d", ParameterAdditions=[{"Key": "a", "Value": "b"}])
    await ask("DescribeFeatureMetadata", **feature)
    record = put("a", call.now.timestamp(), 7, group="credit")
    record["Record"].append({"FeatureName": "v", "ValueAsStringList": ["1", "0.5"]})
    await ask("PutRecord", **record)
    assert "ExpiresAt" in await ask("GetRecord", **who("a", "credit", ExpirationTimeResponse="Enabled"))
    batch = {"FeatureGroupName": group, "RecordIdentifiersValueAsString": ["a", "b"], "FeatureNames": ["v"]}
    gone = {"FeatureGroupName": "gone", "RecordIdentifiersValueAsString": ["a"]}
    await ask("BatchGetRecord", Identifiers=[batch, gone], ExpirationTimeResponse="Enabled")
    await ask("DeleteRecord", **who("a", "credit", EventTime=str(call.now.timestamp() + 1)))

    source = {"SourceUri": "u", "SourceTypes": [{"SourceIdType": "Custom", "Value": "x"}]}
    data = (await ask("CreateArtifact", ArtifactName="n", Source=source, ArtifactType="DataSet", Properties={"a": "b"}, Tags=tags))[
        "ArtifactArn"
    ]
    metadata = {"CommitId": "c"}
    run = (await ask("CreateAction", ActionName="run", Source={"SourceUri": "j"}, ActionType="T", MetadataProperties=metadata))["ActionArn"]
    place = (await ask("CreateContext", ContextName="at", Source={"SourceUri": "e", "SourceId": "1"}, ContextType="E"))["ContextArn"]
    await ask("UpdateArtifact", ArtifactArn=data, Properties={"c": "d"}, PropertiesToRemove=["a"])
    await ask("UpdateAction", ActionName="run", Status="Failed", Description="d")
    await ask("UpdateContext", ContextName="at", Description="d")
    await ask("DescribeArtifact", ArtifactArn=data)
    await ask("DescribeAction", ActionName="run")
    await ask("DescribeContext", ContextName=place)
    for each in ("Artifacts", "Actions", "Contexts"):
        await ask(f"List{each}", MaxResults=1)
    await ask("AddAssociation", SourceArn=data, DestinationArn=run, AssociationType="ContributedTo")
    await ask("AddAssociation", SourceArn=run, DestinationArn=place)
    assert "NextToken" in await ask("ListAssociations", MaxResults=1)
    assert "NextToken" in await ask("QueryLineage", StartArns=[data], MaxResults=2)
    for arn in (group, data):
        await ask("AddTags", ResourceArn=arn, Tags=[{"Key": "more", "Value": ""}])
        await ask("DeleteTags", ResourceArn=arn, TagKeys=["team"])
        assert (await ask("ListTags", ResourceArn=arn))["Tags"] == [{"Key": "more", "Value": ""}]
    await ask("DeleteAssociation", SourceArn=data, DestinationArn=run)
    await ask("DeleteAssociation", SourceArn=run, DestinationArn=place)
    await ask("DeleteArtifact", ArtifactArn=data)
    await ask("DeleteAction", ActionName="run")
    await ask("DeleteContext", ContextName="at")
    await ask("DeleteFeatureGroup", FeatureGroupName="credit")
    await ask("LookupEvents")
    assert answered == ROWS.keys()


@pytest.mark.anyio
async def test_a_house_states_in_its_ledger_what_the_offline_store_wrote(call: Call) -> None:
    account, features = call.account_id, call.rooms.features
    await features.groups.create(account, new_group("stated", **OFFLINE))
    await features.records.put(account, put("a", 1, 1, group="stated"))
    await features.maintain()
    group = (await features.groups.find(account, "stated")).group
    (index,) = await features.offline.statements(account, group)
    (file,) = await features.offline.verify(account, group)
    logged = await call.rooms.attestor.get(account, index)
    assert logged.statement is not None
    assert {subject.name: subject.digest for subject in logged.statement.subject} == {file.path: {"sha256": file.digest}}


ARN = "arn:aws:sagemaker:us-east-1:111122223333:"
OURS = "arn:aws:sagemaker:us-east-1:{account}:"
SOURCE = {"Source": {"SourceUri": "u"}}
HASH = hashlib.sha256(b'["u",[]]').hexdigest()[:32]
RESOURCES = {
    "a name stands for the account's group": ("DescribeFeatureGroup", {"FeatureGroupName": "g"}, (f"{OURS}feature-group/g",)),
    "an ARN stands for itself": ("PutRecord", {"FeatureGroupName": f"{ARN}feature-group/g"}, (f"{ARN}feature-group/g",)),
    "a listing has no resource": ("ListFeatureGroups", {}, ("*",)),
    "a batch is about all its groups, each once": (
        "BatchGetRecord",
        {"Identifiers": [{"FeatureGroupName": name} for name in ("a", "b", "a")]},
        (f"{OURS}feature-group/a", f"{OURS}feature-group/b"),
    ),
    "an association is about both its ends": (
        "AddAssociation",
        {"SourceArn": f"{ARN}artifact/a", "DestinationArn": f"{ARN}action/b"},
        (f"{ARN}artifact/a", f"{ARN}action/b"),
    ),
    "a new artifact is the one of its source": ("CreateArtifact", SOURCE, (f"{OURS}artifact/{HASH}",)),
    "a new action is the one of its name": ("CreateAction", {"ActionName": "run"}, (f"{OURS}action/run",)),
    "an artifact deleted by its source is that artifact": ("DeleteArtifact", SOURCE, (f"{OURS}artifact/{HASH}",)),
    "an artifact named twice is both": (
        "DeleteArtifact",
        {"ArtifactArn": f"{ARN}artifact/a", **SOURCE},
        (f"{ARN}artifact/a", f"{OURS}artifact/{HASH}"),
    ),
    "an artifact that is not named is any artifact": ("DeleteArtifact", {}, (f"{OURS}artifact/*",)),
    "a walk is about its start": ("QueryLineage", {"StartArns": [f"{ARN}context/c"]}, (f"{ARN}context/c",)),
    "a walk from nowhere is about everything": ("QueryLineage", {}, ("*",)),
    "tags are on their resource": ("AddTags", {"ResourceArn": f"{ARN}artifact/a"}, (f"{ARN}artifact/a",)),
    "the trail has no resource": ("LookupEvents", {}, ("*",)),
}


@pytest.mark.anyio
@pytest.mark.parametrize("case", RESOURCES.values(), ids=RESOURCES.keys())
async def test_the_resource_an_operation_is_checked_against(call: Call, case: tuple[str, dict, tuple[str, ...]]) -> None:
    operation, request, expected = case
    assert tuple(ROWS[operation].resources(call, request)) == tuple(arn.format(account=call.account_id) for arn in expected)
