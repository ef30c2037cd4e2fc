"""Roles, trust and temporary credentials over real storage."""

from __future__ import annotations

from typing import Any

import pytest

from ringwall.identity.caller import root_of
from ringwall.identity.errors import (
    NoSuchEntity,
    NotAuthorized,
    PackedPolicyTooLarge,
    SessionRefused,
)
from ringwall.identity.sessions import RoleRequest
from ringwall.policies import MalformedPolicyDocument
from ringwall.vocabulary import Principal
from tests.integration.identity.actors import (
    APPLY,
    allow,
    allowed,
    assume,
    deny,
    house_admin,
    policy,
    refusal,
    role,
    trust,
    user,
)
from tests.integration.identity.places import ACCOUNT, House

pytestmark = pytest.mark.anyio


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
