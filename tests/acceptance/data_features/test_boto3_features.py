"""An unmodified boto3 drives feature groups and their records on a live server. aws: modelled (from botocore's models and documentation)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.acceptance.api.test_boto3 import client, refused
from tests.live import Live, start

DEFINITIONS = [
    {"FeatureName": "customer", "FeatureType": "String"},
    {"FeatureName": "moment", "FeatureType": "String"},
    {"FeatureName": "balance", "FeatureType": "Fractional"},
    {"FeatureName": "age", "FeatureType": "Integral"},
]
KEYS = {"RecordIdentifierFeatureName": "customer", "EventTimeFeatureName": "moment", "FeatureDefinitions": DEFINITIONS}
ONLINE = {"OnlineStoreConfig": {"EnableOnlineStore": True}}
OFFLINE = {"OfflineStoreConfig": {"S3StorageConfig": {"S3Uri": "s3://lake/features"}}, "RoleArn": "arn:aws:iam::111122223333:role/writer"}


def record(**values: Any) -> list[dict[str, str]]:
    return [{"FeatureName": name, "ValueAsString": str(value)} for name, value in values.items()]


def plain(answer: dict[str, Any]) -> dict[str, str]:
    return {each["FeatureName"]: each["ValueAsString"] for each in answer.get("Record", [])}


def test_a_feature_group_lives_its_whole_life(live: Live) -> None:
    sagemaker = client(live, "sagemaker")
    made = sagemaker.create_feature_group(FeatureGroupName="life", Tags=[{"Key": "team", "Value": "risk"}], **KEYS, **ONLINE, **OFFLINE)
    arn = made["FeatureGroupArn"]
    shown = sagemaker.describe_feature_group(FeatureGroupName="life")
    assert (shown["FeatureGroupStatus"], shown["OfflineStoreStatus"]["Status"]) == ("Created", "Active")
    assert shown["FeatureDefinitions"] == DEFINITIONS
    assert shown["OfflineStoreConfig"]["S3StorageConfig"]["ResolvedOutputS3Uri"].startswith("s3://lake/features/")
    assert refused(sagemaker.create_feature_group, FeatureGroupName="life", **KEYS, **ONLINE)[:2] == (400, "ResourceInUse")
    sagemaker.update_feature_group(FeatureGroupName=arn, FeatureAdditions=[{"FeatureName": "score", "FeatureType": "Fractional"}])
    assert [each["FeatureName"] for each in sagemaker.describe_feature_group(FeatureGroupName=arn)["FeatureDefinitions"]][-1] == "score"
    sagemaker.update_feature_metadata(
        FeatureGroupName="life", FeatureName="score", Description="of the bureau", ParameterAdditions=[{"Key": "source", "Value": "bureau"}]
    )
    noted = sagemaker.describe_feature_metadata(FeatureGroupName="life", FeatureName="score")
    assert (noted["Description"], noted["Parameters"]) == ("of the bureau", [{"Key": "source", "Value": "bureau"}])
    listed = [
        each["FeatureGroupName"]
        for page in sagemaker.get_paginator("list_feature_groups").paginate(PaginationConfig={"PageSize": 1})
        for each in page["FeatureGroupSummaries"]
    ]
    assert "life" in listed
    sagemaker.delete_feature_group(FeatureGroupName="life")
    assert refused(sagemaker.describe_feature_group, FeatureGroupName="life")[:2] == (400, "ResourceNotFound")


@pytest.fixture
def group(live: Live) -> Iterator[str]:
    sagemaker = client(live, "sagemaker")
    sagemaker.create_feature_group(FeatureGroupName="records", **KEYS, **ONLINE)
    yield "records"
    sagemaker.delete_feature_group(FeatureGroupName="records")


def test_the_latest_event_time_wins_and_deletion_has_an_event_time_too(live: Live, group: str) -> None:
    runtime = client(live, "sagemaker-featurestore-runtime")
    who = {"FeatureGroupName": group, "RecordIdentifierValueAsString": "c-1"}

    def put(moment: str, balance: float) -> None:
        runtime.put_record(FeatureGroupName=group, Record=record(customer="c-1", moment=moment, balance=balance))

    put("2026-03-01T10:00:00Z", 10.5)
    put("2026-02-01T10:00:00Z", 99)
    assert plain(runtime.get_record(**who)) == {"customer": "c-1", "moment": "2026-03-01T10:00:00Z", "balance": "10.5"}
    assert plain(runtime.get_record(**who, FeatureNames=["balance"])) == {"balance": "10.5"}
    assert refused(runtime.delete_record, **who, EventTime="2026-02-01T00:00:00Z", DeletionMode="HardDelete")[:2] == (
        400,
        "ValidationError",
    )
    runtime.delete_record(**who, EventTime="2026-02-01T00:00:00Z")
    assert "Record" in runtime.get_record(**who)
    runtime.delete_record(**who, EventTime="2026-04-01T00:00:00Z")
    assert "Record" not in runtime.get_record(**who)
    put("2026-03-15T00:00:00Z", 1)
    assert "Record" not in runtime.get_record(**who)
    put("2026-05-01T00:00:00Z", 2)
    assert plain(runtime.get_record(**who))["balance"] == "2"
    runtime.delete_record(**who, EventTime="2026-06-01T00:00:00Z", DeletionMode="HardDelete")
    put("2026-01-01T00:00:00Z", 3)
    assert plain(runtime.get_record(**who))["balance"] == "3"


def test_many_records_are_read_at_once_and_what_is_missing_is_told_apart(live: Live, group: str) -> None:
    runtime = client(live, "sagemaker-featurestore-runtime")
    for number in range(3):
        runtime.put_record(FeatureGroupName=group, Record=record(customer=f"b-{number}", moment="2026-03-01T10:00:00Z", age=number))
    asked = [
        {"FeatureGroupName": group, "RecordIdentifiersValueAsString": ["b-0", "b-2", "nobody"], "FeatureNames": ["age"]},
        {"FeatureGroupName": "nothing", "RecordIdentifiersValueAsString": ["b-0"]},
    ]
    answer = runtime.batch_get_record(Identifiers=asked)
    assert {each["RecordIdentifierValueAsString"]: plain(each) for each in answer["Records"]} == {"b-0": {"age": "0"}, "b-2": {"age": "2"}}
    assert [(each["FeatureGroupName"], each["ErrorCode"]) for each in answer["Errors"]] == [("nothing", "ResourceNotFound")]
    assert answer["UnprocessedIdentifiers"] == []


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"customer": "c", "moment": "2026-03-01T10:00:00Z", "age": "old"}, id="a word for a number"),
        pytest.param({"customer": "c", "moment": "2026-03-01T10:00:00Z", "balance": "nan"}, id="no number"),
        pytest.param({"customer": "c", "moment": "yesterday"}, id="no moment"),
        pytest.param({"customer": "c"}, id="without an event time"),
        pytest.param({"moment": "2026-03-01T10:00:00Z"}, id="without an identifier"),
        pytest.param({"customer": "c", "moment": "2026-03-01T10:00:00Z", "height": "1"}, id="a feature that is not there"),
    ],
)
def test_a_record_that_does_not_fit_is_refused_without_repeating_it(live: Live, group: str, values: dict[str, str]) -> None:
    runtime = client(live, "sagemaker-featurestore-runtime")
    status, code, message = refused(runtime.put_record, FeatureGroupName=group, Record=record(**values))
    assert (status, code) == (400, "ValidationError")
    assert not {"old", "nan", "yesterday"} & set(message.replace("`", " ").split())


def test_a_group_that_is_not_there_is_named_as_each_operation_names_it(live: Live) -> None:
    runtime = client(live, "sagemaker-featurestore-runtime")
    who = {"FeatureGroupName": "nowhere", "RecordIdentifierValueAsString": "c"}
    assert refused(runtime.get_record, **who)[:2] == (404, "ResourceNotFound")
    put = refused(runtime.put_record, FeatureGroupName="nowhere", Record=record(customer="c", moment="2026-03-01T10:00:00Z"))
    assert put[:2] == (400, "ValidationError")


def test_the_offline_store_has_every_record_when_the_server_has_stopped(tmp_path: Path) -> None:
    server = start(tmp_path / "var")
    sagemaker, runtime = client(server, "sagemaker"), client(server, "sagemaker-featurestore-runtime")
    sagemaker.create_feature_group(FeatureGroupName="lake", **KEYS, **ONLINE, **OFFLINE)
    for number in range(5):
        runtime.put_record(FeatureGroupName="lake", Record=record(customer="c", moment=f"2026-03-01T1{number}:00:00Z", age=number))
    runtime.put_record(FeatureGroupName="lake", Record=record(customer="c", moment="2026-03-01T10:30:00Z", age=30))
    runtime.delete_record(FeatureGroupName="lake", RecordIdentifierValueAsString="c", EventTime="2026-03-02T00:00:00Z")
    assert server.stop() == 0
    files = sorted((tmp_path / "var" / "feature-store").rglob("*.parquet"))
    assert all("/offline-store/lake-" in str(file) and "/data/year=2026/month=03/day=0" in str(file) for file in files)
    tables = [pq.ParquetFile(file).read() for file in files]
    rows = sorted((row for table in tables for row in table.to_pylist()), key=lambda row: row["api_invocation_time"])
    assert [row["age"] for row in rows] == [0, 1, 2, 3, 4, 30, None]
    assert [row["is_deleted"] for row in rows] == [False] * 6 + [True]
    assert rows[-1]["customer"] == "c"
    assert len(files) == 6
    assert len({hashlib.sha256(file.read_bytes()).hexdigest() for file in files}) == 6
