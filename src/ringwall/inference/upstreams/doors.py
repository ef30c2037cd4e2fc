"""How each kind of upstream is knocked at: the table from a URI's kind to dialect, path, headers and credentials.

Sources: OpenAI API reference, "Chat completions"; Anthropic API reference, "Messages" (version 2023-06-01); Amazon Bedrock API reference,
Converse and ConverseStream, "Amazon Bedrock API keys".
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import quote

import msgspec

from ringwall.inference.upstreams.errors import CredentialMissing
from ringwall.inference.upstreams.row import Address, Kind
from ringwall.wire import HttpRequest
from ringwall.wire.sigv4 import SigningKey, sign_request

Headers = tuple[tuple[str, str], ...]
_JSON_TYPE = "application/json"
_ANTHROPIC_VERSION = "2023-06-01"


class Call(msgspec.Struct, frozen=True):
    """One HTTP request to an upstream, made whole. `headers` hold a credential: never shown, never logged."""

    url: str
    headers: Headers
    body: bytes

    def __repr__(self) -> str:
        return "Call()"


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of upstream.

    dialect: what it speaks. stream_type: the media type of its streams.
    target: from the URI's path, the model's name there and whether the answer streams, to the request's path.
    dropped: members of the dialect's body that stand in the path instead.
    add: members that every streamed request has.
    authorise: adds the credential.
    """

    dialect: str
    stream_type: str
    target: Callable[[str, str, bool], str]
    authorise: Callable[[HttpRequest, Address, str, datetime], HttpRequest]
    dropped: tuple[str, ...] = ()
    add: Callable[[dict[str, Any]], dict[str, Any]] = dict


def write_call(address: Address, name: str, body: dict[str, Any], *, stream: bool, credential: str, now: datetime) -> Call:
    """Make an upstream's request.

    Args:
        address: where.
        name: the model, as the upstream knows it.
        body: of the door's dialect.
        stream: whether the answer is to stream.
        credential: its value; "" where there is none.
        now: for the signature.

    Raises:
        CredentialMissing: the credential is none of this kind.
    """
    door = DOORS[address.kind]
    members = {key: value for key, value in body.items() if key not in door.dropped}
    if stream:
        members = door.add(members)
    path = door.target(address.path, name, stream)
    return write_post(address, path, members, credential=credential, now=now, accepted=door.stream_type if stream else _JSON_TYPE)


def write_post(address: Address, path: str, members: dict[str, Any], *, credential: str, now: datetime, accepted: str = _JSON_TYPE) -> Call:
    """Make a request of JSON to any path of an upstream; arguments and errors as in `write_call`."""
    payload = msgspec.json.encode(members)
    headers = (("host", address.authority), ("content-type", _JSON_TYPE), ("accept", accepted), ("accept-encoding", "identity"))
    plain = HttpRequest("POST", path.encode("ascii"), b"", headers, payload, address.secure)
    request = DOORS[address.kind].authorise(plain, address, credential, now)
    return Call(f"{'https' if address.secure else 'http'}://{address.authority}{path}", request.headers, payload)


def _bearer(request: HttpRequest, _: Address, credential: str, __: datetime) -> HttpRequest:
    return _with(request, ("authorization", f"Bearer {credential}")) if credential else request


def _api_key(request: HttpRequest, _: Address, credential: str, __: datetime) -> HttpRequest:
    versioned = _with(request, ("anthropic-version", _ANTHROPIC_VERSION))
    return _with(versioned, ("x-api-key", credential)) if credential else versioned


def _signed(request: HttpRequest, address: Address, credential: str, now: datetime) -> HttpRequest:
    """Sign with an AWS key; a credential without a colon is a Bedrock API key."""
    if ":" not in credential:
        return _bearer(request, address, credential, now)
    key_id, secret, token = (*credential.split(":", 2), "")[:3]
    if not key_id or not secret:
        raise CredentialMissing("the credential is not `ACCESS-KEY-ID:SECRET`")
    return sign_request(request, SigningKey(key_id, secret, address.region, "bedrock", token), now)


def _with(request: HttpRequest, header: tuple[str, str]) -> HttpRequest:
    return msgspec.structs.replace(request, headers=(*request.headers, header))


def _asking_for_usage(body: dict[str, Any]) -> dict[str, Any]:
    options = body.get("stream_options")
    return {**body, "stream_options": {**(options if isinstance(options, dict) else {}), "include_usage": True}}


def _converse_target(path: str, name: str, stream: bool) -> str:
    return f"{path}/model/{quote(name, safe='')}/{'converse-stream' if stream else 'converse'}"


DOORS: dict[Kind, Door] = {
    "openai": Door(
        dialect="openai_chat",
        stream_type="text/event-stream",
        target=lambda path, _, __: f"{path}/chat/completions",
        authorise=_bearer,
        add=_asking_for_usage,
    ),
    "anthropic": Door(
        dialect="anthropic_messages",
        stream_type="text/event-stream",
        target=lambda path, _, __: f"{path}/v1/messages",
        authorise=_api_key,
    ),
    "bedrock": Door(
        dialect="converse",
        stream_type="application/vnd.amazon.eventstream",
        target=_converse_target,
        authorise=_signed,
        dropped=("modelId", "stream"),
    ),
}
"""`development` is no door: the built-in model is asked without a request."""
