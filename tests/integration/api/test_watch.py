"""The learned watch over HTTP: an account's thresholds and pin, in every way to a guardrail, in receipts and records; no text in either."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ringwall.api.native.watch import TEXTS
from ringwall.ledger import AUDIT_LOG
from tests.integration.api.conftest import Home, opened

pytestmark = pytest.mark.anyio

HARMLESS = "Please tell the sparrow to come over at noon."
POLICY = {
    "name": "watched",
    "contentPolicyConfig": {"filtersConfig": [{"type": "INSULTS", "inputStrength": "LOW", "outputStrength": "LOW"}]},
    "blockedInputMessaging": "No such prompt.",
    "blockedOutputsMessaging": "No such answer.",
}
SAMPLE = {"texts": 1000, "rates": [0.03, 0.01, 0.003], "flagged": {"INSULTS": [30, 10, 3]}}


async def put(home: Home, levels: list[float], **members: Any) -> Any:
    model = (await home.native("GET", "/watch")).json()["model"]
    body = {"model": model, "thresholds": {"INSULTS": levels}, "sample": SAMPLE, **members}
    return await home.native("PUT", "/watch/thresholds", body)


async def insult_score(home: Home) -> float:
    answer = (await home.native("POST", "/watch/scores", {"texts": [HARMLESS]})).json()
    return float(answer["scores"][0]["scores"]["INSULTS"])


async def judged(home: Home, guardrail: str) -> Any:
    return (await home.native("POST", f"/guardrails/{guardrail}/apply", {"text": HARMLESS})).json()["judgement"]


async def test_thresholds_of_an_account_change_every_way_to_its_guardrails_and_no_other_account(home: Home) -> None:
    guardrail = (await home.native("POST", "/guardrails", POLICY)).json()["guardrailId"]
    score = await insult_score(home)
    assert 0.01 < score < 0.4
    before = await judged(home, guardrail)
    assert (before["action"], before["receipt"]["ownThresholds"]) == ("NONE", [])
    strict = [score / 4, score / 3, score / 2]
    shown = (await put(home, strict)).json()
    assert shown["thresholds"]["INSULTS"] == strict
    assert shown["thresholds"]["HATE"] == shown["shipped"]["HATE"]
    assert shown["fitted"]["weaker"] == {}
    after = await judged(home, guardrail)
    assert (after["action"], after["receipt"]["ownThresholds"], after["receipt"]["thresholds"]) == (
        "BLOCK",
        ["INSULTS"],
        {"INSULTS": strict},
    )
    assert after["receipt"]["policyDigest"] != before["receipt"]["policyDigest"]
    checked = (await home.native("POST", "/check", {"text": HARMLESS, "policy": POLICY})).json()
    assert (checked["action"], checked["receipt"]["policyDigest"] != before["receipt"]["policyDigest"]) == ("BLOCK", True)
    checks = {"checks": {"contentFilter": {"categories": [{"category": "INSULTS"}]}}}
    messages = [{"role": "user", "content": [{"text": HARMLESS}]}]
    run = await home.house.rooms.guardrails.invoke_guardrail_checks(home.first.account_id, {**checks, "messages": messages})
    assert run.answer["results"]["contentFilter"]["results"][0]["severityScore"] == 0.8
    other = await home.house.rooms.identity.create_account("other", None)
    watches = home.house.rooms.guardrails.watches
    assert (await watches.get(other.account_id)).thresholds == {}
    assert (await home.native("DELETE", "/watch/thresholds")).json()["fitted"] is None
    assert await judged(home, guardrail) == before
    assert (await home.native("DELETE", "/watch/thresholds")).status == 404


async def test_less_is_detected_only_where_that_is_asked_for(home: Home) -> None:
    refused = await put(home, [0.5, 0.7, 0.95])
    assert (refused.status, refused.json()["type"].rpartition(":")[2]) == (409, "weaker-thresholds")
    assert "INSULTS at HIGH" in refused.json()["detail"]
    assert (await home.native("GET", "/watch")).json()["fitted"] is None
    assert (await put(home, [0.5, 0.7, 0.95], allowWeaker=True)).json()["fitted"]["weaker"] == {"INSULTS": ["HIGH"]}


@pytest.mark.parametrize(
    ("members", "status", "code"),
    [
        ({"thresholds": {"INSULTS": [0.5, 0.4, 0.6]}}, 400, "thresholds-refused"),
        ({"thresholds": {"SPAM": [0.1, 0.2, 0.3]}}, 400, "thresholds-refused"),
        ({"thresholds": {"INSULTS": [0.0, 0.2, 0.3]}}, 400, "invalid-request"),
        ({"thresholds": {"INSULTS": [0.1, 0.2, 1.1]}}, 400, "invalid-request"),
        ({"thresholds": {}}, 400, "invalid-request"),
        ({"model": "another/1"}, 409, "fitted-for-another-model"),
        ({"sample": {**SAMPLE, "text": HARMLESS}}, 400, "invalid-request"),
        ({"sample": {**SAMPLE, "rates": [0.9, 0.1, 0.01]}}, 400, "invalid-request"),
    ],
    ids=["not rising", "no category", "zero", "above one", "none", "another model", "a text", "a rate above a half"],
)
async def test_what_are_no_thresholds_of_the_model_are_refused(home: Home, members: dict[str, Any], status: int, code: str) -> None:
    refused = await put(home, [0.1, 0.2, 0.3], **members)
    assert (refused.status, refused.json()["type"].rpartition(":")[2]) == (status, code)


async def test_a_version_is_pinned_by_either_name_and_an_unknown_one_refused(home: Home) -> None:
    watch = (await home.native("GET", "/watch")).json()
    assert watch["version"] in watch["versions"]
    assert watch["pin"] is None
    model = watch["model"].partition("@")[0]
    for name in (watch["version"], model):
        pinned = (await home.native("PUT", "/watch/pin", {"version": name})).json()
        assert (pinned["pin"], pinned["model"]) == (watch["version"], watch["model"])
    unknown = await home.native("PUT", "/watch/pin", {"version": "content-v999"})
    assert (unknown.status, unknown.json()["type"].rpartition(":")[2]) == (404, "unknown-model-version")
    assert (await home.native("DELETE", "/watch/pin")).json()["pin"] is None
    assert (await home.native("DELETE", "/watch/pin")).status == 404


async def test_records_have_numbers_and_no_text(home: Home) -> None:
    assert await insult_score(home) > 0
    await put(home, [0.1, 0.2, 0.3])
    await home.native("PUT", "/watch/pin", {"version": "content-v1"})
    entries = (await home.native("GET", "/records?limit=20")).json()["records"]
    told = {entry["eventName"]: entry["ringwall"].get("watch") for entry in entries}
    assert told["ScoreTexts"]["texts"] == 1
    assert told["ScoreTexts"]["characters"] == len(HARMLESS)
    assert told["PutWatchThresholds"]["thresholds"] == {"INSULTS": [0.1, 0.2, 0.3]}
    assert told["PutWatchPin"] == {"pin": "content-v1"}
    assert "sparrow" not in str(entries)
    size = (await home.house.rooms.storage.trees.head(AUDIT_LOG)).entries
    assert size > 0


async def test_more_texts_than_a_request_takes_are_refused(home: Home) -> None:
    assert (await home.native("POST", "/watch/scores", {"texts": ["a"] * (TEXTS + 1)})).status == 400
    assert (await home.native("POST", "/watch/scores", {"texts": ["a" * 600_000, "b" * 600_000]})).status == 413
    assert (await home.native("POST", "/watch/scores", {"texts": []})).status == 400


async def test_thresholds_and_pins_outlive_a_restart(open_home: Callable[..., opened]) -> None:
    async with open_home() as home:
        await home.native("PUT", "/watch/pin", {"version": "content-v1"})
        await put(home, [0.1, 0.2, 0.3])
        account, key = home.first.account_id, home.first.api_key
    async with open_home() as home:
        watch = (await home.native("GET", "/watch", key=key)).json()
        assert (watch["pin"], watch["thresholds"]["INSULTS"], watch["stale"]) == ("content-v1", [0.1, 0.2, 0.3], False)
        assert (await home.house.rooms.guardrails.watches.get(account)).thresholds == {"INSULTS": (0.1, 0.2, 0.3)}


async def test_each_operation_asks_for_its_own_permission(home: Home) -> None:
    identity, account = home.house.rooms.identity, home.first.account_id
    await identity.users.create(account, "ada")
    looks = {"Effect": "Allow", "Action": "ringwall:GetWatch", "Resource": f"arn:aws:ringwall:us-east-1:{account}:watch/account"}
    bears = {"Effect": "Allow", "Action": "bedrock:CallWithBearerToken", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [looks, bears]}
    await identity.users.put_policy(account, "ada", "look", json.dumps(policy))
    key = (await identity.create_api_key(account, "ada")).token
    assert (await home.native("GET", "/watch", key=key)).status == 200
    for method, path, body in (
        ("POST", "/watch/scores", {"texts": ["a"]}),
        ("PUT", "/watch/thresholds", {"model": "m", "thresholds": {"HATE": [0.1, 0.2, 0.3]}, "sample": SAMPLE}),
        ("DELETE", "/watch/thresholds", None),
        ("PUT", "/watch/pin", {"version": "content-v1"}),
        ("DELETE", "/watch/pin", None),
    ):
        assert (await home.native(method, path, body, key=key)).status == 403, (method, path)
