"""Rate-based rules counted by all workers together, in a real server: the same counts as in memory, and what happens when it dies."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import pytest

from ringwall.inference.limits.errors import LimitsUnavailable
from ringwall.inference.limits.server import SharedServer
from ringwall.inference.waf import Waf, endpoint_arn
from ringwall.inference.waf_items import WEB_ACL
from ringwall.inference.waf_rates import SharedRates
from ringwall.inference.workers import Workers
from ringwall.keys import Keys
from ringwall.policies.waf import CountAsked, RateTable
from ringwall.storage.database import DatabaseStorage
from tests.integration.api.conftest import opened
from tests.integration.conftest import REGION
from tests.integration.limits.conftest import server
from tests.integration.storage.places import StandingClock
from tests.integration.waf.test_waf import BEDROCK, make
from tests.unit.waf.documents import ACCOUNT, byte_match, document, request, rule
from tests.valkey import Valkey

pytestmark = pytest.mark.anyio

__all__ = ["server"]


def rates_on(one: Valkey, mode: Literal["closed", "open"] = "closed", **bounds: int) -> SharedRates:
    return SharedRates(SharedServer(one.url, timeout_s=0.5), when_unreachable=mode, **bounds)


@pytest.mark.parametrize("seed", range(4))
async def test_the_script_counts_as_the_table_does(server: Valkey, seed: int) -> None:
    draw, table, shared, now = random.Random(seed), RateTable(), rates_on(server), 1_800_000_000.0
    try:
        for _ in range(150):
            now += draw.choice([0, 0.4, 2.9, 3, 31, 70])
            window_s = draw.choice([60, 600])
            asked = CountAsked(f"rule{window_s}", bytes([draw.randrange(3)]) * 32, window_s)
            assert await shared.count(asked, now) == table.at(now).count(*asked)
    finally:
        await shared.close()


async def test_instances_without_room_of_their_own_count_too_high_never_too_low(server: Valkey) -> None:
    draw, shared, now = random.Random(7), rates_on(server, instances_max=5), 1_800_000_000.0
    exact: dict[bytes, list[float]] = {}
    too_high = 0
    try:
        for _ in range(300):
            now += draw.choice([0, 1, 4, 20])
            instance = bytes([draw.randrange(3), draw.randrange(6)]) * 16
            seen = exact.setdefault(instance, [])
            seen.append(now)
            count = await shared.count(CountAsked("rule", instance, 60), now)
            least = sum(1 for moment in seen if moment > now - 60)
            assert count >= least
            too_high += count > sum(1 for moment in seen if moment > now - 66)
        assert too_high
    finally:
        await shared.close()


PER_ADDRESS = {"Limit": 10, "AggregateKeyType": "IP", "EvaluationWindowSec": 60}


async def two_workers(
    storage: DatabaseStorage, keys: Keys, clock: StandingClock, one: Valkey, mode: Literal["closed", "open"] = "closed"
) -> list[Waf]:
    """Make two workers' web ACLs: a rate in a rule that only counts, one that blocks, one behind a rule that allows."""
    workers = [
        Waf(storage, keys=keys, clock=clock, region=REGION, workers=Workers(inline_characters=inline), rates=rates_on(one, mode))
        for inline in (0, 1_000_000)
    ]
    rules: list[dict[str, Any]] = [
        rule("noted", {"RateBasedStatement": {**PER_ADDRESS, "Limit": 15}}, action="Count"),
        rule("friends", byte_match(b"/friend", {"UriPath": {}}), action="Allow"),
        rule("rate", {"RateBasedStatement": PER_ADDRESS}),
    ]
    made = await make(workers[0], WEB_ACL, "acl", **document(*rules))
    await workers[0].associate(ACCOUNT, made["ARN"], BEDROCK)
    return workers


async def test_workers_share_a_rate_and_rules_run_as_with_counts_of_their_own(
    server: Valkey, storage: DatabaseStorage, keys: Keys, clock: StandingClock
) -> None:
    workers = await two_workers(storage, keys, clock, server)
    try:
        said = [await workers[number % 2].judge(ACCOUNT, "bedrock", request()) for number in range(20)]
        assert [one.action for one in said if one] == ["ALLOW"] * 10 + ["BLOCK"] * 10
        assert [one.counted for one in said if one] == [()] * 15 + [("noted",)] * 5
        friend = await workers[0].judge(ACCOUNT, "bedrock", request(b"/friend"))
        assert friend is not None
        assert (friend.action, friend.rule, friend.counted) == ("ALLOW", "friends", ("noted",))
        other = await workers[1].judge(ACCOUNT, "bedrock", request(ip="203.0.113.9"))
        assert other is not None
        assert other.action == "ALLOW"
        clock.now += timedelta(seconds=70)
        again = await workers[1].judge(ACCOUNT, "bedrock", request())
        assert again is not None
        assert again.action == "ALLOW"
    finally:
        for worker in workers:
            await worker.close()


async def test_while_the_server_is_away_nothing_that_must_be_counted_passes(
    server: Valkey, storage: DatabaseStorage, keys: Keys, clock: StandingClock
) -> None:
    workers = await two_workers(storage, keys, clock, server)
    try:
        server.kill()
        with pytest.raises(LimitsUnavailable) as refused:
            await workers[0].judge(ACCOUNT, "bedrock", request())
        assert refused.value.status == 503
        server.start()
        back = await workers[0].judge(ACCOUNT, "bedrock", request())
        assert back is not None
        assert back.action == "ALLOW"
    finally:
        for worker in workers:
            await worker.close()


async def test_where_the_setting_says_so_each_worker_counts_for_itself_while_the_server_is_away(
    server: Valkey, storage: DatabaseStorage, keys: Keys, clock: StandingClock
) -> None:
    workers = await two_workers(storage, keys, clock, server, "open")
    try:
        server.kill()
        for worker in workers:
            said = [await worker.judge(ACCOUNT, "bedrock", request()) for _ in range(12)]
            assert [one.action for one in said if one] == ["ALLOW"] * 10 + ["BLOCK"] * 2
    finally:
        for worker in workers:
            await worker.close()


async def test_a_house_counts_where_its_settings_say(server: Valkey, tmp_path: Path) -> None:
    async with opened(tmp_path, budget_store=server.url) as home:
        account, waf = home.first.account_id, home.house.rooms.waf
        acl = document(rule("rate", {"RateBasedStatement": PER_ADDRESS}))
        made = (await waf.create(account, WEB_ACL, {"Name": "acl", "Scope": "REGIONAL", **acl}))["Summary"]
        await waf.associate(account, made["ARN"], endpoint_arn(home.house.settings.region, account, "native"))
        assert [(await home.native("GET", "/stats")).status for _ in range(12)] == [200] * 10 + [403] * 2
        server.kill()
        away = await home.native("GET", "/stats")
        assert (away.status, away.json()["type"]) == (503, "urn:ringwall:limits-unavailable")
