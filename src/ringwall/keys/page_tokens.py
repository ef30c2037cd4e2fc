"""Opaque page tokens, each good for one listing of one account."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from ringwall.crypto import equal, sha256
from ringwall.errors import InvalidRequest

TOKEN_CHARS = 8192  # NextToken of the SageMaker and Bedrock models


class BadPageToken(InvalidRequest, code="bad-page-token"):
    """The page token is not one that this operation gave to this account."""

    remedy = "start again without nextToken"


class Digester(Protocol):
    """Keyed digests under a key of the account's own (`Keys` is one)."""

    def digest(self, account_id: str, data: bytes) -> str:
        """Return a keyed digest of the bytes that nobody without the account's key can compute."""
        ...


def listing_name(operation: str, request: Mapping[str, Any]) -> str:
    """Name a listing by its operation and filters (members as SageMaker and CloudTrail name them), so that a token continues no other."""
    filters = {name: value for name, value in request.items() if name not in {"NextToken", "MaxResults"}}
    return f"{operation}/{sha256(msgspec.json.encode(filters, order='deterministic')).hex()[:32]}"


class PageTokens:
    """Makes and reads page tokens.

    A token is the last id of the page and a keyed digest over it, the listing and the account's key; a token of another account or listing,
    or one that was made up, does not verify.
    """

    def __init__(self, digester: Digester) -> None:
        self._digester = digester

    def make(self, account_id: str, listing: str, after: str) -> str:
        """Return the token that continues after an id."""
        mark = self._digester.digest(account_id, f"page\0{listing}\0{after}".encode())
        return base64.urlsafe_b64encode(f"{after}\0{mark}".encode()).decode()

    def read(self, account_id: str, listing: str, token: str | None) -> str:
        """Return the id to continue after; the empty string starts at the beginning.

        Raises:
            BadPageToken: not a token of this listing and account.
        """
        if not token:
            return ""
        if len(token) > TOKEN_CHARS:
            raise BadPageToken("the page token is too long")
        try:
            after, _, _ = base64.b64decode(token, altchars=b"-_", validate=True).decode().partition("\0")
        except (binascii.Error, UnicodeDecodeError, ValueError) as error:
            raise BadPageToken("the page token is malformed") from error
        if not equal(self.make(account_id, listing, after).encode(), token.encode()):
            raise BadPageToken("the page token belongs to another listing or account")
        return after
