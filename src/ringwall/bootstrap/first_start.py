"""What a first start makes: the operator's account with an administrator, its keys, and the demo guardrail.

Every step looks whether it was done already, so a first start that was interrupted is finished by the next one.
"""

from __future__ import annotations

import msgspec

from ringwall.api.native.demo import demo_guardrail
from ringwall.api.rooms import Rooms
from ringwall.errors import Conflict, NotFound
from ringwall.identity import Identity
from ringwall.inference.errors import NameTaken
from ringwall.storage import Document, Insert, Replace, Storage

OWNER = "ringwall"
"""The owner, in storage, of what belongs to no account."""

KIND = "deployment"
ID = "first-start"
ACCOUNT_NAME = "development"
USER_NAME = "admin"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


class FirstStart(msgspec.Struct, frozen=True, kw_only=True):
    """What `up` prints; secrets are there only on the start that made them."""

    account_id: str
    access_key_id: str | None
    secret_access_key: str | None
    api_key: str | None
    guardrail_id: str | None

    def __repr__(self) -> str:
        return f"FirstStart({self.account_id})"


class _Deployment(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered of the first start. An empty `guardrail_id`: it is not finished."""

    account_id: str
    access_key_id: str = ""
    guardrail_id: str = ""


async def operator_account(rooms: Rooms) -> str | None:
    """Return the operator's account; None before the first start."""
    return await operator_account_in(rooms.storage)


async def operator_account_in(storage: Storage) -> str | None:
    """Return the operator's account, as a storage has it; None before the first start."""
    document = await storage.get(OWNER, KIND, ID)
    return None if document is None else msgspec.json.decode(document.body, type=_Deployment).account_id


async def first_start(rooms: Rooms, *, new_key: bool) -> FirstStart:
    """Make what is missing; with `new_key` also replace the administrator's keys."""
    document = await rooms.storage.get(OWNER, KIND, ID)
    deployment = None if document is None else msgspec.json.decode(document.body, type=_Deployment)
    if document is not None and deployment is not None and deployment.guardrail_id:
        if not new_key:
            return FirstStart(
                account_id=deployment.account_id,
                access_key_id=deployment.access_key_id,
                secret_access_key=None,
                api_key=None,
                guardrail_id=deployment.guardrail_id,
            )
    elif document is None:
        account = await rooms.identity.accounts.create(ACCOUNT_NAME, operator=True)
        deployment = _Deployment(account_id=account.account_id)
        document = await _remember(rooms, deployment, None)
    assert deployment is not None
    await _administrator(rooms.identity, deployment.account_id)
    access_key, api_key = await rooms.identity.replace_keys(deployment.account_id, USER_NAME)
    finished = _Deployment(
        account_id=deployment.account_id,
        access_key_id=access_key.key.name,
        guardrail_id=deployment.guardrail_id or await _guardrail(rooms, deployment.account_id),
    )
    await _remember(rooms, finished, document)
    return FirstStart(
        account_id=finished.account_id,
        access_key_id=finished.access_key_id,
        secret_access_key=access_key.secret_access_key,
        api_key=api_key.token,
        guardrail_id=finished.guardrail_id,
    )


async def _administrator(identity: Identity, account_id: str) -> None:
    try:
        await identity.users.get(account_id, USER_NAME)
    except NotFound:
        await identity.users.create(account_id, USER_NAME)
        await identity.users.attach(account_id, USER_NAME, ADMINISTRATOR)
    else:
        return


async def _guardrail(rooms: Rooms, account_id: str) -> str:
    demo = demo_guardrail()
    try:
        created = await rooms.guardrails.create_guardrail(account_id, demo)
    except NameTaken:  # made by the start that was interrupted
        listed = await rooms.guardrails.list_guardrails(account_id, {"maxResults": 1000})
        return next(str(found["id"]) for found in listed["guardrails"] if found["name"] == demo["name"])
    return str(created["guardrailId"])


async def _remember(rooms: Rooms, deployment: _Deployment, former: Document | None) -> Document:
    """Write the deployment down; a Conflict says that another server makes its first start at this very moment."""
    body = msgspec.json.encode(deployment)
    if former is None:
        fresh = Document(account_id=OWNER, kind=KIND, id=ID, body=body)
        await rooms.storage.apply(Insert(fresh))
    else:
        await rooms.storage.apply(Replace(msgspec.structs.replace(former, body=body)))
    stored = await rooms.storage.get(OWNER, KIND, ID)
    if stored is None:
        raise Conflict("the deployment's document disappeared", remedy="start again")
    return stored
