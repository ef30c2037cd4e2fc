"""Feature groups, records, lineage and the trail under IAM policies, through boto3 on a live server. aws: modelled."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from tests.acceptance.api.test_boto3 import client, refused
from tests.acceptance.data_features.test_boto3_features import KEYS, ONLINE, plain, record
from tests.live import Live


class Person:
    """A user with one inline policy, and clients with its key."""

    def __init__(self, live: Live, *statements: dict[str, Any]) -> None:
        iam, name = client(live, "iam"), f"u-{uuid4().hex}"
        iam.create_user(UserName=name)
        if statements:
            document = json.dumps({"Version": "2012-10-17", "Statement": statements})
            iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        self.arn = iam.get_user(UserName=name)["User"]["Arn"]
        self._live, self._key = live, key

    def client(self, service: str) -> Any:
        key = self._key
        return client(self._live, service, aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])


def allow(*actions: str, on: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": on, **more}


@pytest.fixture
def groups(live: Live) -> tuple[str, str]:
    sagemaker, mark = client(live, "sagemaker"), uuid4().hex[:8]
    first, second = (
        sagemaker.create_feature_group(FeatureGroupName=f"{name}-{mark}", **KEYS, **ONLINE)["FeatureGroupArn"]
        for name in ("open", "closed")
    )
    return first, second


def test_who_may_nothing_is_refused_everywhere(live: Live, groups: tuple[str, str]) -> None:
    nobody = Person(live)
    sagemaker, runtime, trail = (nobody.client(service) for service in ("sagemaker", "sagemaker-featurestore-runtime", "cloudtrail"))
    group, arn = groups[0].rpartition("/")[2], groups[0].rpartition(":")[0] + ":artifact/" + "0" * 32
    who = {"FeatureGroupName": group, "RecordIdentifierValueAsString": "c"}
    row = record(customer="c", moment="2026-03-01T10:00:00Z")
    calls = {
        sagemaker.create_feature_group: {"FeatureGroupName": "mine", **KEYS, **ONLINE},
        sagemaker.describe_feature_group: {"FeatureGroupName": group},
        sagemaker.delete_feature_group: {"FeatureGroupName": group},
        sagemaker.list_feature_groups: {},
        sagemaker.create_artifact: {"Source": {"SourceUri": "x"}, "ArtifactType": "t"},
        sagemaker.describe_artifact: {"ArtifactArn": arn},
        sagemaker.list_artifacts: {},
        sagemaker.add_association: {"SourceArn": arn, "DestinationArn": arn},
        sagemaker.query_lineage: {},
        sagemaker.add_tags: {"ResourceArn": groups[0], "Tags": [{"Key": "a", "Value": "b"}]},
        trail.lookup_events: {},
    }
    for call, members in calls.items():
        status, code, message = refused(call, **members)
        assert (status, code) == (403, "AccessDeniedException"), call
        assert nobody.arn in message
    for call, members in {
        runtime.put_record: {"FeatureGroupName": group, "Record": row},
        runtime.get_record: who,
        runtime.delete_record: {**who, "EventTime": "2026-03-01T10:00:00Z"},
        runtime.batch_get_record: {"Identifiers": [{"FeatureGroupName": group, "RecordIdentifiersValueAsString": ["c"]}]},
    }.items():
        assert refused(call, **members)[:2] == (403, "AccessDeniedException"), call


def test_a_policy_opens_one_group_and_no_other_by_name_or_arn(live: Live, groups: tuple[str, str]) -> None:
    mine, closed = groups
    writer = Person(live, allow("sagemaker:PutRecord", "sagemaker:GetRecord", "sagemaker:BatchGetRecord", on=mine))
    runtime = writer.client("sagemaker-featurestore-runtime")
    row = record(customer="c", moment="2026-03-01T10:00:00Z")
    for name in (mine, mine.rpartition("/")[2]):
        runtime.put_record(FeatureGroupName=name, Record=row)
        assert plain(runtime.get_record(FeatureGroupName=name, RecordIdentifierValueAsString="c"))["customer"] == "c"
    for name in (closed, closed.rpartition("/")[2]):
        assert refused(runtime.put_record, FeatureGroupName=name, Record=row)[:2] == (403, "AccessDeniedException")
    asked = [{"FeatureGroupName": name, "RecordIdentifiersValueAsString": ["c"]} for name in groups]
    assert refused(runtime.batch_get_record, Identifiers=asked)[:2] == (403, "AccessDeniedException")
    assert len(runtime.batch_get_record(Identifiers=asked[:1])["Records"]) == 1
    gone = {"FeatureGroupName": mine, "RecordIdentifierValueAsString": "c", "EventTime": "2026-04-01T00:00:00Z"}
    assert refused(runtime.delete_record, **gone)[:2] == (403, "AccessDeniedException")


def test_an_association_needs_the_permission_for_both_of_its_ends(live: Live) -> None:
    sagemaker, mark = client(live, "sagemaker"), uuid4().hex
    ends = [sagemaker.create_artifact(Source={"SourceUri": f"{mark}/{end}"}, ArtifactType="t")["ArtifactArn"] for end in "ab"]
    half = Person(live, allow("sagemaker:AddAssociation", on=ends[0])).client("sagemaker")
    assert refused(half.add_association, SourceArn=ends[0], DestinationArn=ends[1])[:2] == (403, "AccessDeniedException")
    assert refused(half.add_association, SourceArn=ends[1], DestinationArn=ends[0])[:2] == (403, "AccessDeniedException")
    whole = Person(live, allow("sagemaker:AddAssociation", on=f"{ends[0].rpartition('/')[0]}/*")).client("sagemaker")
    assert whole.add_association(SourceArn=ends[0], DestinationArn=ends[1])["DestinationArn"] == ends[1]


def test_tags_in_a_request_are_conditions(live: Live) -> None:
    only_risk = {"Condition": {"StringEquals": {"aws:RequestTag/team": "risk"}}}
    sagemaker = Person(live, allow("sagemaker:CreateFeatureGroup", **only_risk)).client("sagemaker")
    name = f"tagged-{uuid4().hex[:8]}"
    for tags in ([], [{"Key": "team", "Value": "other"}]):
        assert refused(sagemaker.create_feature_group, FeatureGroupName=name, Tags=tags, **KEYS, **ONLINE)[0] == 403
    assert sagemaker.create_feature_group(FeatureGroupName=name, Tags=[{"Key": "team", "Value": "risk"}], **KEYS, **ONLINE)


def test_no_value_of_a_record_is_in_the_audit_log(live: Live, groups: tuple[str, str]) -> None:
    runtime, canary = client(live, "sagemaker-featurestore-runtime"), f"canary{uuid4().hex}"
    name = groups[0].rpartition("/")[2]
    runtime.put_record(FeatureGroupName=name, Record=record(customer=canary, moment="2026-03-01T10:00:00Z"))
    runtime.get_record(FeatureGroupName=name, RecordIdentifierValueAsString=canary)
    refused(runtime.put_record, FeatureGroupName=name, Record=record(customer=canary, moment=canary))
    trail = client(live, "cloudtrail", config=None)
    events = [
        event for page in trail.get_paginator("lookup_events").paginate(PaginationConfig={"MaxItems": 60}) for event in page["Events"]
    ]
    assert {"PutRecord", "GetRecord"} <= {event["EventName"] for event in events}
    assert all(canary not in json.dumps(event, default=str) for event in events)
    logs = live.data_dir.parent / f"{live.data_dir.name}.log"
    assert canary not in logs.read_text()


def test_a_deny_of_one_artifact_holds_when_it_is_named_by_its_source(live: Live) -> None:
    source = {"SourceUri": f"denied:{uuid4().hex}"}
    arn = client(live, "sagemaker").create_artifact(Source=source, ArtifactType="t")["ArtifactArn"]
    deny = {"Effect": "Deny", "Action": "sagemaker:DeleteArtifact", "Resource": arn}
    sagemaker = Person(live, allow("sagemaker:*"), deny).client("sagemaker")
    for named in ({"ArtifactArn": arn}, {"Source": source}):
        assert refused(sagemaker.delete_artifact, **named)[:2] == (403, "AccessDeniedException")
    other = sagemaker.create_artifact(Source={"SourceUri": f"open:{uuid4().hex}"}, ArtifactType="t")["ArtifactArn"]
    assert sagemaker.delete_artifact(ArtifactArn=other)["ArtifactArn"] == other
