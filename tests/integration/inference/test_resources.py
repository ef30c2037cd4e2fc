"""Guardrail resources over a real database: life cycle, versions, idempotency, pages, tags, quotas, tenants."""

from __future__ import annotations

from typing import Any

import pytest

from ringwall.errors import AccessDenied, CallerError, Conflict, InvalidRequest
from ringwall.guardrails import PolicyRefused
from ringwall.inference.catalogue import GUARDRAILS_MAX, VERSIONS_MAX
from ringwall.inference.errors import GuardrailNotFound, NameTaken, QuotaExceeded, TokenReused, TooManyTags
from ringwall.inference.guardrails import Guardrails
from ringwall.keys import BadPageToken
from tests.integration.conftest import REGION
from tests.integration.storage.places import StandingClock
from tests.unit.guardrails.scorers import config, content_policy
from tests.unit.guardrails.test_talk import TALK

pytestmark = pytest.mark.anyio
ACCOUNT, OTHER = "111122223333", "444455556666"
WORDS = {"wordPolicyConfig": {"wordsConfig": [{"text": "nightingale"}]}}


def named(name: str, **members: object) -> dict[str, object]:
    return {**config(**WORDS), "name": name, **members}


async def made(service: Guardrails, name: str = "first", account: str = ACCOUNT, **members: object) -> str:
    return (await service.create_guardrail(account, named(name, **members)))["guardrailId"]


async def test_a_guardrail_is_created_shown_changed_and_deleted(service: Guardrails, clock: StandingClock) -> None:
    created = await service.create_guardrail(ACCOUNT, named("first", description="about", tags=[{"key": "team", "value": "a"}]))
    id_ = created["guardrailId"]
    assert created == {
        "guardrailId": id_,
        "guardrailArn": f"arn:aws:bedrock:{REGION}:{ACCOUNT}:guardrail/{id_}",
        "version": "DRAFT",
        "createdAt": clock.now,
    }
    assert len(id_) == 12
    shown = await service.get_guardrail(ACCOUNT, {"guardrailIdentifier": created["guardrailArn"]})
    assert shown["wordPolicy"] == {
        "words": [{"text": "nightingale", "inputAction": "BLOCK", "outputAction": "BLOCK", "inputEnabled": True, "outputEnabled": True}]
    }
    assert (shown["name"], shown["description"], shown["status"], shown["version"]) == ("first", "about", "READY", "DRAFT")
    began = clock.now
    clock.advance(60)
    updated = await service.update_guardrail(
        ACCOUNT, {**config(**content_policy(("HATE", "LOW", "HIGH"))), "name": "second", "guardrailIdentifier": id_}
    )
    assert updated["updatedAt"] == clock.now
    shown = await service.get_guardrail(ACCOUNT, {"guardrailIdentifier": id_})
    assert (shown["name"], shown["createdAt"], shown["updatedAt"]) == ("second", began, clock.now)
    assert "wordPolicy" not in shown
    assert "description" not in shown
    assert await service.delete_guardrail(ACCOUNT, {"guardrailIdentifier": id_}) == {}
    with pytest.raises(GuardrailNotFound):
        await service.get_guardrail(ACCOUNT, {"guardrailIdentifier": id_})
    await made(service, "second")


async def test_a_name_belongs_to_one_guardrail_of_an_account(service: Guardrails) -> None:
    first = await made(service, "first")
    await made(service, "second")
    with pytest.raises(NameTaken):
        await made(service, "first")
    with pytest.raises(NameTaken):
        await service.update_guardrail(ACCOUNT, {**named("second"), "guardrailIdentifier": first})
    await service.update_guardrail(ACCOUNT, {**named("third"), "guardrailIdentifier": first})
    await made(service, "first")
    await made(service, "first", OTHER)


async def test_a_refused_configuration_stores_nothing(service: Guardrails) -> None:
    bad = config(sensitiveInformationPolicyConfig={"regexesConfig": [{"name": "r", "pattern": "(?=a)b", "action": "BLOCK"}]})
    with pytest.raises(InvalidRequest):
        await service.create_guardrail(ACCOUNT, bad)
    id_ = await made(service, "kept")
    with pytest.raises(InvalidRequest):
        await service.update_guardrail(ACCOUNT, {**bad, "guardrailIdentifier": id_})
    assert [each["name"] for each in (await service.list_guardrails(ACCOUNT, {}))["guardrails"]] == ["kept"]
    assert "wordPolicy" in await service.get_guardrail(ACCOUNT, {"guardrailIdentifier": id_})


async def test_versions_are_numbered_frozen_and_never_numbered_twice(service: Guardrails) -> None:
    id_ = await made(service)
    assert await service.create_guardrail_version(ACCOUNT, {"guardrailIdentifier": id_, "description": "v1"}) == {
        "guardrailId": id_,
        "version": "1",
    }
    await service.update_guardrail(ACCOUNT, {**named("renamed"), "guardrailIdentifier": id_})
    assert (await service.create_guardrail_version(ACCOUNT, {"guardrailIdentifier": id_}))["version"] == "2"
    one = await service.get_guardrail(ACCOUNT, {"guardrailIdentifier": id_, "guardrailVersion": "1"})
    two = await service.get_guardrail(ACCOUNT, {"guardrailIdentifier": id_, "guardrailVersion": "2"})
    assert (one["name"], one["description"], one["version"]) == ("first", "v1", "1")
    assert two["name"] == "renamed"
    listed = await service.list_guardrails(ACCOUNT, {"guardrailIdentifier": id_})
    assert [each["version"] for each in listed["guardrails"]] == ["DRAFT", "1", "2"]
    await service.delete_guardrail(ACCOUNT, {"guardrailIdentifier": id_, "guardrailVersion": "2"})
    assert (await service.create_guardrail_version(ACCOUNT, {"guardrailIdentifier": id_}))["version"] == "3"
    with pytest.raises(GuardrailNotFound):
        await service.get_guardrail(ACCOUNT, {"guardrailIdentifier": id_, "guardrailVersion": "2"})
    await service.delete_guardrail(ACCOUNT, {"guardrailIdentifier": id_})
    for version in ("DRAFT", "1", "3"):
        with pytest.raises(GuardrailNotFound):
            await service.get_guardrail(ACCOUNT, {"guardrailIdentifier": id_, "guardrailVersion": version})


async def test_the_same_token_and_request_make_one_guardrail(service: Guardrails, clock: StandingClock) -> None:
    request = named("first", clientRequestToken="token-1")
    created = await service.create_guardrail(ACCOUNT, request)
    clock.advance(3600)
    assert await service.create_guardrail(ACCOUNT, dict(request)) == created
    with pytest.raises(TokenReused):
        await service.create_guardrail(ACCOUNT, {**request, "name": "other"})
    assert len((await service.list_guardrails(ACCOUNT, {}))["guardrails"]) == 1
    other = await service.create_guardrail(OTHER, request)
    assert other["guardrailId"] != created["guardrailId"]


async def test_the_same_token_makes_one_version(service: Guardrails) -> None:
    request = {"guardrailIdentifier": await made(service), "clientRequestToken": "token-1"}
    assert (await service.create_guardrail_version(ACCOUNT, request))["version"] == "1"
    assert (await service.create_guardrail_version(ACCOUNT, request))["version"] == "1"
    with pytest.raises(TokenReused):
        await service.create_guardrail_version(ACCOUNT, {**request, "description": "another"})


async def test_a_listing_is_given_in_pages_that_are_good_for_one_account_and_listing(service: Guardrails) -> None:
    ids = sorted([await made(service, f"g{index}") for index in range(5)])
    seen: list[str] = []
    token: str | None = None
    while True:
        page = await service.list_guardrails(ACCOUNT, {"maxResults": 2, **({"nextToken": token} if token else {})})
        seen += [each["id"] for each in page["guardrails"]]
        token = page.get("nextToken")
        if not token:
            break
        last = token
    assert seen == ids
    for account, request in (
        (OTHER, {"nextToken": last}),
        (ACCOUNT, {"nextToken": last, "guardrailIdentifier": ids[0]}),
        (ACCOUNT, {"nextToken": last[:-4] + "AAAA"}),
        (ACCOUNT, {"nextToken": "not a token"}),
        (ACCOUNT, {"nextToken": "\u00e9"}),
    ):
        with pytest.raises(BadPageToken):
            await service.list_guardrails(account, request)


async def test_the_versions_of_a_guardrail_come_in_pages_too(service: Guardrails) -> None:
    id_ = await made(service)
    for _ in range(11):
        await service.create_guardrail_version(ACCOUNT, {"guardrailIdentifier": id_})
    versions: list[str] = []
    request: dict[str, object] = {"guardrailIdentifier": id_, "maxResults": 1}
    while True:
        page = await service.list_guardrails(ACCOUNT, request)
        versions += [each["version"] for each in page["guardrails"]]
        if "nextToken" not in page:
            break
        request["nextToken"] = page["nextToken"]
    assert versions == ["DRAFT", *map(str, range(1, 12))]


async def test_tags_are_added_changed_listed_and_removed(service: Guardrails) -> None:
    arn = (await service.create_guardrail(ACCOUNT, named("first", tags=[{"key": "team", "value": "a"}])))["guardrailArn"]
    await service.tag_resource(ACCOUNT, {"resourceARN": arn, "tags": [{"key": "team", "value": "b"}, {"key": "env", "value": ""}]})
    assert await service.list_tags_for_resource(ACCOUNT, {"resourceARN": arn}) == {
        "tags": [{"key": "env", "value": ""}, {"key": "team", "value": "b"}]
    }
    await service.untag_resource(ACCOUNT, {"resourceARN": arn, "tagKeys": ["env", "never"]})
    assert await service.list_tags_for_resource(ACCOUNT, {"resourceARN": arn}) == {"tags": [{"key": "team", "value": "b"}]}
    with pytest.raises(TooManyTags):
        await service.tag_resource(ACCOUNT, {"resourceARN": arn, "tags": [{"key": f"k{i}", "value": "v"} for i in range(50)]})
    with pytest.raises(InvalidRequest):
        await service.tag_resource(ACCOUNT, {"resourceARN": arn, "tags": [{"key": "aws:x", "value": "v"}]})
    with pytest.raises(AccessDenied):
        await service.list_tags_for_resource(OTHER, {"resourceARN": arn})


async def test_quotas_are_kept(service: Guardrails) -> None:
    id_ = await made(service)
    for _ in range(VERSIONS_MAX):
        await service.create_guardrail_version(ACCOUNT, {"guardrailIdentifier": id_})
    with pytest.raises(QuotaExceeded):
        await service.create_guardrail_version(ACCOUNT, {"guardrailIdentifier": id_})
    for index in range(GUARDRAILS_MAX - 1):
        await made(service, f"g{index}")
    with pytest.raises(QuotaExceeded):
        await made(service, "one-too-many")
    await made(service, "elsewhere", OTHER)


async def test_no_account_sees_or_changes_another_ones_guardrails(service: Guardrails) -> None:
    created = await service.create_guardrail(ACCOUNT, named("first"))
    id_, arn = created["guardrailId"], created["guardrailArn"]
    refused = {id_: GuardrailNotFound, arn: AccessDenied, arn.replace(ACCOUNT, OTHER): GuardrailNotFound}
    for identifier, error in refused.items():
        for call in (
            lambda i: service.get_guardrail(OTHER, {"guardrailIdentifier": i}),
            lambda i: service.delete_guardrail(OTHER, {"guardrailIdentifier": i}),
            lambda i: service.update_guardrail(OTHER, {**named("mine"), "guardrailIdentifier": i}),
            lambda i: service.create_guardrail_version(OTHER, {"guardrailIdentifier": i}),
            lambda i: service.list_guardrails(OTHER, {"guardrailIdentifier": i}),
            lambda i: service.apply_guardrail(
                OTHER, {"guardrailIdentifier": i, "guardrailVersion": "DRAFT", "source": "INPUT", "content": [{"text": {"text": "a"}}]}
            ),
        ):
            with pytest.raises(error):
                await call(identifier)
    assert (await service.list_guardrails(OTHER, {}))["guardrails"] == []
    assert (await service.get_guardrail(ACCOUNT, {"guardrailIdentifier": id_}))["name"] == "first"


@pytest.mark.parametrize(
    "identifier",
    [
        "",
        "UPPER",
        "../x",
        "arn:aws:bedrock:us-east-1:111122223333:model/abc",
        "arn:aws:s3:us-east-1:111122223333:guardrail/abc",
        "arn:aws",
        "a" * 65,
    ],
)
async def test_what_names_no_guardrail_is_refused(service: Guardrails, identifier: str) -> None:
    with pytest.raises(CallerError):
        await service.get_guardrail(ACCOUNT, {"guardrailIdentifier": identifier})


async def test_a_guardrail_of_another_region_is_not_found(service: Guardrails) -> None:
    arn = (await service.create_guardrail(ACCOUNT, named("first")))["guardrailArn"]
    with pytest.raises(GuardrailNotFound):
        await service.get_guardrail(ACCOUNT, {"guardrailIdentifier": arn.replace(REGION, "eu-west-1")})


async def test_another_partitions_name_for_a_guardrail_is_refused(service: Guardrails) -> None:
    """Policies are about the ARN as it was sent: a guardrail that they deny must have no second one."""
    arn = (await service.create_guardrail(ACCOUNT, named("first")))["guardrailArn"]
    with pytest.raises(InvalidRequest, match="partition"):
        await service.get_guardrail(ACCOUNT, {"guardrailIdentifier": arn.replace("arn:aws:", "arn:aws-cn:")})


async def test_the_talks_own_json_makes_a_guardrail_with_warnings(service: Guardrails) -> None:
    with pytest.raises(PolicyRefused):
        await service.create_guardrail(ACCOUNT, TALK)
    created = await service.create_from_document(ACCOUNT, TALK)
    assert len(created.warnings) == 4
    shown = await service.get_guardrail(ACCOUNT, {"guardrailIdentifier": created.answer["guardrailId"]})
    assert [(f["type"], f["inputStrength"], f["outputStrength"]) for f in shown["contentPolicy"]["filters"]] == [
        ("HATE", "HIGH", "HIGH"),
        ("PROMPT_ATTACK", "MEDIUM", "NONE"),
    ]


async def test_first_version_detectors_are_named_when_made_and_when_shown(service: Guardrails) -> None:
    document = named(
        "first",
        topicPolicyConfig={"topicsConfig": [{"name": "t", "definition": "d", "type": "DENY"}]},
        sensitiveInformationPolicyConfig={"piiEntitiesConfig": [{"type": "NAME", "action": "BLOCK"}]},
    )
    created = await service.create_from_document(ACCOUNT, document)
    shown = await service.get_guardrail(ACCOUNT, {"guardrailIdentifier": created.answer["guardrailId"]})
    assert len(created.warnings) == 2
    assert shown["statusReasons"] == [warning[:200] for warning in created.warnings]


async def test_enforcement_is_one_per_account_on_a_version_that_exists(service: Guardrails, clock: StandingClock) -> None:
    id_ = await made(service)
    wanted = {"guardrailIdentifier": id_, "guardrailVersion": "1"}
    with pytest.raises(GuardrailNotFound):
        await service.put_enforced_guardrail_configuration(ACCOUNT, {"guardrailInferenceConfig": wanted}, by="arn:me")
    await service.create_guardrail_version(ACCOUNT, {"guardrailIdentifier": id_})
    put = await service.put_enforced_guardrail_configuration(ACCOUNT, {"guardrailInferenceConfig": wanted}, by="arn:me")
    assert put == {"configId": put["configId"], "updatedAt": clock.now, "updatedBy": "arn:me"}
    with pytest.raises(Conflict):
        await service.put_enforced_guardrail_configuration(ACCOUNT, {"guardrailInferenceConfig": wanted}, by="arn:me")
    models = {"includedModels": ["ALL"], "excludedModels": ["vendor.small"]}
    await service.put_enforced_guardrail_configuration(
        ACCOUNT, {"configId": put["configId"], "guardrailInferenceConfig": {**wanted, "modelEnforcement": models}}, by="arn:you"
    )
    (shown,) = (await service.list_enforced_guardrails_configuration(ACCOUNT, {}))["guardrailsConfig"]
    assert (shown["guardrailId"], shown["createdBy"], shown["updatedBy"], shown["modelEnforcement"]) == (id_, "arn:me", "arn:you", models)
    (guard,) = await service.questions.guards(ACCOUNT, ["vendor.large"], None, None)
    assert guard.ready.applied.guardrail_id == id_
    assert await service.questions.guards(ACCOUNT, ["vendor.small"], None, None) == []
    assert await service.questions.guards(OTHER, ["vendor.large"], None, None) == []
    for request in ({"guardrailIdentifier": id_}, {"guardrailIdentifier": id_, "guardrailVersion": "1"}):
        with pytest.raises(Conflict, match="enforced"):
            await service.delete_guardrail(ACCOUNT, request)
    with pytest.raises(CallerError):
        await service.delete_enforced_guardrail_configuration(ACCOUNT, {"configId": "unknown"})
    await service.delete_enforced_guardrail_configuration(ACCOUNT, {"configId": put["configId"]})
    assert await service.list_enforced_guardrails_configuration(ACCOUNT, {}) == {"guardrailsConfig": []}
    await service.delete_guardrail(ACCOUNT, {"guardrailIdentifier": id_})


@pytest.mark.parametrize(
    "members",
    [
        {"guardrailVersion": "DRAFT"},
        {"modelEnforcement": {"includedModels": []}},
        {"modelEnforcement": {"includedModels": ["no spaces"]}},
        {"inputTags": "HONOR"},
    ],
    ids=str,
)
async def test_an_enforcement_that_is_malformed_is_refused(service: Guardrails, members: dict[str, object]) -> None:
    id_ = await made(service)
    await service.create_guardrail_version(ACCOUNT, {"guardrailIdentifier": id_})
    with pytest.raises(InvalidRequest):
        await service.put_enforced_guardrail_configuration(
            ACCOUNT, {"guardrailInferenceConfig": {"guardrailIdentifier": id_, "guardrailVersion": "1", **members}}, by="arn:me"
        )


async def test_strengths_by_origin_are_kept_in_awss_words_and_frozen_by_versions(service: Guardrails) -> None:
    origins = {"TOOL_RESULT": {"PROMPT_ATTACK": "LOW"}}
    plain = {**config(**content_policy(("PROMPT_ATTACK", "HIGH", "NONE"))), "name": "origins"}
    own = {**plain, "contentPolicyConfig": {**plain["contentPolicyConfig"], "originStrengths": origins}}  # type: ignore[dict-item]
    id_ = (await service.create_guardrail(ACCOUNT, own))["guardrailId"]
    await service.create_guardrail_version(ACCOUNT, {"guardrailIdentifier": id_})

    async def strengths(version: str = "DRAFT") -> Any:
        shown = await service.get_guardrail(ACCOUNT, {"guardrailIdentifier": id_, "guardrailVersion": version})
        return shown["contentPolicy"].get("originStrengths")

    async def judged(version: str) -> str:
        content = [{"text": {"text": "attack at 40", "origin": "TOOL_RESULT"}}]
        request = {"guardrailIdentifier": id_, "guardrailVersion": version, "source": "INPUT", "content": content}
        return str((await service.apply_guardrail(ACCOUNT, request)).answer["action"])

    await service.update_guardrail(ACCOUNT, {**plain, "guardrailIdentifier": id_})  # AWS's words have none to say
    assert await strengths() == origins
    assert await judged("DRAFT") == "NONE"
    await service.replace_draft(ACCOUNT, {**plain, "guardrailIdentifier": id_})  # the native API's do
    assert await strengths() is None
    assert await strengths("1") == origins
    assert [await judged("DRAFT"), await judged("1")] == ["GUARDRAIL_INTERVENED", "NONE"]
