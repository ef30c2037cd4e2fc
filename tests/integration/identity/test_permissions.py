"""What callers may do: policies, boundaries, groups, tags and addresses, looked up in real storage."""

from __future__ import annotations

import pytest

from ringwall.errors import Bug, InvalidRequest
from ringwall.identity.errors import (
    DeleteConflict,
    NoSuchEntity,
    NotAuthorized,
)
from ringwall.storage import Delete
from tests.integration.identity.actors import (
    APPLY,
    GUARDRAIL,
    allow,
    allowed,
    deny,
    house_admin,
    policy,
    refusal,
    user,
)
from tests.integration.identity.places import ACCOUNT, CONTEXT, House

pytestmark = pytest.mark.anyio


async def test_permissions_follow_every_change_at_once(house: House) -> None:
    ada, users = await user(house), house.identity.users
    assert not await allowed(house, ada)
    await users.put_policy(ACCOUNT, "ada", "use", policy(allow(APPLY)))
    assert await allowed(house, ada)
    await users.put_policy(ACCOUNT, "ada", "use", policy(allow("bedrock:GetGuardrail")))
    assert not await allowed(house, ada)
    await users.attach(ACCOUNT, "ada", "arn:aws:iam::aws:policy/AmazonBedrockLimitedAccess")
    assert await allowed(house, ada)
    assert not await allowed(house, ada, "bedrock:DeleteGuardrail")
    await users.detach(ACCOUNT, "ada", "arn:aws:iam::aws:policy/AmazonBedrockLimitedAccess")
    assert not await allowed(house, ada)


async def test_refusals_use_the_words_of_aws(house: House) -> None:
    ada, users = await user(house), house.identity.users
    head = f"User: {ada.arn} is not authorized to perform: {APPLY} on resource: {GUARDRAIL}"
    assert await refusal(house, ada) == f"{head} because no identity-based policy allows the {APPLY} action"
    await users.put_policy(ACCOUNT, "ada", "use", policy(allow(), deny(APPLY)))
    assert await refusal(house, ada) == f"{head} with an explicit deny in an identity-based policy"
    await users.put_policy(ACCOUNT, "ada", "use", policy(allow()))
    await users.set_boundary(ACCOUNT, "ada", "arn:aws:iam::aws:policy/IAMFullAccess")
    assert await refusal(house, ada) == f"{head} because no permissions boundary allows the {APPLY} action"
    foreign = GUARDRAIL.replace(ACCOUNT, "999988887777")
    assert (await refusal(house, house_admin(house), resource=foreign)).endswith(
        f"because no resource-based policy allows the {APPLY} action"
    )


async def test_groups_carry_policies_to_their_members(house: House) -> None:
    ada, groups = await user(house), house.identity.groups
    await groups.create(ACCOUNT, "staff")
    await groups.put_policy(ACCOUNT, "staff", "use", policy(allow(APPLY)))
    assert not await allowed(house, ada)
    await groups.add_user(ACCOUNT, "staff", "ada")
    await groups.add_user(ACCOUNT, "staff", "ada")
    assert await allowed(house, ada)
    with pytest.raises(DeleteConflict):
        await groups.delete(ACCOUNT, "staff")
    await groups.remove_user(ACCOUNT, "staff", "ada")
    assert not await allowed(house, ada)
    with pytest.raises(NoSuchEntity):
        await groups.remove_user(ACCOUNT, "staff", "ada")
    await groups.delete_policy(ACCOUNT, "staff", "use")
    await groups.delete(ACCOUNT, "staff")


async def test_a_boundary_limits_what_an_administrator_hands_on(house: House) -> None:
    """Delegation as the guide describes it: a user may create users, but only within the boundary."""
    ada, users = await user(house), house.identity.users
    boundary = (await house.identity.policies.create(ACCOUNT, "edge", policy(allow()))).arn
    create = allow("iam:CreateUser", Condition={"StringEquals": {"iam:PermissionsBoundary": boundary}})
    widen = allow(["iam:PutUserPolicy"], Condition={"StringEquals": {"iam:PermissionsBoundary": boundary}})
    await users.put_policy(ACCOUNT, "ada", "delegate", policy(create, widen))
    target = f"arn:aws:iam::{ACCOUNT}:user/bob"
    assert not await allowed(house, ada, "iam:CreateUser", target)
    assert await allowed(house, ada, "iam:CreateUser", target, **{"iam:PermissionsBoundary": boundary})
    assert not await allowed(house, ada, "iam:PutUserPolicy", f"arn:aws:iam::{ACCOUNT}:user/admin")
    await users.create(ACCOUNT, "bob", boundary=boundary)
    assert await allowed(house, ada, "iam:PutUserPolicy", target)


async def test_a_deny_on_a_path_is_not_evaded_by_naming_the_user_without_it(house: House) -> None:
    ada = await user(house)
    await house.identity.users.create(ACCOUNT, "boss", path="/leads/")
    await house.identity.users.put_policy(
        ACCOUNT, "ada", "iam", policy(allow("iam:*"), deny("iam:*", f"arn:aws:iam::{ACCOUNT}:user/leads/*"))
    )
    assert not await allowed(house, ada, "iam:DeleteUser", f"arn:aws:iam::{ACCOUNT}:user/boss")
    assert await allowed(house, ada, "iam:DeleteUser", f"arn:aws:iam::{ACCOUNT}:user/ada")


async def test_a_new_user_with_an_old_name_inherits_nothing(house: House) -> None:
    ada, users = await user(house), house.identity.users
    await users.put_policy(ACCOUNT, "ada", "use", policy(allow()))
    issued = await house.identity.sessions.get_session_token(ada)
    session = await house.identity.authenticate(house.signed(issued))
    assert await allowed(house, session)
    await users.delete_policy(ACCOUNT, "ada", "use")
    await house.identity.access_keys.delete(ACCOUNT, "ada", ada.access_key_id)
    await users.delete(ACCOUNT, "ada")
    await users.create(ACCOUNT, "ada")
    await users.put_policy(ACCOUNT, "ada", "use", policy(allow()))
    assert not await allowed(house, session), "the session belongs to the former user"
    assert not await allowed(house, ada)


async def test_tags_and_names_reach_conditions(house: House) -> None:
    ada, users = await user(house), house.identity.users
    same_team = {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}
    await users.put_policy(
        ACCOUNT,
        "ada",
        "team",
        policy(allow(Condition=same_team), allow("bedrock:GetGuardrail", "arn:aws:bedrock:*:*:guardrail/${aws:username}-*")),
    )
    assert not await allowed(house, ada, **{"aws:ResourceTag/team": "red"})
    await users.tag(ACCOUNT, "ada", {"Team": "red"})
    assert await allowed(house, ada, **{"aws:ResourceTag/team": "red"})
    assert not await allowed(house, ada, **{"aws:ResourceTag/team": "blue"})
    assert await allowed(house, ada, "bedrock:GetGuardrail", GUARDRAIL.replace("abc", "ada-1"))
    await users.untag(ACCOUNT, "ada", ["TEAM"])
    assert not await allowed(house, ada, **{"aws:ResourceTag/team": "red"})


async def test_a_request_cannot_bring_the_keys_of_its_caller(house: House) -> None:
    ada = await user(house)
    await house.identity.users.put_policy(ACCOUNT, "ada", "me", policy(allow(Condition={"StringEquals": {"aws:username": "admin"}})))
    assert not await allowed(house, ada, **{"aws:username": "admin"})
    assert not await allowed(house, ada, **{"AWS:UserName": "admin"})
    with pytest.raises(InvalidRequest):
        await allowed(house, ada, **{"aws:username": "admin", "aws:UserName": "admin"})


async def test_private_networks(house: House) -> None:
    ada, users = await user(house), house.identity.users
    await users.attach(ACCOUNT, "ada", "arn:aws:iam::aws:policy/AmazonBedrockFullAccess")
    await users.attach(ACCOUNT, "ada", "arn:aws:iam::aws:policy/RingwallPrivateNetworkOnly")
    for address, inside in (
        ("10.1.1.1", True),
        ("127.0.0.1", True),
        ("fd00::1", True),
        ("8.8.8.8", False),
        ("::ffff:8.8.8.8", False),
        ("", False),
    ):
        assert await allowed(house, ada, **{"aws:SourceIp": address}) is inside, address


async def test_a_check_against_nothing_is_a_bug_not_a_pass(house: House) -> None:
    with pytest.raises(Bug):
        await house.identity.authorize(house_admin(house), APPLY, [], CONTEXT)


async def test_every_resource_must_be_allowed(house: House) -> None:
    ada = await user(house)
    await house.identity.users.put_policy(ACCOUNT, "ada", "one", policy(allow(resource=GUARDRAIL)))
    await house.identity.authorize(ada, APPLY, [GUARDRAIL], CONTEXT)
    with pytest.raises(NotAuthorized):
        await house.identity.authorize(ada, APPLY, [GUARDRAIL, GUARDRAIL + "x"], CONTEXT)


async def test_an_attached_policy_that_is_gone_denies_everything(house: House) -> None:
    ada, users = await user(house), house.identity.users
    arn = (await house.identity.policies.create(ACCOUNT, "lost", policy(allow("*")))).arn
    await users.attach(ACCOUNT, "ada", arn)
    await users.put_policy(ACCOUNT, "ada", "use", policy(allow()))
    assert await allowed(house, ada)
    await house.storage.apply(Delete(ACCOUNT, "iam-policy", "lost"))
    assert (await refusal(house, ada)).endswith("with an explicit deny in an identity-based policy")


async def test_accounts_are_the_operators_business(house: House) -> None:
    tenant = await house.identity.create_administrator("tenant")
    caller = await house.identity.authenticate(house.signed(tenant.access_key))
    for action in ("ringwall:CreateAccount", "ringwall:ListAccounts"):
        assert not await allowed(house, caller, action, "*")
        assert await allowed(house, house_admin(house), action, "*")


async def test_an_api_key_needs_the_permission_to_use_one(house: House) -> None:
    await user(house)
    new = await house.identity.create_api_key(ACCOUNT, "ada")
    caller = await house.identity.authenticate(house.bearer(new.token))
    await house.identity.users.put_policy(ACCOUNT, "ada", "use", policy(allow(APPLY)))
    assert not await allowed(house, caller)
    await house.identity.users.put_policy(ACCOUNT, "ada", "use", policy(allow([APPLY, "bedrock:CallWithBearerToken"])))
    assert await allowed(house, caller)


async def test_a_permission_that_is_remembered_ends_with_the_policy(house: House) -> None:
    ada, users = await user(house), house.identity.users
    await users.put_policy(ACCOUNT, "ada", "use", policy(allow(APPLY)))
    for _ in range(2):
        assert await allowed(house, ada)
    assert not await allowed(house, ada, "bedrock:GetGuardrail")
    await users.put_policy(ACCOUNT, "ada", "not", policy(deny(APPLY)))
    assert not await allowed(house, ada)


@pytest.mark.parametrize("effect", ["deny", "allow"])
async def test_a_permission_that_depends_on_the_request_is_never_remembered(house: House, effect: str) -> None:
    ada, users = await user(house), house.identity.users
    inside = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
    outside = {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
    statements = (allow(APPLY, Condition=inside),) if effect == "allow" else (allow(APPLY), deny("bedrock:*", Condition=outside))
    await users.put_policy(ACCOUNT, "ada", "use", policy(*statements))
    for _ in range(2):
        assert await allowed(house, ada, **{"aws:SourceIp": "10.1.1.1"})
        assert not await allowed(house, ada, **{"aws:SourceIp": "8.8.8.8"})


async def test_a_permission_of_a_key_says_nothing_about_an_api_key_of_the_same_user(house: House) -> None:
    ada = await user(house)
    await house.identity.users.put_policy(ACCOUNT, "ada", "use", policy(allow(APPLY)))
    assert await allowed(house, ada)
    new = await house.identity.create_api_key(ACCOUNT, "ada")
    assert not await allowed(house, await house.identity.authenticate(house.bearer(new.token)))
