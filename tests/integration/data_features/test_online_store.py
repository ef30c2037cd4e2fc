"""Records online: the latest event time wins whatever the order and however many write at once; time to live; tenants; batches."""

from __future__ import annotations

import asyncio
import random

import pytest

from ringwall.data import online_store
from ringwall.data.feature_errors import FeatureGroupNotFound, RecordRefused
from ringwall.data.features import FeatureStore
from ringwall.errors import AccessDenied
from tests.integration.data_features.requests import ACCOUNT, OFFLINE, ONLINE, OTHER, new_group, number, put, who
from tests.integration.storage.places import StandingClock

pytestmark = [pytest.mark.anyio, pytest.mark.slow_on_postgresql]


async def test_the_latest_event_time_wins_whatever_the_order(store: FeatureStore) -> None:
    await store.groups.create(ACCOUNT, new_group(**ONLINE))
    moments = list(range(100, 140))
    random.Random(1).shuffle(moments)
    latest = 0
    for moment in moments:
        done = await store.records.put(ACCOUNT, put("a", moment, moment))
        assert done.online == ("stored" if moment > latest else "historic")
        latest = max(latest, moment)
        assert number(await store.records.get(ACCOUNT, who("a"))) == str(latest)
    same = await store.records.put(ACCOUNT, put("a", latest, 0))
    assert (same.online, number(await store.records.get(ACCOUNT, who("a")))) == ("historic", str(latest))


async def test_the_latest_event_time_wins_when_many_write_at_once(store: FeatureStore) -> None:
    await store.groups.create(ACCOUNT, new_group(**ONLINE, **OFFLINE))
    await asyncio.gather(*(store.records.put(ACCOUNT, put("a", moment, moment)) for moment in range(1, 9)))
    assert number(await store.records.get(ACCOUNT, who("a"))) == "8"


async def test_a_record_expires_when_its_event_time_is_old_enough(store: FeatureStore, clock: StandingClock) -> None:
    ttl = {"OnlineStoreConfig": {"EnableOnlineStore": True, "TtlDuration": {"Unit": "Hours", "Value": 1}}}
    await store.groups.create(ACCOUNT, new_group(**ttl))
    await store.records.put(ACCOUNT, put("group", clock.unix, 1))
    await store.records.put(ACCOUNT, put("own", clock.unix, 2, TtlDuration={"Unit": "Days", "Value": 1}))
    await store.records.put(ACCOUNT, put("late", clock.unix - 3601, 3))
    assert number(await store.records.get(ACCOUNT, who("late"))) is None
    shown = await store.records.get(ACCOUNT, who("group", ExpirationTimeResponse="Enabled"))
    assert shown["ExpiresAt"] == "2026-01-01T01:00:00Z"
    assert "ExpiresAt" not in await store.records.get(ACCOUNT, who("group"))
    clock.advance(3599)
    assert number(await store.records.get(ACCOUNT, who("group"))) == "1"
    clock.advance(2)
    assert number(await store.records.get(ACCOUNT, who("group"))) is None
    assert number(await store.records.get(ACCOUNT, who("own"))) == "2"
    await store.groups.update(ACCOUNT, {"FeatureGroupName": "g", "OnlineStoreConfig": {"TtlDuration": {"Unit": "Seconds", "Value": 5}}})
    await store.records.put(ACCOUNT, put("group", clock.unix, 4))
    clock.advance(6)
    assert number(await store.records.get(ACCOUNT, who("group"))) is None


async def test_a_deletion_that_is_too_late_is_told_apart(store: FeatureStore) -> None:
    await store.groups.create(ACCOUNT, new_group(**ONLINE))
    await store.records.put(ACCOUNT, put("a", 100, 1))
    for mode in ("SoftDelete", "HardDelete"):
        request = who("a", EventTime="100", DeletionMode=mode)
        if mode == "HardDelete":
            with pytest.raises(RecordRefused):
                await store.records.delete(ACCOUNT, request)
        else:
            assert (await store.records.delete(ACCOUNT, request)).online == "historic"
        assert number(await store.records.get(ACCOUNT, who("a"))) == "1"
    assert (await store.records.delete(ACCOUNT, who("nobody", EventTime="5", DeletionMode="HardDelete"))).online == "stored"
    await store.records.delete(ACCOUNT, who("a", EventTime="101"))
    assert (await store.records.put(ACCOUNT, put("a", 101, 2))).online == "historic"
    assert await store.records.get(ACCOUNT, who("a")) == {}
    await store.records.put(ACCOUNT, put("a", 102, 3))
    assert number(await store.records.get(ACCOUNT, who("a"))) == "3"


async def test_a_new_group_of_the_same_name_has_none_of_the_old_records(store: FeatureStore) -> None:
    await store.groups.create(ACCOUNT, new_group(**ONLINE))
    await store.records.put(ACCOUNT, put("a", 100, 1))
    await store.groups.delete(ACCOUNT, {"FeatureGroupName": "g"})
    with pytest.raises(FeatureGroupNotFound):
        await store.records.get(ACCOUNT, who("a"))
    await store.groups.create(ACCOUNT, new_group(**ONLINE))
    assert await store.records.get(ACCOUNT, who("a")) == {}


async def test_another_account_sees_nothing_by_name_or_by_arn(store: FeatureStore) -> None:
    arn = (await store.groups.create(ACCOUNT, new_group(**ONLINE)))["FeatureGroupArn"]
    await store.records.put(ACCOUNT, put("a", 100, 1))
    with pytest.raises(FeatureGroupNotFound):
        await store.records.get(OTHER, who("a"))
    for call in (store.records.get(OTHER, who("a", arn)), store.groups.describe(OTHER, {"FeatureGroupName": arn})):
        with pytest.raises(AccessDenied):
            await call
    await store.groups.create(OTHER, new_group(**ONLINE))
    assert await store.records.get(OTHER, who("a")) == {}
    listed = await store.groups.listing(OTHER, {})
    assert len(listed["FeatureGroupSummaries"]) == 1
    assert OTHER in listed["FeatureGroupSummaries"][0]["FeatureGroupArn"]


async def test_what_is_too_much_for_one_batch_is_handed_back(store: FeatureStore) -> None:
    await store.groups.create(ACCOUNT, new_group(**ONLINE))
    await store.records.put(ACCOUNT, put("0-99", 100, 1))
    groups = [{"FeatureGroupName": "g", "RecordIdentifiersValueAsString": [f"{page}-{each}" for each in range(100)]} for page in range(11)]
    answer = await store.records.batch_get(ACCOUNT, {"Identifiers": groups})
    assert [each["RecordIdentifierValueAsString"] for each in answer["Records"]] == ["0-99"]
    assert answer["UnprocessedIdentifiers"] == groups[online_store.BATCH_RECORDS // 100 :]


async def test_a_group_without_an_online_store_is_not_read(store: FeatureStore) -> None:
    await store.groups.create(ACCOUNT, new_group(**OFFLINE))
    done = await store.records.put(ACCOUNT, put("a", 100, 1))
    assert (done.online, done.offline) == ("", True)
    with pytest.raises(RecordRefused):
        await store.records.get(ACCOUNT, who("a"))
    with pytest.raises(RecordRefused):
        await store.records.put(ACCOUNT, put("a", 100, 1, TargetStores=["OnlineStore"]))
