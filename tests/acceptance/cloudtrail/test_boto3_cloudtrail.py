"""An unmodified boto3 looks up what happened on a live server. aws: modelled (from botocore's model and the documented record contents)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from botocore.config import Config

from tests.acceptance.api.test_boto3 import client, refused
from tests.live import Live

PATIENT = Config(retries={"total_max_attempts": 10, "mode": "standard"})


def trail(live: Live, **changed: Any) -> Any:
    """A client that repeats what is throttled, as boto3 does by itself."""
    return client(live, "cloudtrail", config=PATIENT, **changed)


def test_what_happened_is_found_by_name_person_key_and_resource(live: Live) -> None:
    sagemaker, name = client(live, "sagemaker"), f"trail-{uuid4().hex}"
    arn = sagemaker.create_context(ContextName=name, Source={"SourceUri": "x"}, ContextType="t")["ContextArn"]
    refused(sagemaker.create_context, ContextName=name, Source={"SourceUri": "x"}, ContextType="t")
    lookups = {
        "EventName": "CreateContext",
        "ResourceName": arn,
        "EventSource": "sagemaker.amazonaws.com",
    }
    for key, value in lookups.items():
        found = trail(live).lookup_events(LookupAttributes=[{"AttributeKey": key, "AttributeValue": value}], MaxResults=2)["Events"]
        assert [event["EventName"] for event in found] == ["CreateContext"] * 2, key
        assert found[0]["Resources"] == [{"ResourceName": arn}]
    latest, first = found
    whole = json.loads(latest["CloudTrailEvent"])
    assert (whole["errorCode"], whole["eventID"], whole["resources"]) == ("ValidationException", latest["EventId"], [{"ARN": arn}])
    assert "errorCode" not in json.loads(first["CloudTrailEvent"])
    assert whole["userIdentity"]["accessKeyId"] == latest["AccessKeyId"] == live.ready["accessKeyId"]
    assert first["EventTime"] <= latest["EventTime"]
    by_key = trail(live).lookup_events(LookupAttributes=[{"AttributeKey": "AccessKeyId", "AttributeValue": live.ready["accessKeyId"]}])
    assert {first["EventId"], latest["EventId"]} <= {event["EventId"] for event in by_key["Events"]}
    by_id = trail(live).lookup_events(LookupAttributes=[{"AttributeKey": "EventId", "AttributeValue": first["EventId"]}])["Events"]
    assert [event["EventId"] for event in by_id] == [first["EventId"]]
    by_name = trail(live).lookup_events(LookupAttributes=[{"AttributeKey": "Username", "AttributeValue": first["Username"]}])["Events"]
    assert first["EventId"] in {event["EventId"] for event in by_name}
    writes = trail(live).lookup_events(LookupAttributes=[{"AttributeKey": "ReadOnly", "AttributeValue": "false"}], MaxResults=1)["Events"]
    assert writes[0]["ReadOnly"] == "false"


def test_pages_join_to_the_whole(live: Live) -> None:
    sagemaker, mark = client(live, "sagemaker"), f"pages{uuid4().hex}"
    for number in range(5):
        sagemaker.create_context(ContextName=f"{mark}{number}", Source={"SourceUri": "x"}, ContextType="t")
    wanted = {"AttributeKey": "EventName", "AttributeValue": "CreateContext"}
    pages = trail(live).get_paginator("lookup_events").paginate(LookupAttributes=[wanted], PaginationConfig={"PageSize": 2, "MaxItems": 5})
    names = [each["ResourceName"] for page in pages for event in page["Events"] for each in event["Resources"]]
    assert [name[-1] for name in names if mark in name] == ["4", "3", "2", "1", "0"]


def test_what_is_refused(live: Live) -> None:
    lookup = trail(live).lookup_events
    one = {"AttributeKey": "EventName", "AttributeValue": "GetUser"}
    now = datetime.now(UTC)
    assert refused(lookup, LookupAttributes=[one, one])[:2] == (400, "InvalidLookupAttributesException")
    assert refused(lookup, StartTime=now, EndTime=now - timedelta(1))[:2] == (400, "InvalidTimeRangeException")
    assert refused(lookup, NextToken="made up")[:2] == (400, "InvalidNextTokenException")
    assert refused(lookup, EventCategory="insight")[:2] == (400, "InvalidEventCategoryException")
    assert lookup(StartTime=now + timedelta(1))["Events"] == []
