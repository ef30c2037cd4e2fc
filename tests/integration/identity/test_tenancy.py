"""1,300 tenants in one ringwall: none sees, uses or changes what is another's."""

from __future__ import annotations

import asyncio
import json
import random
from pathlib import Path

import pytest

from ringwall.errors import NotFound
from ringwall.identity import Administrator
from ringwall.identity.caller import caller_of, root_of
from ringwall.identity.errors import NotAuthorized
from ringwall.identity.roles import NewRole
from ringwall.identity.sessions import RoleRequest
from tests.integration.identity.places import CONTEXT, House, open_house

pytestmark = pytest.mark.anyio
TENANTS = 1_300
CROSSINGS = 2_600
ACTIONS = [
    "bedrock:GetGuardrail",
    "bedrock:ApplyGuardrail",
    "bedrock:DeleteGuardrail",
    "iam:GetUser",
    "iam:DeleteUser",
    "sts:AssumeRole",
    "iam:GetPolicy",
]
RESOURCES = [
    "arn:aws:bedrock:us-east-1:{}:guardrail/{}",
    "arn:aws:iam::{}:user/admin",
    "arn:aws:iam::{}:role/own",
    "arn:aws:iam::{}:policy/own",
]
OWN = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})


async def tenant(house: House, index: int) -> Administrator:
    """An account with an administrator who may do everything, a role that trusts the account, and a policy."""
    made = await house.identity.create_administrator(f"tenant {index}")
    account = made.account.account_id
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"}]}
    await house.identity.roles.create(account, NewRole(name="own", trust=json.dumps(trust)))
    await house.identity.policies.create(account, "own", OWN)
    return made


async def test_no_tenant_reaches_another(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        tenants: list[Administrator] = []
        for start in range(0, TENANTS, 100):
            tenants += await asyncio.gather(*(tenant(house, index) for index in range(start, start + 100)))
        assert len({one.account.account_id for one in tenants}) == TENANTS
        assert len(await house.identity.list_accounts()) == TENANTS + 1
        draw = random.Random(5)
        for _ in range(CROSSINGS):
            mine, theirs = draw.sample(tenants, 2)
            await refused_everywhere(house, draw, mine, theirs.account.account_id)
        for one in draw.sample(tenants, 100):
            await at_home_everywhere(house, one)


async def refused_everywhere(house: House, draw: random.Random, mine: Administrator, foreign: str) -> None:
    caller = caller_of(mine.user, mine.access_key.key.name) if draw.random() < 0.8 else root_of(mine.account.account_id)
    resource = draw.choice(RESOURCES).format(foreign, "abc")
    with pytest.raises(NotAuthorized):
        await house.identity.authorize(caller, draw.choice(ACTIONS), [resource], CONTEXT)
    with pytest.raises(NotAuthorized):
        await house.identity.authorize(caller, "ringwall:ListAccounts", ["*"], CONTEXT)
    for attempt in (
        house.identity.policies.get(mine.account.account_id, f"arn:aws:iam::{foreign}:policy/own"),
        house.identity.users.attach(mine.account.account_id, "admin", f"arn:aws:iam::{foreign}:policy/own"),
        house.identity.access_keys.delete(mine.account.account_id, "admin", "AKIA" + "A" * 16),
    ):
        with pytest.raises(NotFound):
            await attempt


async def at_home_everywhere(house: House, one: Administrator) -> None:
    """The same tenants do all of it in their own account, with signatures, bearer keys and sessions."""
    account = one.account.account_id
    caller = await house.identity.authenticate(house.signed(one.access_key))
    assert caller.account_id == account
    assert (await house.identity.authenticate(house.bearer(one.api_key.token))).account_id == account
    for resource in RESOURCES:
        await house.identity.authorize(caller, "bedrock:GetGuardrail", [resource.format(account, "abc")], CONTEXT)
    await house.identity.authorize(caller, "sts:AssumeRole", [f"arn:aws:iam::{account}:role/own"], CONTEXT)
    issued = await house.identity.sessions.assume_role(
        caller, RoleRequest(role_arn=f"arn:aws:iam::{account}:role/own", session_name="home")
    )
    assert (await house.identity.authenticate(house.signed(issued))).account_id == account
    assert [user.name for user in (await house.identity.users.page(account)).entities] == ["admin"]


async def test_credentials_of_one_tenant_name_that_tenant_alone(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        tenants = [await tenant(house, index) for index in range(20)]
        for one in tenants:
            for other in tenants:
                if one is not other:
                    with pytest.raises(NotFound):
                        await house.identity.access_keys.last_use(one.account.account_id, other.access_key.key.name)
                    with pytest.raises(NotFound):
                        await house.identity.api_keys.delete(one.account.account_id, "admin", other.api_key.key.name)
