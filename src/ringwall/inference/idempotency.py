"""Client request tokens: the same token with the same request gives the same answer; with another request it is refused.

A token is remembered for a day, in one transaction with what it made, so that neither exists without the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from ringwall.crypto import sha256
from ringwall.inference.errors import TokenReused
from ringwall.inference.stored import read_body
from ringwall.storage import Document, Insert, Storage

_KIND = "guardrail-request-token"
_KEPT = timedelta(days=1)


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What a request made."""

    guardrail_id: str
    version: str
    at: datetime


class _Remembered(msgspec.Struct, frozen=True, kw_only=True):
    request: str
    made: Made


_DECODER = msgspec.json.Decoder(_Remembered)


class RequestTokens:
    """The tokens of all accounts."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def recall(self, account_id: str, operation: str, request: Mapping[str, Any]) -> Made | None:
        """Return what the request's token made before; None where there is no token or it is new.

        Raises:
            TokenReused: the token was used with a different request.
        """
        token = request.get("clientRequestToken")
        if not token:
            return None
        document = await self._storage.get(account_id, _KIND, _key(operation, token))
        if document is None:
            return None
        remembered = read_body(_DECODER, document)
        if remembered.request != _digest(request):
            raise TokenReused("the client request token was used with a different request")
        return remembered.made

    def remember(self, account_id: str, operation: str, request: Mapping[str, Any], made: Made) -> list[Insert]:
        """Return the change that remembers a token, to be applied with what it made; nothing where there is no token."""
        token = request.get("clientRequestToken")
        if not token:
            return []
        return [
            Insert(
                Document(
                    account_id=account_id,
                    kind=_KIND,
                    id=_key(operation, token),
                    body=msgspec.json.encode(_Remembered(request=_digest(request), made=made)),
                    expires_at=int((made.at + _KEPT).timestamp()),
                )
            )
        ]


def _key(operation: str, token: str) -> str:
    return sha256(f"{operation}\0{token}".encode()).hex()


def _digest(request: Mapping[str, Any]) -> str:
    material = {key: value for key, value in request.items() if key != "clientRequestToken" and value is not None}
    return sha256(msgspec.json.encode(material, order="deterministic")).hex()
