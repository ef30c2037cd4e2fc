"""The local key ring: customer keys of ringwall's own, one document each, sealed under the root key, made when they are first named.

Whoever has the database and the root key has them. They are in every backup of the database (the root key is not).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from ringwall.errors import Conflict, IntegrityError, InvalidRequest
from ringwall.keys.customer_keys import CustomerKeyUnavailable, Wrapped
from ringwall.keys.envelope import DataCipher, new_key
from ringwall.keys.keys import Keys
from ringwall.storage import Document, Insert, Storage

_KIND: Final = "customer-key"
_UNNAMED: Final = "default"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\Z", re.ASCII)


class _Body(msgspec.Struct, frozen=True):
    sealed: bytes


_DECODER = msgspec.json.Decoder(_Body)


class LocalKeyring:
    """The provider of `local:` keys. A name is an account's own: two accounts that say the same mean two keys."""

    def __init__(self, storage: Storage, keys: Keys) -> None:
        self._storage = storage
        self._keys = keys

    def check(self, name: str) -> None:
        """Refuse what cannot be a key's name."""
        if name == _UNNAMED or (name and not _NAME.match(name)):
            raise InvalidRequest("a local key has no name, or one of up to 64 lower-case letters, digits and hyphens; `default` is taken")

    async def generate(self, account_id: str, name: str, context: Mapping[str, str]) -> Wrapped:
        """Draw a data key and wrap it."""
        cipher = await self._find(account_id, name) or await self._make(account_id, name)
        plaintext = new_key()
        return Wrapped(plaintext, cipher.seal(plaintext, _bound(account_id, context)))

    async def unwrap(self, account_id: str, name: str, wrapped: bytes, context: Mapping[str, str]) -> bytes:
        """Open a wrapped data key.

        Raises:
            CustomerKeyUnavailable: the account has no such key.
            IntegrityError: altered, or wrapped for another account or context.
        """
        cipher = await self._find(account_id, name)
        if cipher is None:
            raise CustomerKeyUnavailable("the account's local key is gone")
        return cipher.open(wrapped, _bound(account_id, context))

    async def close(self) -> None:
        """Nothing is held."""

    async def _find(self, account_id: str, name: str) -> DataCipher | None:
        document = await self._storage.get(account_id, _KIND, name or _UNNAMED)
        if document is None:
            return None
        try:
            sealed = _DECODER.decode(document.body).sealed
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise IntegrityError("the stored local key cannot be read", remedy="restore a backup") from error
        return DataCipher(self._keys.open(sealed, context=_context(account_id, name)))

    async def _make(self, account_id: str, name: str) -> DataCipher:
        secret = new_key()
        body = msgspec.json.encode(_Body(self._keys.seal(secret, context=_context(account_id, name))))
        try:
            await self._storage.apply(Insert(Document(account_id=account_id, kind=_KIND, id=name or _UNNAMED, body=body)))
        except Conflict:  # another process was faster: its key counts
            found = await self._find(account_id, name)
            if found is None:
                raise CustomerKeyUnavailable("the account's local key changes hands") from None
            return found
        return DataCipher(secret)


def _context(account_id: str, name: str) -> str:
    return f"customer-key/{account_id}/{name or _UNNAMED}"


def _bound(account_id: str, context: Mapping[str, str]) -> tuple[str, ...]:
    return ("ringwall data key v1", account_id, *(part for pair in sorted(context.items()) for part in pair))
