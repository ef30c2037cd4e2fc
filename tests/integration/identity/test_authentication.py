"""Who is let in: keys, sessions and bearer tokens over real storage."""

from __future__ import annotations

import base64
import json

import anyio
import anyio.lowlevel
import msgspec
import pytest

from ringwall.errors import NotAuthenticated, RingwallError
from ringwall.identity import Identity
from ringwall.identity.roles import NewRole
from ringwall.identity.sessions import Issued, RoleRequest
from ringwall.storage import Delete, Replace
from ringwall.wire import HttpRequest
from ringwall.wire.errors import ExpiredToken, MissingAuthenticationToken, SignatureDoesNotMatch, SignatureExpired, UnrecognizedClient
from tests.integration.identity.places import ACCOUNT, REGION, House

pytestmark = pytest.mark.anyio


async def session(house: House) -> Issued:
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}]}
    role = await house.identity.roles.create(ACCOUNT, NewRole(name="app", trust=json.dumps(trust)))
    caller = await house.identity.authenticate(house.signed(house.administrator.access_key))
    return await house.identity.sessions.assume_role(caller, RoleRequest(role_arn=role.arn, session_name="run-1"))


async def test_a_signature_names_its_user(house: House) -> None:
    caller = await house.identity.authenticate(house.signed(house.administrator.access_key))
    assert (caller.kind, caller.arn, caller.user_name) == ("IAMUser", f"arn:aws:iam::{ACCOUNT}:user/admin", "admin")
    assert caller.principal_id == house.administrator.user.id


async def test_no_credentials_are_refused(house: House) -> None:
    with pytest.raises(MissingAuthenticationToken):
        await house.identity.authenticate(HttpRequest("GET", b"/", b"", (("host", "localhost"),), b"", True))


async def test_unknown_keys_and_wrong_secrets_are_told_apart_by_nothing(house: House) -> None:
    key = house.administrator.access_key
    issued = await session(house)
    wrong = {
        "a wrong secret": house.signed((key.key.name, "x" * 40)),
        "an unknown key": house.signed(("AKIA" + "A" * 16, "x" * 40)),
        "a session key without its token": house.signed((issued.session.access_key_id, issued.session.secret_access_key)),
        "a long-term key with a token": house.signed((key.key.name, key.secret_access_key), token=issued.token),
        "a forged token": house.signed(issued, token=base64.b64encode(b"\1" * 200).decode()),
        "a token that is no base64": house.signed(issued, token="%%%"),
        "an altered token": house.signed(issued, token=("A" if issued.token[0] != "A" else "B") + issued.token[1:]),
        "another secret for a session": house.signed((issued.session.access_key_id, "x" * 40), token=issued.token),
    }
    messages = set()
    for name, request in wrong.items():
        for _ in range(2):  # found out, and remembered
            with pytest.raises(SignatureDoesNotMatch) as refused:
                await house.identity.authenticate(request)
            assert type(refused.value) is SignatureDoesNotMatch, name
            messages.add(refused.value.message)
    assert len(messages) == 1
    assert (await house.identity.authenticate(house.signed(issued))).kind == "AssumedRole", "none of that spoiled the session"


async def test_a_replayed_request_is_refused(house: House) -> None:
    request = house.signed(house.administrator.access_key)
    house.clock.advance(16 * 60)
    with pytest.raises(SignatureExpired):
        await house.identity.authenticate(request)


async def test_an_inactive_key_is_refused_from_the_next_request_on_and_again_let_in(house: House) -> None:
    key = house.administrator.access_key
    keys = house.identity.access_keys
    assert await house.identity.authenticate(house.signed(key))
    await keys.set_status(ACCOUNT, "admin", key.key.name, "Inactive")
    with pytest.raises(SignatureDoesNotMatch):
        await house.identity.authenticate(house.signed(key))
    await keys.set_status(ACCOUNT, "admin", key.key.name, "Active")
    assert await house.identity.authenticate(house.signed(key))
    await keys.delete(ACCOUNT, "admin", key.key.name)
    with pytest.raises(SignatureDoesNotMatch):
        await house.identity.authenticate(house.signed(key))


async def test_a_session_ends(house: House) -> None:
    issued = await session(house)
    caller = await house.identity.authenticate(house.signed(issued))
    assert caller.arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/app/run-1"
    assert caller.issued_at == int(house.clock().timestamp())
    house.clock.advance(3_599)
    assert await house.identity.authenticate(house.signed(issued))
    house.clock.advance(1)
    with pytest.raises(ExpiredToken):
        await house.identity.authenticate(house.signed(issued))


async def test_a_session_token_is_good_with_its_own_access_key_only(house: House) -> None:
    issued = await session(house)
    foreign = (house.administrator.access_key.key.name, issued.session.secret_access_key)
    for _ in range(2):  # the second time the token is known
        with pytest.raises(SignatureDoesNotMatch):
            await house.identity.authenticate(house.signed(foreign, token=issued.token))
        assert (await house.identity.authenticate(house.signed(issued))).access_key_id == issued.session.access_key_id


async def test_a_session_is_good_in_another_process_with_the_same_keys(house: House) -> None:
    issued = await session(house)
    other = Identity(house.storage, house.keys, house.clock, REGION)
    assert (await other.authenticate(house.signed(issued))).session_name == "run-1"


async def test_bearer_keys(house: House) -> None:
    new = house.administrator.api_key
    caller = await house.identity.authenticate(house.bearer(new.token))
    assert caller.bearer
    assert caller.arn == house.administrator.user.arn
    for wrong in (new.token[:-1], "x" + new.token, "ABSK" + base64.b64encode(b"admin:x").decode(), "x" * 4_000):
        with pytest.raises(UnrecognizedClient):
            await house.identity.authenticate(house.bearer(wrong))
    await house.identity.api_keys.set_status(ACCOUNT, "admin", new.key.name, "Inactive")
    with pytest.raises(UnrecognizedClient):
        await house.identity.authenticate(house.bearer(new.token))


async def test_bearer_keys_expire(house: House) -> None:
    new = await house.identity.create_api_key(ACCOUNT, "admin", age_days=1)
    assert await house.identity.authenticate(house.bearer(new.token))
    house.clock.advance(86_400)
    with pytest.raises(UnrecognizedClient):
        await house.identity.authenticate(house.bearer(new.token))
    assert [key.name for key in await house.identity.api_keys.list(ACCOUNT, "admin")] == [house.administrator.api_key.key.name]


async def test_a_renamed_user_keeps_keys_and_id(house: House) -> None:
    await house.identity.users.rename(ACCOUNT, "admin", new_name="Boss", new_path="/team/")
    caller = await house.identity.authenticate(house.signed(house.administrator.access_key))
    assert caller.arn == f"arn:aws:iam::{ACCOUNT}:user/team/Boss"
    assert caller.principal_id == house.administrator.user.id
    assert (await house.identity.authenticate(house.bearer(house.administrator.api_key.token))).user_name == "Boss"
    await house.identity.users.rename(ACCOUNT, "Boss", new_name="BOSS")
    assert (await house.identity.authenticate(house.signed(house.administrator.access_key))).user_name == "BOSS"


async def test_no_secret_is_stored_or_shown(house: House) -> None:
    issued = await session(house)
    new = house.administrator
    secrets = [new.access_key.secret_access_key, new.api_key.token, issued.session.secret_access_key, issued.token]
    stored = b""
    for kind in ("iam-user", "iam-access-key", "iam-api-key", "iam-role", "iam-key-use"):
        stored += b"".join(document.body + document.key.encode() for document in await house.storage.list(ACCOUNT, kind))
    assert all(name.encode() in stored for name in (new.access_key.key.name, new.api_key.key.name, new.user.id))  # what was looked through
    shown = repr(new) + repr(issued) + repr(await house.identity.authenticate(house.signed(issued)))
    for secret in secrets:
        assert secret.encode() not in stored
        assert base64.b64encode(secret.encode()) not in stored
        assert secret not in shown


async def test_a_secret_moved_to_another_key_does_not_open(house: House) -> None:
    """Whoever can write to the database cannot make one key's secret open for another."""
    await house.identity.users.create(ACCOUNT, "mal")
    mine = await house.identity.create_access_key(ACCOUNT, "mal")
    mine_stored = await house.storage.get(ACCOUNT, "iam-access-key", mine.key.name)
    admin_id = house.administrator.access_key.key.name
    theirs = await house.storage.get(ACCOUNT, "iam-access-key", admin_id)
    assert mine_stored is not None
    assert theirs is not None
    body = json.loads(theirs.body)
    body["sealed"] = json.loads(mine_stored.body)["sealed"]
    await house.storage.apply(Replace(msgspec.structs.replace(theirs, body=json.dumps(body).encode())))
    with pytest.raises(RingwallError):
        await house.identity.authenticate(house.signed((admin_id, mine.secret_access_key)))


async def test_a_key_whose_user_is_gone_opens_nothing(house: House) -> None:
    await house.storage.apply(Delete(ACCOUNT, "iam-user", "admin"))
    for request in (house.signed(house.administrator.access_key), house.bearer(house.administrator.api_key.token)):
        with pytest.raises(NotAuthenticated):
            await house.identity.authenticate(request)


async def test_the_last_use_of_a_key_is_remembered(house: House) -> None:
    key = house.administrator.access_key
    assert (await house.identity.access_keys.last_use(ACCOUNT, key.key.name))[1] is None
    await house.identity.authenticate(house.signed(key))
    used = (await house.identity.access_keys.last_use(ACCOUNT, key.key.name))[1]
    assert used is not None
    assert (used.service, used.region, used.created) == ("bedrock", REGION, int(house.clock().timestamp()))
    for _ in range(2):
        await house.identity.close()
        house.clock.advance(60)
        await house.identity.authenticate(house.signed(key))
    await house.identity.close()
    other = Identity(house.storage, house.keys, house.clock, REGION)
    used = (await other.access_keys.last_use(ACCOUNT, key.key.name))[1]
    assert used is not None
    assert used.created == int(house.clock().timestamp())


async def test_key_uses_are_saved_every_quarter_of_an_hour_without_being_asked(house: House) -> None:
    key = house.administrator.access_key
    await house.identity.authenticate(house.signed(key))
    house.clock.advance(900)
    await house.identity.authenticate(house.signed(key))
    other = Identity(house.storage, house.keys, house.clock, REGION)
    while (await other.access_keys.last_use(ACCOUNT, key.key.name))[1] is None:
        await anyio.lowlevel.checkpoint()
