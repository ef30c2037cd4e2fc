"""Callers and policies that the identity tests are played by."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ringwall.identity import Caller
from ringwall.identity.caller import caller_of
from ringwall.identity.errors import (
    NotAuthorized,
)
from ringwall.identity.roles import NewRole
from ringwall.identity.sessions import RoleRequest
from ringwall.vocabulary import Principal
from tests.integration.identity.places import ACCOUNT, CONTEXT, House

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


def house_admin(house: House) -> Caller:
    return caller_of(house.administrator.user, house.administrator.access_key.key.name)


async def role(house: House, **changes: Any) -> str:
    new = NewRole(**{"name": "app", "path": "/svc/", "trust": trust({"AWS": ACCOUNT}), **changes})
    made = await house.identity.roles.create(ACCOUNT, new)
    await house.identity.roles.attach(ACCOUNT, made.name, "arn:aws:iam::aws:policy/AmazonBedrockFullAccess")
    return made.arn


async def assume(house: House, caller: Principal, arn: str, **changes: Any) -> Caller:
    issued = await house.identity.sessions.assume_role(caller, RoleRequest(role_arn=arn, session_name="run-1", **changes))
    return await house.identity.authenticate(house.signed(issued))
