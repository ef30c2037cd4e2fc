"""Users, groups and policies as things that are made, counted and deleted."""

from __future__ import annotations

import asyncio

import pytest

from ringwall.identity import Identity
from ringwall.identity.errors import (
    DeleteConflict,
    EntityAlreadyExists,
    InvalidInput,
    NoSuchEntity,
    QuotaExceeded,
    UnmodifiableEntity,
)
from ringwall.policies import MalformedPolicyDocument, PolicyTooLarge
from tests.integration.identity.actors import (
    APPLY,
    allow,
    allowed,
    deny,
    policy,
    role,
    user,
)
from tests.integration.identity.places import ACCOUNT, REGION, House

pytestmark = pytest.mark.anyio


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
