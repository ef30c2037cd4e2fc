"""The native API's accounts and keys. Keys are checked under the IAM actions that AWS has for them: there is no second way to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from msgspec import Meta

from ringwall.api.aws.operation import Call, Operation
from ringwall.api.native.operation import NativeOperation
from ringwall.api.native.shapes import Shape, anything
from ringwall.vocabulary.principal import KeyGuardrail

UserName = Annotated[str, Meta(min_length=1, max_length=64)]
KeyId = Annotated[str, Meta(min_length=16, max_length=128, pattern=r"^[A-Z0-9]+\Z")]


class CreateAccountInput(Shape, frozen=True, kw_only=True):
    """The new account's name, and its 12 digits where they are chosen."""

    name: Annotated[str, Meta(min_length=1, max_length=128)]
    account_id: Annotated[str, Meta(pattern=r"^[0-9]{12}\Z")] | None = None


class ListAccountsInput(Shape, frozen=True, kw_only=True):
    """Which page of accounts."""

    marker: Annotated[str, Meta(max_length=1024)] = ""
    max_items: Annotated[int, Meta(ge=1, le=1000)] = 1000


class UserInput(Shape, frozen=True, kw_only=True):
    """Whose keys."""

    user_name: UserName


class KeyInput(Shape, frozen=True, kw_only=True):
    """One key of one user."""

    user_name: UserName
    key_id: KeyId


class AccountOutput(Shape, frozen=True, kw_only=True):
    """One account."""

    account_id: str
    name: str
    operator: bool
    created_at: datetime


class ListAccountsOutput(Shape, frozen=True, kw_only=True):
    """Accounts in the order of their numbers."""

    accounts: tuple[AccountOutput, ...]
    marker: str


class Key(Shape, frozen=True, kw_only=True):
    """One key, without its secret, and the guardrail that it stands under."""

    key_id: str
    user_name: str
    status: str
    created_at: datetime
    guardrail: KeyGuardrail | None = None


class KeysOutput(Shape, frozen=True, kw_only=True):
    """A user's keys."""

    keys: tuple[Key, ...]


class NewAccessKeyOutput(Shape, frozen=True, kw_only=True):
    """An access key; its secret is shown this once."""

    access_key_id: str
    secret_access_key: str
    user_name: str


class NewApiKeyOutput(Shape, frozen=True, kw_only=True):
    """An API key; it is shown this once."""

    key_id: str
    api_key: str
    user_name: str


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _user(call: Call, given: UserInput | KeyInput) -> Sequence[str]:
    return (f"arn:aws:iam::{call.account_id}:user/{given.user_name}",)


async def _create_account(call: Call, given: CreateAccountInput) -> AccountOutput:
    return _account(await call.rooms.identity.create_account(given.name, given.account_id))


async def _list_accounts(call: Call, given: ListAccountsInput) -> ListAccountsOutput:
    page = await call.rooms.identity.accounts.page(marker=given.marker, max_items=given.max_items)
    return ListAccountsOutput(accounts=tuple(_account(account) for account in page.entities), marker=page.marker)


def _account(account: Any) -> AccountOutput:
    return AccountOutput(account_id=account.account_id, name=account.name, operator=account.operator, created_at=_moment(account.created))


def _keys(found: Sequence[Any]) -> KeysOutput:
    return KeysOutput(
        keys=tuple(
            Key(key_id=key.name, user_name=key.user_name, status=key.status, created_at=_moment(key.created), guardrail=key.guardrail)
            for key in found
        )
    )


async def _create_access_key(call: Call, given: UserInput) -> NewAccessKeyOutput:
    made = await call.rooms.identity.create_access_key(call.account_id, given.user_name)
    return NewAccessKeyOutput(access_key_id=made.key.name, secret_access_key=made.secret_access_key, user_name=given.user_name)


async def _list_access_keys(call: Call, given: UserInput) -> KeysOutput:
    return _keys(await call.rooms.identity.access_keys.list(call.account_id, given.user_name))


async def _delete_access_key(call: Call, given: KeyInput) -> None:
    await call.rooms.identity.access_keys.delete(call.account_id, given.user_name, given.key_id)


async def _create_api_key(call: Call, given: UserInput) -> NewApiKeyOutput:
    made = await call.rooms.identity.create_api_key(call.account_id, given.user_name)
    return NewApiKeyOutput(key_id=made.key.name, api_key=made.token, user_name=given.user_name)


async def _list_api_keys(call: Call, given: UserInput) -> KeysOutput:
    return _keys(await call.rooms.identity.api_keys.list(call.account_id, given.user_name))


async def _delete_api_key(call: Call, given: KeyInput) -> None:
    await call.rooms.identity.api_keys.delete(call.account_id, given.user_name, given.key_id)


OPERATIONS = (
    NativeOperation(
        Operation("ringwall", "CreateAccount", "ringwall:CreateAccount", _create_account, anything),
        "POST",
        "/accounts",
        "Create an account; for the operator's account only.",
        CreateAccountInput,
        AccountOutput,
        status=201,
    ),
    NativeOperation(
        Operation("ringwall", "ListAccounts", "ringwall:ListAccounts", _list_accounts, anything, read_only=True),
        "GET",
        "/accounts",
        "List the accounts; for the operator's account only.",
        ListAccountsInput,
        ListAccountsOutput,
    ),
    NativeOperation(
        Operation("iam", "CreateAccessKey", "iam:CreateAccessKey", _create_access_key, _user),
        "POST",
        "/users/{userName}/access-keys",
        "Create an access key, for signatures.",
        UserInput,
        NewAccessKeyOutput,
        status=201,
    ),
    NativeOperation(
        Operation("iam", "ListAccessKeys", "iam:ListAccessKeys", _list_access_keys, _user, read_only=True),
        "GET",
        "/users/{userName}/access-keys",
        "List a user's access keys.",
        UserInput,
        KeysOutput,
    ),
    NativeOperation(
        Operation("iam", "DeleteAccessKey", "iam:DeleteAccessKey", _delete_access_key, _user),
        "DELETE",
        "/users/{userName}/access-keys/{keyId}",
        "Delete an access key.",
        KeyInput,
        None,
    ),
    NativeOperation(
        Operation("iam", "CreateServiceSpecificCredential", "iam:CreateServiceSpecificCredential", _create_api_key, _user),
        "POST",
        "/users/{userName}/api-keys",
        "Create an API key, a bearer token.",
        UserInput,
        NewApiKeyOutput,
        status=201,
    ),
    NativeOperation(
        Operation("iam", "ListServiceSpecificCredentials", "iam:ListServiceSpecificCredentials", _list_api_keys, _user, read_only=True),
        "GET",
        "/users/{userName}/api-keys",
        "List a user's API keys.",
        UserInput,
        KeysOutput,
    ),
    NativeOperation(
        Operation("iam", "DeleteServiceSpecificCredential", "iam:DeleteServiceSpecificCredential", _delete_api_key, _user),
        "DELETE",
        "/users/{userName}/api-keys/{keyId}",
        "Delete an API key.",
        KeyInput,
        None,
    ),
)
