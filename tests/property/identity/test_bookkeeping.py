"""Whatever is created, attached, moved and deleted, in whatever order: counts agree with what is there, and refusals change nothing."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ringwall.errors import CallerError
from ringwall.identity.entities import AccessKey, Group, ManagedPolicy, User
from ringwall.identity.records import Records
from ringwall.identity.roles import NewRole
from tests.integration.identity.places import ACCOUNT, House, open_house

ALLOW = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"bedrock:*","Resource":"*"}}'
TRUST = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}}'
NAMES = st.sampled_from(["a", "b", "A"])
ARNS = st.sampled_from(
    [f"arn:aws:iam::{ACCOUNT}:policy/p", f"arn:aws:iam::{ACCOUNT}:policy/q", "arn:aws:iam::aws:policy/ReadOnlyAccess", ""]
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "user",
                "group",
                "role",
                "policy",
                "attach",
                "detach",
                "bound",
                "join",
                "leave",
                "key",
                "drop-key",
                "rename",
                "delete",
                "delete-policy",
                "delete-group",
            ]
        ),
        NAMES,
        NAMES,
        ARNS,
    ),
    max_size=40,
)


async def step(house: House, what: str, one: str, other: str, arn: str) -> Any:
    room = house.identity
    match what:
        case "user":
            return await room.users.create(ACCOUNT, one, boundary=arn)
        case "group":
            return await room.groups.create(ACCOUNT, one)
        case "role":
            return await room.roles.create(ACCOUNT, NewRole(name=one, trust=TRUST, boundary=arn))
        case "policy":
            return await room.policies.create(ACCOUNT, arn[-1:] or "p", ALLOW)
        case "attach":
            return await (room.users if other != "b" else room.groups).attach(ACCOUNT, one, arn)
        case "detach":
            return await (room.users if other != "b" else room.groups).detach(ACCOUNT, one, arn)
        case "bound":
            return await room.users.set_boundary(ACCOUNT, one, arn)
        case "join":
            return await room.groups.add_user(ACCOUNT, other, one)
        case "leave":
            return await room.groups.remove_user(ACCOUNT, other, one)
        case "key":
            return await room.access_keys.create(ACCOUNT, one)
        case "drop-key":
            for key in await room.access_keys.list(ACCOUNT, one):
                await room.access_keys.delete(ACCOUNT, one, key.name)
            return None
        case "rename":
            return await room.users.rename(ACCOUNT, one, new_name=other)
        case "delete":
            return await room.users.delete(ACCOUNT, one)
        case "delete-policy":
            return await room.policies.delete(ACCOUNT, arn)
        case _:
            return await room.groups.delete(ACCOUNT, one)


async def check(house: House) -> None:
    records = Records(house.storage)
    users, groups = await records.all(User, ACCOUNT), await records.all(Group, ACCOUNT)
    roles = (await house.identity.roles.page(ACCOUNT, max_items=100)).entities
    holders = [*users, *groups, *roles]
    policies = {policy.arn: policy for policy in await records.all(ManagedPolicy, ACCOUNT)}
    for arn, policy in policies.items():
        assert policy.attachments == sum(arn in one.attached for one in holders)
        assert policy.boundaries == sum(one.boundary == arn for one in holders)
    for one in holders:
        assert all(arn in policies or arn.startswith("arn:aws:iam::aws:") for arn in (*one.attached, *filter(None, [one.boundary])))
    for group in groups:
        assert group.members == sum(group.name in user.groups for user in users)
    assert all(any(name == group.name for group in groups) for user in users for name in user.groups)
    keys = {key.name: key for key in await records.all(AccessKey, ACCOUNT)}
    assert {key for user in users for key in user.access_keys} == set(keys)
    assert all(keys[key].user_name == user.name for user in users for key in user.access_keys)
    assert len({user.name.lower() for user in users}) == len(users)


async def walk(steps: list[tuple[str, str, str, str]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        async with open_house(Path(directory)) as house:
            for what, one, other, arn in steps:
                with contextlib.suppress(CallerError):
                    await step(house, what, one, other, arn)
                await check(house)


@settings(max_examples=60)
@given(STEPS)
def test_the_books_balance(steps: list[tuple[str, str, str, str]]) -> None:
    asyncio.run(walk([("user", "a", "a", ""), ("policy", "a", "a", "p"), ("group", "b", "b", ""), *steps]))
