"""One document of a kind in each account: kept read while nothing changes, changed by compare-and-swap."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Generic, TypeVar

import msgspec

from ringwall.errors import Conflict
from ringwall.inference.kept import KeptReads
from ringwall.inference.stored import put_in_place, read_body
from ringwall.storage import Document, Storage

ID: Final = "account"
"""The only id that a document of such a kind has, so that the database keeps it at one per account."""

_ACCOUNTS_KEPT: Final = 4_096
_ATTEMPTS: Final = 5

_Body = TypeVar("_Body")


class AccountDocument(Generic[_Body]):
    """The documents of one kind."""

    def __init__(self, storage: Storage, kind: str, decoder: msgspec.json.Decoder[_Body]) -> None:
        self._storage = storage
        self._kind = kind
        self._decoder = decoder
        self._kept = KeptReads(storage.generation, self._read, most=_ACCOUNTS_KEPT)

    async def get(self, account_id: str) -> _Body | None:
        """Return an account's document, as last committed (by another process: half a second ago); None where it has none.

        Raises:
            IntegrityError: what is stored cannot be read; nothing may pass then.
        """
        return await self._kept.get(account_id)

    async def change(self, account_id: str, change: Callable[[_Body | None], _Body], *, lost: Conflict) -> None:
        """Change an account's document, or make it.

        Args:
            account_id: the tenant.
            change: makes the new document of the present one; what it raises is raised, and nothing is changed.
            lost: raised where other requests changed it all the while.
        """
        for _ in range(_ATTEMPTS):
            held = await self._storage.get(account_id, self._kind, ID)
            body = msgspec.json.encode(change(None if held is None else read_body(self._decoder, held)))
            try:
                await self._storage.apply(put_in_place(Document(account_id=account_id, kind=self._kind, id=ID, body=body), held))
            except Conflict:
                continue
            return
        raise lost

    async def _read(self, account_id: str) -> _Body | None:
        document = await self._storage.get(account_id, self._kind, ID)
        return None if document is None else read_body(self._decoder, document)
