"""The native API's guardrails of keys: whatever a key asks of a model stands under its guardrail, whatever the request says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ringwall.api.aws.operation import Call, Operation
from ringwall.api.native.operation import NativeOperation
from ringwall.api.native.shapes import Shape
from ringwall.vocabulary.principal import API_KEY_PREFIX, KeyGuardrail

UserName = Annotated[str, Meta(min_length=1, max_length=64)]
KeyId = Annotated[str, Meta(min_length=1, max_length=128)]


class _Input(Shape, frozen=True, kw_only=True):
    user_name: UserName
    key_id: KeyId


class PutKeyGuardrailInput(_Input, frozen=True, kw_only=True):
    """A user's access key or API key, and the guardrail that it is to stand under.

    mode: how answers stream under it: `sync` releases what was judged, `async` releases at once and stops when something is found.
    """

    guardrail_identifier: Annotated[str, Meta(min_length=1, max_length=2048)]
    guardrail_version: Annotated[str, Meta(pattern=r"^([1-9][0-9]{0,7}|DRAFT)\Z")]
    mode: Literal["sync", "async"] = "sync"


class DeleteKeyGuardrailInput(_Input, frozen=True, kw_only=True):
    """A user's access key or API key."""


class KeyGuardrailOutput(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a key stands under from now on."""

    key_id: str
    user_name: str
    guardrail: KeyGuardrail


def _user(call: Call, given: _Input) -> Sequence[str]:
    return (f"arn:aws:iam::{call.account_id}:user/{given.user_name}",)


async def _set(call: Call, given: _Input, guardrail: KeyGuardrail | None) -> None:
    identity = call.rooms.identity
    if given.key_id.startswith(API_KEY_PREFIX):
        await identity.api_keys.set_guardrail(call.account_id, given.user_name, given.key_id, guardrail)
    else:
        await identity.access_keys.set_guardrail(call.account_id, given.user_name, given.key_id, guardrail)
    shown = None if guardrail is None else {"identifier": guardrail.identifier, "version": guardrail.version, "mode": guardrail.mode}
    call.record["key"] = {"keyId": given.key_id, "userName": given.user_name, "guardrail": shown}


async def _put(call: Call, given: PutKeyGuardrailInput) -> KeyGuardrailOutput:
    named = {"guardrailIdentifier": given.guardrail_identifier, "guardrailVersion": given.guardrail_version}
    found = await call.rooms.guardrails.get_guardrail(call.account_id, named)
    guardrail = KeyGuardrail(account_id=call.account_id, identifier=found["guardrailId"], version=given.guardrail_version, mode=given.mode)
    await _set(call, given, guardrail)
    return KeyGuardrailOutput(key_id=given.key_id, user_name=given.user_name, guardrail=guardrail)


async def _delete(call: Call, given: DeleteKeyGuardrailInput) -> None:
    await _set(call, given, None)


OPERATIONS = (
    NativeOperation(
        Operation("ringwall", "PutKeyGuardrail", "ringwall:PutKeyGuardrail", _put, _user),
        "PUT",
        "/users/{userName}/keys/{keyId}/guardrail",
        "Put whatever a key asks of models under a guardrail.",
        PutKeyGuardrailInput,
        KeyGuardrailOutput,
    ),
    NativeOperation(
        Operation("ringwall", "DeleteKeyGuardrail", "ringwall:DeleteKeyGuardrail", _delete, _user),
        "DELETE",
        "/users/{userName}/keys/{keyId}/guardrail",
        "Take a key's guardrail away.",
        DeleteKeyGuardrailInput,
        None,
    ),
)
