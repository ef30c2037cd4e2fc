"""What callers may do: policies, boundaries, groups, sessions and trust, looked up in real storage."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from ringwall.errors import Bug, InvalidRequest
from ringwall.identity import Caller, Identity
from ringwall.identity.caller import caller_of, root_of
from ringwall.identity.errors import (
    DeleteConflict,
    EntityAlreadyExists,
    InvalidInput,
    NoSuchEntity,
    NotAuthorized,
    PackedPolicyTooLarge,
    QuotaExceeded,
    SessionRefused,
    UnmodifiableEntity,
)
from ringwall.identity.roles import NewRole
from ringwall.identity.sessions import RoleRequest
from ringwall.policies import MalformedPolicyDocument, PolicyTooLarge
from ringwall.storage import Delete
from ringwall.vocabulary import Principal
from tests.integration.identity.places import ACCOUNT, CONTEXT, REGION, House

pytestmark = pytest.mark.anyio
GUARDRAIL = f"arn:aws:bedrock:us-east-1:{ACCOUNT}:guardrail/abc"
APPLY = "bedrock:ApplyGuardrail"


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any = "bedrock:*", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any = "bedrock:*", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {**allow(action, resource, **more), "Effect": "Deny"}


def trust(who: Any, **more: Any) -> str:
    return policy({"Effect": "Allow", "Principal": who, "Action": "sts:AssumeRole", **more})


async def user(house: House, name: str = "ada") -> Caller:
    await house.identity.users.create(ACCOUNT, name)
    key = await house.identity.create_access_key(ACCOUNT, name)
    return await house.identity.authenticate(house.signed(key))


async def allowed(house: House, caller: Principal, action: str = APPLY, resource: str = GUARDRAIL, **context: Any) -> bool:
    try:
        await house.identity.authorize(caller, action, [resource], {**CONTEXT, **context})
    except NotAuthorized:
        return False
    return True


async def refusal(house: House, caller: Principal, action: str = APPLY, resource: str = GUARDRAIL) -> str:
    with pytest.raises(NotAuthorized) as refused:
        await house.identity.authorize(caller, action, [resource], CONTEXT)
    return refused.value.message


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


def house_admin(house: House) -> Caller:
    return caller_of(house.administrator.user, house.administrator.access_key.key.name)


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


# -- roles and sessions -----------------------------------------------------------------------------------------------------------------


async def role(house: House, **changes: Any) -> str:
    new = NewRole(**{"name": "app", "path": "/svc/", "trust": trust({"AWS": ACCOUNT}), **changes})
    made = await house.identity.roles.create(ACCOUNT, new)
    await house.identity.roles.attach(ACCOUNT, made.name, "arn:aws:iam::aws:policy/AmazonBedrockFullAccess")
    return made.arn


async def assume(house: House, caller: Principal, arn: str, **changes: Any) -> Caller:
    issued = await house.identity.sessions.assume_role(caller, RoleRequest(role_arn=arn, session_name="run-1", **changes))
    return await house.identity.authenticate(house.signed(issued))


async def test_a_session_has_the_roles_permissions_and_no_others(house: House) -> None:
    admin = house_admin(house)
    arn = await role(house)
    assert await allowed(house, admin, "sts:AssumeRole", arn)
    session = await assume(house, admin, arn)
    assert await allowed(house, session)
    assert not await allowed(house, session, "iam:ListUsers", "*")
    await house.identity.roles.detach(ACCOUNT, "app", "arn:aws:iam::aws:policy/AmazonBedrockFullAccess")
    assert not await allowed(house, session)


async def test_trust_decides_with_the_callers_policies(house: House) -> None:
    ada = await user(house)
    by_account = await role(house)
    by_name = await role(house, name="named", trust=trust({"AWS": ada.arn}))
    for_others = await role(house, name="other", trust=trust({"Service": "bedrock.amazonaws.com"}))
    assert not await allowed(house, ada, "sts:AssumeRole", by_account)
    assert await allowed(house, ada, "sts:AssumeRole", by_name)
    await house.identity.users.put_policy(ACCOUNT, "ada", "assume", policy(allow("sts:AssumeRole")))
    assert await allowed(house, ada, "sts:AssumeRole", by_account)
    assert not await allowed(house, ada, "sts:AssumeRole", for_others)
    assert not await allowed(house, ada, "sts:AssumeRole", by_account.replace("/svc/", "/"))
    assert not await allowed(house, ada, "sts:AssumeRole", by_account + "x")
    assert not await allowed(house, ada, "sts:AssumeRole", "*")
    assert not await allowed(house, ada, "sts:AssumeRole", "role/app")


async def test_trust_is_in_a_person_not_in_a_name(house: House) -> None:
    ada = await user(house)
    arn = await role(house, trust=trust({"AWS": ada.arn}))
    assert await allowed(house, ada, "sts:AssumeRole", arn)
    await house.identity.access_keys.delete(ACCOUNT, "ada", ada.access_key_id)
    await house.identity.users.delete(ACCOUNT, "ada")
    impostor = await user(house)
    assert impostor.arn == ada.arn
    assert not await allowed(house, impostor, "sts:AssumeRole", arn)
    await house.identity.roles.set_trust(ACCOUNT, "app", trust({"AWS": ada.arn}))
    assert await allowed(house, impostor, "sts:AssumeRole", arn), "trusted anew, by the name they have now"
    first = await role(house, name="first")
    second = await role(house, name="second", trust=trust({"AWS": first}))
    session = await assume(house, house_admin(house), first)
    assert await allowed(house, session, "sts:AssumeRole", second)
    for nobody in (f"arn:aws:iam::{ACCOUNT}:user/nobody", f"arn:aws:iam::{ACCOUNT}:role/first", first.replace(ACCOUNT, "999988887777")):
        with pytest.raises(MalformedPolicyDocument, match="Invalid principal"):
            await house.identity.roles.set_trust(ACCOUNT, "app", trust({"AWS": [ACCOUNT, nobody]}))


async def test_a_stranger_assumes_a_role_with_the_external_id(house: House) -> None:
    other = await house.identity.create_administrator("partner", "999988887777")
    stranger = await house.identity.authenticate(house.signed(other.access_key))
    arn = await role(house, trust=trust({"AWS": "999988887777"}, Condition={"StringEquals": {"sts:ExternalId": "42"}}))
    assert not await allowed(house, stranger, "sts:AssumeRole", arn)
    assert not await allowed(house, stranger, "sts:AssumeRole", arn, **{"sts:ExternalId": "43"})
    assert await allowed(house, stranger, "sts:AssumeRole", arn, **{"sts:ExternalId": "42"})
    session = await assume(house, stranger, arn)
    assert session.account_id == ACCOUNT
    assert await allowed(house, session)


async def test_a_root_assumes_no_role(house: House) -> None:
    arn = await role(house)
    assert not await allowed(house, root_of(ACCOUNT), "sts:AssumeRole", arn)
    with pytest.raises(NotAuthorized):
        await house.identity.sessions.assume_role(root_of(ACCOUNT), RoleRequest(role_arn=arn, session_name="run-1"))


async def test_session_policies_narrow(house: House) -> None:
    arn = await role(house)
    admin = house_admin(house)
    session = await assume(house, admin, arn, policy=policy(allow("bedrock:Get*")))
    assert await allowed(house, session, "bedrock:GetGuardrail")
    assert (await refusal(house, session)).endswith(f"because no session policy allows the {APPLY} action")
    session = await assume(
        house, admin, arn, policy=policy(allow("bedrock:Get*")), policy_arns=("arn:aws:iam::aws:policy/AmazonBedrockLimitedAccess",)
    )
    assert await allowed(house, session)
    assert not await allowed(house, session, "bedrock:DeleteGuardrail")
    assert not await allowed(house, session, "iam:ListUsers", "*"), "a session policy grants nothing by itself"


SESSIONS_REFUSED: dict[str, tuple[dict[str, Any], type[Exception]]] = {
    "under a quarter of an hour": ({"duration_s": 899}, SessionRefused),
    "longer than the role gives": ({"duration_s": 3_601}, SessionRefused),
    "a policy that does not parse": ({"policy": "{"}, MalformedPolicyDocument),
    "a policy that is too long": ({"policy": policy(allow(["bedrock:" + "G" * 40] * 60))}, PackedPolicyTooLarge),
    "too many policies": ({"policy_arns": ("arn:aws:iam::aws:policy/ReadOnlyAccess",) * 11}, SessionRefused),
    "policies too long together": ({"policy_arns": (f"arn:aws:iam::{ACCOUNT}:policy/long",) * 3}, PackedPolicyTooLarge),
    "a policy that is not there": ({"policy_arns": (f"arn:aws:iam::{ACCOUNT}:policy/none",)}, NoSuchEntity),
    "a session name with a slash": ({"session_name": "a/b"}, SessionRefused),
    "a role that is not there": ({"role_arn": f"arn:aws:iam::{ACCOUNT}:role/none"}, NotAuthorized),
    "a role that is no role": ({"role_arn": f"arn:aws:iam::{ACCOUNT}:user/admin"}, SessionRefused),
}


@pytest.mark.parametrize("name", SESSIONS_REFUSED)
async def test_no_session(house: House, name: str) -> None:
    changes, error = SESSIONS_REFUSED[name]
    await house.identity.policies.create(ACCOUNT, "long", policy(allow([f"bedrock:{'G' * 100}{index}" for index in range(50)])))
    request = {"role_arn": await role(house), "session_name": "run-1", **changes}
    with pytest.raises(error):
        await house.identity.sessions.assume_role(house_admin(house), RoleRequest(**request))


async def test_durations(house: House) -> None:
    admin, sessions = house_admin(house), house.identity.sessions
    arn = await role(house, max_session_seconds=43_200)
    now = int(house.clock().timestamp())
    request = RoleRequest(role_arn=arn, session_name="run-1", duration_s=43_200)
    assert (await sessions.assume_role(admin, request)).session.expires_at == now + 43_200
    assert (await sessions.assume_role(admin, RoleRequest(role_arn=arn, session_name="run-1"))).session.expires_at == now + 3_600
    chained = await assume(house, admin, arn)
    with pytest.raises(SessionRefused, match="role chaining"):
        await sessions.assume_role(chained, request)
    assert (await sessions.assume_role(chained, RoleRequest(role_arn=arn, session_name="two"))).session.expires_at == now + 3_600
    assert (await sessions.get_session_token(admin)).session.expires_at == now + 43_200
    for wrong in (899, 129_601):
        with pytest.raises(SessionRefused):
            await sessions.get_session_token(admin, wrong)


async def test_sessions_beget_no_session_tokens(house: House) -> None:
    issued = await house.identity.sessions.get_session_token(house_admin(house))
    own = await house.identity.authenticate(house.signed(issued))
    for caller in (
        own,
        await assume(house, house_admin(house), await role(house)),
        await house.identity.authenticate(house.bearer(house.administrator.api_key.token)),
    ):
        with pytest.raises(NotAuthorized):
            await house.identity.sessions.get_session_token(caller)
    assert await allowed(house, own)
    assert not await allowed(house, own, "iam:ListUsers", "*"), "a session token without a second factor does not open IAM"
    assert await allowed(house, own, "sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/svc/app")


async def test_sessions_end_with_their_role_and_are_revoked_by_time(house: House) -> None:
    admin = house_admin(house)
    arn = await role(house)
    old = await assume(house, admin, arn)
    revoke = policy(deny("*", Condition={"DateLessThan": {"aws:TokenIssueTime": "2026-05-01T12:00:30Z"}}))
    await house.identity.roles.put_policy(ACCOUNT, "app", "revoke", revoke)
    assert not await allowed(house, old)
    house.clock.advance(60)
    young = await assume(house, admin, arn)
    assert await allowed(house, young)
    await house.identity.roles.delete_policy(ACCOUNT, "app", "revoke")
    await house.identity.roles.detach(ACCOUNT, "app", "arn:aws:iam::aws:policy/AmazonBedrockFullAccess")
    await house.identity.roles.delete(ACCOUNT, "app")
    await role(house)
    assert not await allowed(house, young), "a new role with the same name is another role"


async def test_a_principal_made_elsewhere_has_the_same_standing(house: House) -> None:
    """A console session keeps a plain Principal."""
    arn = await role(house)
    session = await assume(house, house_admin(house), arn)
    plain = Principal(
        account_id=session.account_id, arn=session.arn, principal_id=session.principal_id, kind="AssumedRole", session_name="run-1"
    )
    assert await allowed(house, plain)
    assert not await allowed(house, plain, "iam:ListUsers", "*")


# -- entities ---------------------------------------------------------------------------------------------------------------------------


async def test_names_are_unique_without_case_and_found_with_it(house: House) -> None:
    users = house.identity.users
    await users.create(ACCOUNT, "Ada")
    with pytest.raises(EntityAlreadyExists):
        await users.create(ACCOUNT, "ADA")
    with pytest.raises(NoSuchEntity):
        await users.get(ACCOUNT, "ada")
    assert (await users.get(ACCOUNT, "Ada")).arn == f"arn:aws:iam::{ACCOUNT}:user/Ada"


async def test_policy_versions(house: House) -> None:
    ada, policies = await user(house), house.identity.policies
    arn = (await policies.create(ACCOUNT, "mine", policy(allow(APPLY)))).arn
    await house.identity.users.attach(ACCOUNT, "ada", arn)
    assert await allowed(house, ada)
    version, in_force = await policies.create_version(ACCOUNT, arn, policy(deny("*")), default=True)
    assert (version.id, in_force) == ("v2", True)
    assert not await allowed(house, ada)
    await policies.set_default(ACCOUNT, arn, "v1")
    assert await allowed(house, ada)
    with pytest.raises(DeleteConflict):
        await policies.delete_version(ACCOUNT, arn, "v1")
    for _ in range(3):
        await policies.create_version(ACCOUNT, arn, policy(allow()))
    with pytest.raises(QuotaExceeded):
        await policies.create_version(ACCOUNT, arn, policy(allow()))
    await policies.delete_version(ACCOUNT, arn, "v2")
    assert (await policies.create_version(ACCOUNT, arn, policy(allow())))[0].id == "v6", "a number is never used twice"
    with pytest.raises(DeleteConflict, match="attached"):
        await policies.delete(ACCOUNT, arn)
    await house.identity.users.detach(ACCOUNT, "ada", arn)
    with pytest.raises(DeleteConflict, match="version"):
        await policies.delete(ACCOUNT, arn)
    for number in ("v3", "v4", "v5", "v6"):
        await policies.delete_version(ACCOUNT, arn, number)
    await policies.delete(ACCOUNT, arn)
    with pytest.raises(NoSuchEntity):
        await policies.get(ACCOUNT, arn)


async def test_ringwalls_own_policies_do_not_change(house: House) -> None:
    arn = "arn:aws:iam::aws:policy/AdministratorAccess"
    for attempt in (
        house.identity.policies.delete(ACCOUNT, arn),
        house.identity.policies.create_version(ACCOUNT, arn, policy(allow())),
        house.identity.policies.set_default(ACCOUNT, arn, "v1"),
        house.identity.policies.tag(ACCOUNT, arn, {"a": "b"}),
    ):
        with pytest.raises(UnmodifiableEntity):
            await attempt


async def test_documents_are_checked_when_they_are_given(house: House) -> None:
    await user(house)
    for wrong in ("{", policy(), policy(allow(Condition={"StringSounds": {"aws:username": "x"}}))):
        with pytest.raises(MalformedPolicyDocument):
            await house.identity.users.put_policy(ACCOUNT, "ada", "x", wrong)
        with pytest.raises(MalformedPolicyDocument):
            await house.identity.policies.create(ACCOUNT, "x", wrong)
        with pytest.raises(MalformedPolicyDocument):
            await role(house, trust=wrong)
    with pytest.raises(PolicyTooLarge):
        await house.identity.users.put_policy(ACCOUNT, "ada", "x", policy(allow([f"bedrock:A{index}" for index in range(300)])))
    with pytest.raises(PolicyTooLarge):
        await house.identity.policies.create(ACCOUNT, "x", policy(allow([f"bedrock:A{index}" for index in range(900)])))


async def test_quotas_and_conflicts(house: House) -> None:
    users, keys = house.identity.users, house.identity.access_keys
    await user(house)
    await keys.create(ACCOUNT, "ada")
    with pytest.raises(QuotaExceeded):
        await keys.create(ACCOUNT, "ada")
    await house.identity.create_api_key(ACCOUNT, "ada")
    with pytest.raises(DeleteConflict, match="access keys"):
        await users.delete(ACCOUNT, "ada")
    for key in await keys.list(ACCOUNT, "ada"):
        await keys.delete(ACCOUNT, "ada", key.name)
    with pytest.raises(DeleteConflict, match="service specific"):
        await users.delete(ACCOUNT, "ada")
    for bearer in await house.identity.api_keys.list(ACCOUNT, "ada"):
        await house.identity.api_keys.delete(ACCOUNT, "ada", bearer.name)
    for index in range(10):
        arn = (await house.identity.policies.create(ACCOUNT, f"p{index}", policy(allow()))).arn
        await users.attach(ACCOUNT, "ada", arn)
    with pytest.raises(QuotaExceeded):
        await users.attach(ACCOUNT, "ada", "arn:aws:iam::aws:policy/ReadOnlyAccess")
    with pytest.raises(DeleteConflict, match="detach"):
        await users.delete(ACCOUNT, "ada")
    for index in range(10):
        await users.detach(ACCOUNT, "ada", f"arn:aws:iam::{ACCOUNT}:policy/p{index}")
    await users.delete(ACCOUNT, "ada")
    for name in ("", "a b", "a/b", "x" * 65, "ä"):
        with pytest.raises(InvalidInput):
            await users.create(ACCOUNT, name)
    for path in ("x", "/x", "x/", "/a b/", "/" + "x" * 512 + "/"):
        with pytest.raises(InvalidInput):
            await users.create(ACCOUNT, "ok", path=path)


async def test_counts_survive_many_writers(house: House) -> None:
    """Two processes attach and detach at the same time; each change either happens whole or is made again."""
    other = Identity(house.storage, house.keys, house.clock, REGION)
    arn = (await house.identity.policies.create(ACCOUNT, "shared", policy(allow()))).arn
    names = [f"u{index}" for index in range(6)]
    for name in names:
        await house.identity.users.create(ACCOUNT, name)
    both = [(identity, name) for name in names for identity in (house.identity, other)]
    await asyncio.gather(*(identity.users.attach(ACCOUNT, name, arn) for identity, name in both))
    assert (await other.policies.get(ACCOUNT, arn)).attachments == len(names)
    results = await asyncio.gather(*(identity.users.detach(ACCOUNT, name, arn) for identity, name in both), return_exceptions=True)
    assert sum(isinstance(one, NoSuchEntity) for one in results) == len(names)
    assert (await other.policies.get(ACCOUNT, arn)).attachments == 0
