"""LookupEvents over a real ledger: what each attribute finds, times, pages, the rate, tenants, and what was shredded."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ringwall.keys import Keys, RootKeys
from ringwall.ledger import Ledger
from ringwall.ledger.trail import (
    KEPT,
    READ_MAX,
    RESULTS_MAX,
    InvalidEventCategory,
    InvalidLookupAttributes,
    InvalidTimeRange,
    InvalidTrailToken,
    LookupsTooFast,
    Trail,
)
from ringwall.storage.database import DatabaseStorage, open_storage
from ringwall.vocabulary import AuditRecord
from tests.integration.storage.places import DATABASES, StandingClock, fresh_place

pytestmark = pytest.mark.anyio
ACCOUNT, OTHER = "111122223333", "444455556666"
KEYS = Keys(RootKeys({1: bytes(range(32))}))
GROUP = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:feature-group/credit"
PEOPLE = {
    "root": {"type": "Root", "arn": f"arn:aws:iam::{ACCOUNT}:root", "accessKeyId": "AKIAROOT"},
    "ada": {"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/ada", "userName": "ada", "accessKeyId": "AKIAADA"},
    "night": {"type": "AssumedRole", "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/job/night", "accessKeyId": "ASIANIGHT"},
}


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture(params=DATABASES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with fresh_place(request.param, tmp_path) as place:
        yield place


@pytest.fixture
async def storage(place: str, clock: StandingClock) -> AsyncIterator[DatabaseStorage]:
    storage = open_storage(place, clock=clock)
    yield storage
    await storage.close()


class Desk:
    """A ledger and its trail, asked no faster than twice a second."""

    def __init__(self, storage: DatabaseStorage, clock: StandingClock) -> None:
        self.clock = clock
        self.ledger = Ledger(storage, KEYS)
        self.trail = Trail(self.ledger, keys=KEYS, clock=clock)

    async def write(self, name: str, *, account: str = ACCOUNT, who: str = "ada", event: str = "PutRecord", **changed: Any) -> None:
        moment = changed.pop("at", self.clock.now).astimezone(UTC).replace(tzinfo=None)
        record = {
            "event_id": name,
            "event_time": moment.isoformat(timespec="milliseconds") + "Z",
            "event_source": "sagemaker.amazonaws.com",
            "event_name": event,
            "aws_region": "us-east-1",
            "recipient_account_id": account,
            "request_id": f"request-{name}",
            "user_identity": PEOPLE[who],
            "source_ip_address": "203.0.113.7",
            "user_agent": "test",
            "read_only": False,
            "resources": (GROUP,),
        }
        await self.ledger.record(AuditRecord(**{**record, **changed}))

    async def look(self, account: str = ACCOUNT, **request: Any) -> dict[str, Any]:
        self.clock.advance(0.5)
        return await self.trail.lookup_events(account, request)

    async def found(self, key: str, value: str) -> list[str]:
        return ids(await self.look(LookupAttributes=[{"AttributeKey": key, "AttributeValue": value}]))


def ids(answer: dict[str, Any]) -> list[str]:
    return [event["EventId"] for event in answer["Events"]]


@pytest.fixture
def desk(storage: DatabaseStorage, clock: StandingClock) -> Desk:
    return Desk(storage, clock)


async def test_each_attribute_finds_what_it_names(desk: Desk) -> None:
    await desk.write("a", who="root", event="CreateFeatureGroup")
    await desk.write("b", who="ada", read_only=True, event="GetRecord")
    await desk.write("c", who="night", event_source="iam.amazonaws.com", event="CreateUser", resources=("*",))
    table = {
        ("EventId", "b"): ["b"],
        ("EventName", "CreateUser"): ["c"],
        ("EventSource", "sagemaker.amazonaws.com"): ["b", "a"],
        ("ReadOnly", "true"): ["b"],
        ("ReadOnly", "false"): ["c", "a"],
        ("Username", "root"): ["a"],
        ("Username", "ada"): ["b"],
        ("Username", "night"): ["c"],
        ("AccessKeyId", "ASIANIGHT"): ["c"],
        ("ResourceName", GROUP): ["b", "a"],
        ("ResourceName", "credit"): ["b", "a"],
        ("ResourceType", "AWS::SageMaker::FeatureGroup"): ["b", "a"],
        ("ResourceName", "*"): [],
        ("EventId", "d"): [],
        ("Username", ""): [],
    }
    for (key, value), expected in table.items():
        assert await desk.found(key, value) == expected, (key, value)
    assert ids(await desk.look()) == ["c", "b", "a"]


async def test_an_event_is_shown_as_cloudtrail_shows_it(desk: Desk) -> None:
    at = desk.clock.now
    await desk.write("a", error_code="ValidationError", error_message="a title", ringwall={"rules": ["r"]})
    (event,) = (await desk.look())["Events"]
    whole = json.loads(event.pop("CloudTrailEvent"))
    assert event == {
        "EventId": "a",
        "EventName": "PutRecord",
        "EventSource": "sagemaker.amazonaws.com",
        "EventTime": at,
        "ReadOnly": "false",
        "Resources": [{"ResourceName": GROUP, "ResourceType": "AWS::SageMaker::FeatureGroup"}],
        "AccessKeyId": "AKIAADA",
        "Username": "ada",
    }
    assert (whole["errorCode"], whole["errorMessage"], whole["sourceIPAddress"]) == ("ValidationError", "a title", "203.0.113.7")
    assert whole["additionalEventData"] == {"ringwall": {"rules": ["r"]}, "ledgerIndex": 0}
    assert whole["userIdentity"] == PEOPLE["ada"]


async def test_what_was_shredded_is_shown_without_persons_and_found_by_none(desk: Desk) -> None:
    await desk.write("a")
    await desk.ledger.shred(ACCOUNT, 0)
    (event,) = (await desk.look())["Events"]
    assert {"Username", "AccessKeyId"}.isdisjoint(event)
    assert not {"ada", "203.0.113.7", "credit"} & set(event["CloudTrailEvent"].replace('"', " ").split())
    assert await desk.found("Username", "ada") == []
    assert await desk.found("EventId", "a") == ["a"]


async def test_times_bound_what_is_found_to_the_millisecond(desk: Desk) -> None:
    begin = desk.clock.now
    for number in range(4):
        await desk.write(str(number))
        desk.clock.advance(60)
    minute = timedelta(minutes=1)
    assert ids(await desk.look(StartTime=begin + minute, EndTime=begin + 2 * minute)) == ["2", "1"]
    assert ids(await desk.look(StartTime=begin + minute + timedelta(milliseconds=1))) == ["3", "2"]
    assert ids(await desk.look(EndTime=begin)) == ["0"]
    desk.clock.advance(KEPT.total_seconds())
    await desk.write("new")
    assert ids(await desk.look()) == ["new"]
    assert ids(await desk.look(StartTime=begin)) == ["new", "3", "2", "1", "0"]


@pytest.mark.parametrize("size", [1, 2, 3, 50])
async def test_pages_join_to_the_whole_among_the_records_of_others(desk: Desk, size: int) -> None:
    for number in range(7):
        await desk.write(f"mine-{number}", who="ada" if number % 2 else "root")
        await desk.write(f"theirs-{number}", account=OTHER)
    for wanted, expected in (
        ({}, [f"mine-{number}" for number in (6, 5, 4, 3, 2, 1, 0)]),
        ({"LookupAttributes": [{"AttributeKey": "Username", "AttributeValue": "ada"}]}, ["mine-5", "mine-3", "mine-1"]),
        (
            {"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "PutRecord"}]},
            [f"mine-{number}" for number in range(6, -1, -1)],
        ),
    ):
        joined, token = [], None
        while True:
            answer = await desk.look(MaxResults=size, **wanted, **({"NextToken": token} if token else {}))
            joined += ids(answer)
            token = answer.get("NextToken")
            if token is None:
                break
        assert joined == expected


async def test_one_request_reads_a_bounded_number_of_records(desk: Desk) -> None:
    await desk.write("needle", who="root")
    await asyncio.gather(*(desk.write(f"hay-{number}") for number in range(READ_MAX + 10)))
    request = {"LookupAttributes": [{"AttributeKey": "Username", "AttributeValue": "root"}]}
    first = await desk.look(**request)
    assert first["Events"] == []
    assert ids(await desk.look(**request, NextToken=first["NextToken"])) == ["needle"]
    assert len((await desk.look())["Events"]) == RESULTS_MAX


async def test_an_account_asks_twice_a_second_and_no_other_waits_for_it(desk: Desk) -> None:
    trail = desk.trail
    for _ in range(2):
        await trail.lookup_events(ACCOUNT, {})
    with pytest.raises(LookupsTooFast):
        await trail.lookup_events(ACCOUNT, {})
    await trail.lookup_events(OTHER, {})
    desk.clock.advance(0.5)
    await trail.lookup_events(ACCOUNT, {})
    with pytest.raises(LookupsTooFast):
        await trail.lookup_events(ACCOUNT, {})
    desk.clock.advance(3600)
    for _ in range(2):
        await trail.lookup_events(ACCOUNT, {})
    with pytest.raises(LookupsTooFast):
        await trail.lookup_events(ACCOUNT, {})


async def test_what_is_refused(desk: Desk) -> None:
    for number in range(2):
        await desk.write(str(number))
    token = (await desk.look(MaxResults=1))["NextToken"]
    one = {"AttributeKey": "EventName", "AttributeValue": "x"}
    now = datetime.now(UTC)
    with pytest.raises(InvalidLookupAttributes):
        await desk.look(LookupAttributes=[one, one])
    with pytest.raises(InvalidLookupAttributes):
        await desk.look(LookupAttributes=[{"AttributeKey": "ReadOnly", "AttributeValue": "perhaps"}])
    with pytest.raises(InvalidTimeRange):
        await desk.look(StartTime=now, EndTime=now - timedelta(seconds=1))
    with pytest.raises(InvalidEventCategory):
        await desk.look(EventCategory="insight")
    for request in ({"NextToken": token, "LookupAttributes": [one]}, {"NextToken": "nonsense"}):
        with pytest.raises(InvalidTrailToken):
            await desk.look(**request)
    with pytest.raises(InvalidTrailToken):
        await desk.look(OTHER, NextToken=token)
    assert ids(await desk.look(NextToken=token)) == ["0"]
