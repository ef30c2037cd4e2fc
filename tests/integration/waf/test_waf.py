"""The stored web ACLs on real storage: lock tokens, what is in use, endpoints, and the judgement. aws: modelled."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from ringwall.errors import AccessDenied, IntegrityError, InvalidRequest
from ringwall.inference.waf import ENDPOINTS, Waf, endpoint_arn, request_view
from ringwall.inference.waf_compiled import ASSOCIATION
from ringwall.inference.waf_errors import WafItemDuplicate, WafItemInUse, WafItemNotFound, WafLockLost
from ringwall.inference.waf_items import IP_SET, PATTERN_SET, RULE_GROUP, WEB_ACL
from ringwall.inference.workers import Workers
from ringwall.keys import Keys
from ringwall.policies.waf import InvalidWafDocument, WafElementUnserved, WafLimitsExceeded, WafReferenceNotFound
from ringwall.storage import Replace
from ringwall.storage.database import DatabaseStorage, open_storage
from ringwall.wire import HttpRequest
from tests.conformance.guardrails.service_model import misfits
from tests.integration.conftest import REGION
from tests.integration.storage.places import StandingClock
from tests.unit.waf.documents import ACCOUNT, NONE, VISIBLE, byte_match, document, request, rule

pytestmark = pytest.mark.anyio

OTHER = "444455556666"
BEDROCK = endpoint_arn(REGION, ACCOUNT, "bedrock")
URI = {"UriPath": {}}


@pytest.fixture
def waf(storage: DatabaseStorage, keys: Keys, clock: StandingClock) -> Waf:
    return Waf(storage, keys=keys, clock=clock, region=REGION)


def named(name: str, **members: Any) -> dict[str, Any]:
    return {"Name": name, "Scope": "REGIONAL", **members}


async def make(waf: Waf, kind: Any, name: str, **members: Any) -> dict[str, Any]:
    answer = await waf.create(ACCOUNT, kind, named(name, **members))
    assert misfits(answer, "wafv2", f"Create{kind.shape}") == []
    return answer["Summary"]


def at(summary: dict[str, Any], **members: Any) -> dict[str, Any]:
    return named(summary["Name"], Id=summary["Id"], LockToken=summary["LockToken"], **members)


def in_set(arn: str) -> dict[str, Any]:
    return {"IPSetReferenceStatement": {"ARN": arn}}


def by_patterns(arn: str) -> dict[str, Any]:
    return {"RegexPatternSetReferenceStatement": {"ARN": arn, "FieldToMatch": URI, "TextTransformations": NONE}}


def of_group(arn: str) -> dict[str, Any]:
    return rule("group", {"RuleGroupReferenceStatement": {"ARN": arn}}, OverrideAction={"None": {}})


async def test_a_web_acl_is_shown_as_it_was_given(waf: Waf) -> None:
    given = document(rule("bytes", byte_match(b"\x00\xff", URI)))
    made = await make(waf, WEB_ACL, "acl", Description="a wall", Tags=[{"Key": "team", "Value": "red"}], **given)
    by_name = await waf.get(ACCOUNT, WEB_ACL, at(made))
    assert by_name == await waf.get(ACCOUNT, WEB_ACL, {"ARN": made["ARN"]})
    assert misfits(by_name, "wafv2", "GetWebACL") == []
    shown = by_name["WebACL"]
    assert {name: shown[name] for name in given} == given
    assert (shown["Capacity"], shown["LabelNamespace"], shown["Description"]) == (10, f"awswaf:{ACCOUNT}:webacl:acl:", "a wall")
    assert (await waf.list_tags(ACCOUNT, made["ARN"]))["TagInfoForResource"]["TagList"] == [{"Key": "team", "Value": "red"}]


async def test_names_are_taken_once_for_each_kind_and_account(waf: Waf) -> None:
    await make(waf, WEB_ACL, "same", **document())
    await make(waf, IP_SET, "same", IPAddressVersion="IPV4", Addresses=[])
    await waf.create(OTHER, WEB_ACL, named("same", **document()))
    with pytest.raises(WafItemDuplicate):
        await make(waf, WEB_ACL, "same", **document())


async def test_a_change_needs_the_newest_lock_token(waf: Waf) -> None:
    made = await make(waf, IP_SET, "set", IPAddressVersion="IPV4", Addresses=["10.0.0.0/8"])
    following = await waf.update(ACCOUNT, IP_SET, at(made, Addresses=["11.0.0.0/8"]))
    with pytest.raises(WafLockLost):
        await waf.update(ACCOUNT, IP_SET, at(made, Addresses=[]))
    with pytest.raises(WafLockLost):
        await waf.delete(ACCOUNT, IP_SET, at(made))
    shown = await waf.get(ACCOUNT, IP_SET, at(made))
    assert shown["LockToken"] == following["NextLockToken"]
    assert (shown["IPSet"]["Addresses"], shown["IPSet"]["IPAddressVersion"]) == (["11.0.0.0/8"], "IPV4")
    await waf.delete(ACCOUNT, IP_SET, at({**made, "LockToken": following["NextLockToken"]}))
    with pytest.raises(WafItemNotFound):
        await waf.get(ACCOUNT, IP_SET, at(made))


async def test_another_account_sees_nothing(waf: Waf) -> None:
    made = await make(waf, WEB_ACL, "acl", **document())
    with pytest.raises(WafItemNotFound):
        await waf.get(OTHER, WEB_ACL, at(made))
    with pytest.raises(AccessDenied):
        await waf.get(OTHER, WEB_ACL, {"ARN": made["ARN"]})
    with pytest.raises(WafItemNotFound):
        await waf.associate(OTHER, made["ARN"], endpoint_arn(REGION, OTHER, "bedrock"))
    held = await make(waf, IP_SET, "set", IPAddressVersion="IPV4", Addresses=["10.0.0.0/8"])
    with pytest.raises(WafReferenceNotFound):
        await waf.create(OTHER, WEB_ACL, named("acl", **document(rule("r", in_set(held["ARN"])))))
    assert (await waf.listing(OTHER, WEB_ACL, named("")))["WebACLs"] == []


async def test_lists_have_pages(waf: Waf) -> None:
    names = {f"set{number}" for number in range(5)}
    for name in names:
        await make(waf, PATTERN_SET, name, RegularExpressionList=[{"RegexString": "x"}])
    seen, marker = [], None
    while True:
        page = await waf.listing(ACCOUNT, PATTERN_SET, named("", Limit=2, NextMarker=marker))
        assert misfits(page, "wafv2", "ListRegexPatternSets") == []
        seen += [one["Name"] for one in page["RegexPatternSets"]]
        marker = page.get("NextMarker")
        if marker is None:
            break
        assert len(marker) <= 256
    assert sorted(seen) == sorted(names)


REFUSED: dict[str, tuple[dict[str, Any], type[Exception]]] = {
    "a statement that is not served": (document(rule("r", {"SqliMatchStatement": {}})), WafElementUnserved),
    "an unknown statement": (document(rule("r", {"FutureStatement": {}})), InvalidWafDocument),
    "a member that is not served": (document(TokenDomains=["a.example"]), WafElementUnserved),
    "a set that is not there": (
        document(rule("r", in_set("arn:aws:wafv2:us-east-1:111122223333:regional/ipset/a/b"))),
        WafReferenceNotFound,
    ),
    "too much": (document(*(rule(f"r{n}", byte_match(b"x", URI, "CONTAINS", *["LOWERCASE"] * 10)) for n in range(46))), WafLimitsExceeded),
    "the scope of a distribution": ({**document(), "Scope": "CLOUDFRONT"}, InvalidWafDocument),
}


@pytest.mark.parametrize(("given", "error"), REFUSED.values(), ids=REFUSED.keys())
async def test_what_cannot_be_evaluated_is_never_stored(waf: Waf, given: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        await waf.create(ACCOUNT, WEB_ACL, {**named("acl"), **given})
    assert (await waf.listing(ACCOUNT, WEB_ACL, named("")))["WebACLs"] == []


async def judged(waf: Waf, asked: Any, endpoint: str = "bedrock") -> str | None:
    decision = await waf.judge(ACCOUNT, endpoint, asked)
    return None if decision is None else f"{decision.action} {decision.rule}"


async def test_a_web_acl_judges_what_comes_to_its_endpoint(waf: Waf) -> None:
    assert await judged(waf, request()) is None
    addresses = await make(waf, IP_SET, "bad", IPAddressVersion="IPV4", Addresses=["203.0.113.0/24"])
    patterns = await make(waf, PATTERN_SET, "paths", RegularExpressionList=[{"RegexString": "^/admin"}])
    group = await make(waf, RULE_GROUP, "group", Capacity=50, Rules=[rule("paths", by_patterns(patterns["ARN"]))], VisibilityConfig=VISIBLE)
    rules = (rule("addresses", in_set(addresses["ARN"])), of_group(group["ARN"]))
    acl = await make(waf, WEB_ACL, "acl", **document(*rules))
    await waf.associate(ACCOUNT, acl["ARN"], BEDROCK)
    assert await judged(waf, request(b"/model")) == "ALLOW Default_Action"
    assert await judged(waf, request(ip="203.0.113.9")) == "BLOCK addresses"
    assert await judged(waf, request(b"/admin")) == "BLOCK group/paths"
    assert await judged(waf, request(b"/admin"), "openai") is None
    assert await waf.judge(OTHER, "bedrock", request(b"/admin")) is None

    updated = await waf.update(ACCOUNT, IP_SET, at(addresses, Addresses=["198.51.100.0/24"]))
    assert await judged(waf, request(ip="203.0.113.9")) == "ALLOW Default_Action"
    assert await judged(waf, request()) == "BLOCK addresses"
    await waf.update(ACCOUNT, IP_SET, at({**addresses, "LockToken": updated["NextLockToken"]}, Addresses=[]))
    await waf.update(ACCOUNT, WEB_ACL, at(acl, **document(*rules, default="Block")))
    assert await judged(waf, request()) == "BLOCK Default_Action"
    await waf.disassociate(ACCOUNT, BEDROCK)
    assert await judged(waf, request(b"/admin")) is None


async def test_another_process_sees_a_change(waf: Waf, place: str, keys: Keys, clock: StandingClock) -> None:
    acl = await make(waf, WEB_ACL, "acl", **document())
    await waf.associate(ACCOUNT, acl["ARN"], BEDROCK)
    storage = open_storage(place, clock=clock, poll_interval_s=0)
    try:
        other = Waf(storage, keys=keys, clock=clock, region=REGION)
        assert await judged(other, request()) == "ALLOW Default_Action"
        await waf.update(ACCOUNT, WEB_ACL, at(acl, **document(default="Block")))
        assert await judged(other, request()) == "BLOCK Default_Action"
    finally:
        await storage.close()


async def test_what_is_in_use_is_not_deleted(waf: Waf) -> None:
    patterns = await make(waf, PATTERN_SET, "paths", RegularExpressionList=[{"RegexString": "x"}])
    group = await make(waf, RULE_GROUP, "group", Capacity=50, Rules=[rule("paths", by_patterns(patterns["ARN"]))], VisibilityConfig=VISIBLE)
    acl = await make(waf, WEB_ACL, "acl", **document(of_group(group["ARN"])))
    await waf.associate(ACCOUNT, acl["ARN"], BEDROCK)
    for kind, made in ((PATTERN_SET, patterns), (RULE_GROUP, group), (WEB_ACL, acl)):
        with pytest.raises(WafItemInUse):
            await waf.delete(ACCOUNT, kind, at(made))
    await waf.disassociate(ACCOUNT, BEDROCK)
    for kind, made in ((WEB_ACL, acl), (RULE_GROUP, group), (PATTERN_SET, patterns)):
        await waf.delete(ACCOUNT, kind, at(made))


async def test_a_group_is_not_changed_so_that_its_web_acl_would_break(waf: Waf) -> None:
    group = await make(waf, RULE_GROUP, "group", Capacity=50, Rules=[rule("one", byte_match(b"x", URI))], VisibilityConfig=VISIBLE)
    reference = {"ARN": group["ARN"], "RuleActionOverrides": [{"Name": "one", "ActionToUse": {"Count": {}}}]}
    using = rule("group", {"RuleGroupReferenceStatement": reference}, OverrideAction={"None": {}})
    await make(waf, WEB_ACL, "acl", **document(using))
    with pytest.raises(InvalidWafDocument):
        await waf.update(ACCOUNT, RULE_GROUP, at(group, Rules=[rule("other", byte_match(b"x", URI))], VisibilityConfig=VISIBLE))
    assert [one["Name"] for one in (await waf.get(ACCOUNT, RULE_GROUP, at(group)))["RuleGroup"]["Rules"]] == ["one"]
    await waf.update(ACCOUNT, RULE_GROUP, at(group, Rules=[rule("one", byte_match(b"y", URI))], VisibilityConfig=VISIBLE))


async def test_nothing_passes_a_web_acl_that_cannot_be_read(waf: Waf, storage: DatabaseStorage) -> None:
    acl = await make(waf, WEB_ACL, "acl", **document())
    await waf.associate(ACCOUNT, acl["ARN"], BEDROCK)
    held = await storage.get(ACCOUNT, WEB_ACL.stored, acl["Id"])
    assert held is not None
    for body, error in ((b"{", IntegrityError), (held.body.replace(b'"DefaultAction"', b'"FutureAction"'), InvalidWafDocument)):
        now = await storage.get(ACCOUNT, WEB_ACL.stored, acl["Id"])
        assert now is not None
        await storage.apply(Replace(type(now)(account_id=ACCOUNT, kind=now.kind, id=now.id, key=now.key, body=body, revision=now.revision)))
        with pytest.raises(error):
            await waf.judge(ACCOUNT, "bedrock", request())
    association = await storage.get(ACCOUNT, ASSOCIATION, "bedrock")
    assert association is not None
    gone = type(association)(
        account_id=ACCOUNT, kind=ASSOCIATION, id="bedrock", body=acl["ARN"][:-1].encode() + b"x", revision=association.revision
    )
    await storage.apply(Replace(gone))
    with pytest.raises(WafReferenceNotFound):
        await waf.judge(ACCOUNT, "bedrock", request())


async def test_rates_are_counted_by_the_clock_that_is_given(waf: Waf, clock: StandingClock) -> None:
    rate = rule("rate", {"RateBasedStatement": {"Limit": 10, "AggregateKeyType": "IP", "EvaluationWindowSec": 60}})
    acl = await make(waf, WEB_ACL, "acl", **document(rate))
    await waf.associate(ACCOUNT, acl["ARN"], BEDROCK)
    assert [await judged(waf, request()) for _ in range(11)] == ["ALLOW Default_Action"] * 10 + ["BLOCK rate"]
    clock.now += timedelta(seconds=120)
    assert await judged(waf, request()) == "ALLOW Default_Action"


async def test_endpoints_are_named_by_their_arns(waf: Waf) -> None:
    acl = await make(waf, WEB_ACL, "acl", **document())
    for endpoint in ENDPOINTS:
        await waf.associate(ACCOUNT, acl["ARN"], endpoint_arn(REGION, ACCOUNT, endpoint))
    listed = await waf.resources_for(ACCOUNT, {"WebACLArn": acl["ARN"]})
    assert listed == {"ResourceArns": [endpoint_arn(REGION, ACCOUNT, endpoint) for endpoint in ENDPOINTS]}
    assert await waf.resources_for(ACCOUNT, {"WebACLArn": acl["ARN"], "ResourceType": "APPSYNC"}) == {"ResourceArns": []}
    assert (await waf.web_acl_for(ACCOUNT, BEDROCK))["WebACL"]["ARN"] == acl["ARN"]
    for arn, error in (
        (endpoint_arn(REGION, ACCOUNT, "elsewhere"), InvalidRequest),
        (endpoint_arn(REGION, OTHER, "bedrock"), AccessDenied),
        ("arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/x/1", InvalidRequest),
    ):
        with pytest.raises(error):
            await waf.associate(ACCOUNT, acl["ARN"], arn)
    other = await make(waf, WEB_ACL, "other", **document(default="Block"))
    await waf.associate(ACCOUNT, other["ARN"], BEDROCK)
    assert await judged(waf, request()) == "BLOCK Default_Action"


async def test_capacity_is_asked_with_references(waf: Waf) -> None:
    patterns = await make(waf, PATTERN_SET, "paths", RegularExpressionList=[{"RegexString": "x"}])
    rules = [rule("paths", by_patterns(patterns["ARN"])), {**rule("bytes", byte_match(b"x", URI)), "Priority": 1}]
    assert await waf.check_capacity(ACCOUNT, {"Scope": "REGIONAL", "Rules": rules}) == {"Capacity": 35}


def test_a_request_of_the_wire_is_seen_as_it_is() -> None:
    view = request_view(HttpRequest("POST", b"/%41", b"a=%42", ((":authority", "h"), ("x", "\xe9")), b"body", secure=False), "127.0.0.1")
    assert (view.path, view.query, view.headers, view.body) == (b"/%41", b"a=%42", (("x", b"\xe9"),), b"body")


async def test_long_judgements_run_beside_the_loop_and_count_all_the_same(
    storage: DatabaseStorage, keys: Keys, clock: StandingClock
) -> None:
    workers = Workers(inline_characters=0)
    waf = Waf(storage, keys=keys, clock=clock, region=REGION, workers=workers)
    rate = rule("rate", {"RateBasedStatement": {"Limit": 10, "AggregateKeyType": "IP", "EvaluationWindowSec": 60}})
    acl = await make(waf, WEB_ACL, "acl", **document(rule("body", byte_match(b"evil", {"Body": {}})), rate))
    await waf.associate(ACCOUNT, acl["ARN"], BEDROCK)
    try:
        answers = await asyncio.gather(*(judged(waf, request(body=b"a" * 16_000)) for _ in range(40)))
        assert (answers.count("ALLOW Default_Action"), answers.count("BLOCK rate")) == (10, 30)
        assert await judged(waf, request(body=b"a" * 16_000 + b"evil")) == "BLOCK body"
    finally:
        workers.close()
