"""Data keys: one per account, purpose and UTC day, wrapped under the account's customer key, with bounded caches in memory.

Rules this file upholds:

1. A data key is on disk in wrapped form only; what wraps it is the customer key that the account's policy named when it was made.
2. A destroyed data key opens nothing from then on, in any process: its document is read before a key from the cache is used to open, and
   before one is used to seal after anything in the database changed. The wrapped bytes are overwritten, not only unlinked.
3. A key opens and seals until it expires, not longer; its moment of expiry is bound into what wraps it.
4. A key in memory serves for five minutes, then its provider is asked again; few stay, and `let_go` ends those that do not serve.
5. A provider that fails is left alone for a few seconds: whoever needs it meanwhile hears the same at once.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import msgspec

from ringwall.errors import Conflict, DependencyError, IntegrityError, NotFound
from ringwall.keys.customer_keys import CustomerKeys
from ringwall.keys.envelope import DataCipher
from ringwall.storage import Delete, Document, Insert, Replace, Storage
from ringwall.vocabulary import Clock, new_id

HELD: Final = timedelta(minutes=5)
HELD_KEYS: Final = 1_024
LEFT_ALONE: Final = timedelta(seconds=5)
_KIND: Final = "data-key"
_DAYS: Final = "%Y-%m-%d"
_KEYS_A_DAY: Final = 1_000


class DataKeyDestroyed(NotFound, code="data-key-destroyed", status=410):
    """The data key was destroyed, or has expired: what was sealed with it opens no more."""


class StoredDataKey(msgspec.Struct, frozen=True, kw_only=True):
    """A data key as it is stored.

    period: the UTC day it was made for. expires: Unix seconds from which on it opens nothing.
    wrapped: under `customer_key`; empty once it was destroyed, while there is still something to clear away.
    """

    id: str
    period: str
    customer_key: str
    expires: int
    wrapped: bytes


class DataKey(NamedTuple):
    """A data key that can be used."""

    id: str
    expires: int
    cipher: DataCipher


class _Sealing(NamedTuple):
    """The key that an account seals with at present, and until when that is not looked at again."""

    key: DataKey
    period: str
    customer_key: str
    generation: int
    until: datetime


class _Opened(NamedTuple):
    key: DataKey
    wrapped: bytes
    until: datetime


class _Failed(NamedTuple):
    customer_key: str
    error: DependencyError
    until: datetime


_DECODER = msgspec.json.Decoder(StoredDataKey)


class DataKeys:
    """The data keys of all accounts for one purpose."""

    def __init__(self, storage: Storage, customer_keys: CustomerKeys, clock: Clock, *, purpose: str) -> None:
        self._storage = storage
        self._customer_keys = customer_keys
        self._clock = clock
        self._purpose = purpose
        self._sealing: OrderedDict[str, _Sealing] = OrderedDict()
        self._opened: OrderedDict[tuple[str, str], _Opened] = OrderedDict()
        self._failed: OrderedDict[str, _Failed] = OrderedDict()
        self._turns: dict[str, asyncio.Lock] = {}

    async def for_sealing(self, account_id: str, customer_key: str, *, keep: timedelta) -> DataKey:
        """Return the account's key of today, made where there is none.

        Args:
            account_id: whose.
            customer_key: what wraps it.
            keep: for how long after today's end it has to open.

        Raises:
            CustomerKeyNotAllowed, CustomerKeyUnavailable: as their names say.
        """
        now, generation = self._clock(), await self._storage.generation()
        expires = _day_end(now) + int(keep.total_seconds())
        found = self._sealing.get(account_id)
        if found is not None and found.generation == generation and _serves(found, now, customer_key, expires):
            self._sealing.move_to_end(account_id)
            return found.key
        turn = self._turns.setdefault(account_id, asyncio.Lock())
        try:
            async with turn:  # one asks the provider, the others wait for what it says
                return await self._renewed(account_id, customer_key, now, expires)
        finally:
            if not turn.locked():
                self._turns.pop(account_id, None)

    async def for_opening(self, account_id: str, key_id: str) -> DataKey:
        """Return a key of the account by its id.

        Raises:
            DataKeyDestroyed: it was destroyed, or has expired.
            CustomerKeyUnavailable: its customer key cannot be used.
            IntegrityError: what is stored of it was altered.
        """
        stored = await self._get(account_id, key_id)
        now = self._clock()
        if stored is None or not stored.wrapped or stored.expires <= now.timestamp():
            raise DataKeyDestroyed("the data key was destroyed, or has expired")
        held = self._opened.get((account_id, key_id))
        if held is not None and held.wrapped == stored.wrapped and held.key.expires == stored.expires and now < held.until:
            self._opened.move_to_end((account_id, key_id))
            return held.key
        return await self._open(account_id, stored, now)

    async def each(self, account_id: str) -> AsyncIterator[StoredDataKey]:
        """Iterate an account's keys, oldest day first, destroyed ones that are not forgotten yet among them."""
        after = ""
        while True:
            page = await self._storage.list(account_id, _KIND, prefix=f"{self._purpose}/", after=after, limit=500)
            for document in page:
                yield _read(document)
            if len(page) < 500:
                return
            after = page[-1].id

    async def destroy(self, account_id: str, key_id: str) -> bool:
        """Overwrite a wrapped key, so that nothing sealed with it opens again; say whether there was one to overwrite."""
        self._opened.pop((account_id, key_id), None)
        sealing = self._sealing.get(account_id)
        if sealing is not None and sealing.key.id == key_id:
            del self._sealing[account_id]
        document = await self._storage.get(account_id, _KIND, self._place(key_id))
        if document is None:
            return False
        stored = _read(document)
        if not stored.wrapped:
            return False
        body = msgspec.json.encode(msgspec.structs.replace(stored, wrapped=b""))
        try:
            await self._storage.apply(Replace(msgspec.structs.replace(document, body=body)), erase=True)
        except Conflict:
            return False  # another process destroyed it at the same moment: nothing else ever changes one
        return True

    async def forget(self, account_id: str, key_id: str) -> None:
        """Remove what is stored of a destroyed key, when nothing names it any more."""
        await self._storage.apply(Delete(account_id, _KIND, self._place(key_id)), erase=True)

    def let_go(self) -> None:
        """Forget the keys in memory whose providers would have to be asked again."""
        now = self._clock()
        for account_id in [account_id for account_id, found in self._sealing.items() if now >= found.until]:
            del self._sealing[account_id]
        for place in [place for place, held in self._opened.items() if now >= held.until]:
            del self._opened[place]

    async def close(self) -> None:
        """Let go of the keys and of the providers."""
        self._sealing.clear()
        self._opened.clear()
        await self._customer_keys.close()

    # -- keys to seal with --

    async def _renewed(self, account_id: str, customer_key: str, now: datetime, expires: int) -> DataKey:
        """Look again whether the present key stands, or find today's, or make it."""
        generation = await self._storage.generation()  # before the reads: a change in between makes the next call look again
        found = self._sealing.get(account_id)
        if found is not None and _serves(found, now, customer_key, expires):
            stored = await self._get(account_id, found.key.id)
            if stored is not None and stored.wrapped:
                self._hold_sealing(account_id, found._replace(generation=generation))
                return found.key
        self._customer_keys.check(customer_key)
        failed = self._failed.get(account_id)
        if failed is not None and failed.customer_key == customer_key and now < failed.until:
            raise type(failed.error)(failed.error.message, remedy=failed.error.how_to_mend, **failed.error.facts)
        try:
            key = await self._todays(account_id, customer_key, now, expires)
        except DependencyError as error:
            self._failed[account_id] = _Failed(customer_key, error, now + LEFT_ALONE)
            _bound(self._failed)
            raise
        self._failed.pop(account_id, None)
        self._hold_sealing(account_id, _Sealing(key, _day(now), customer_key, generation, now + HELD))
        return key

    async def _todays(self, account_id: str, customer_key: str, now: datetime, expires: int) -> DataKey:
        for document in await self._storage.list(account_id, _KIND, prefix=f"{self._purpose}/{_day(now)}/", limit=_KEYS_A_DAY):
            stored = _read(document)
            if stored.wrapped and stored.customer_key == customer_key and stored.expires >= expires:
                return await self._open(account_id, stored, now)
        key_id = f"{_day(now)}/{new_id(16)}"
        context = self._context(_day(now), key_id, expires)
        made = await self._customer_keys.generate(account_id, customer_key, context)
        stored = StoredDataKey(id=key_id, period=_day(now), customer_key=customer_key, expires=expires, wrapped=made.wrapped)
        body = msgspec.json.encode(stored)
        await self._storage.apply(Insert(Document(account_id=account_id, kind=_KIND, id=self._place(key_id), body=body)))
        return DataKey(key_id, expires, DataCipher(made.plaintext))

    def _hold_sealing(self, account_id: str, sealing: _Sealing) -> None:
        self._sealing[account_id] = sealing
        self._sealing.move_to_end(account_id)
        _bound(self._sealing)

    # -- keys to open with --

    async def _open(self, account_id: str, stored: StoredDataKey, now: datetime) -> DataKey:
        context = self._context(stored.period, stored.id, stored.expires)
        plaintext = await self._customer_keys.unwrap(account_id, stored.customer_key, stored.wrapped, context)
        key = DataKey(stored.id, stored.expires, DataCipher(plaintext))
        self._opened[account_id, stored.id] = _Opened(key, stored.wrapped, now + HELD)
        self._opened.move_to_end((account_id, stored.id))
        _bound(self._opened)
        return key

    async def _get(self, account_id: str, key_id: str) -> StoredDataKey | None:
        document = await self._storage.get(account_id, _KIND, self._place(key_id))
        return None if document is None else _read(document)

    def _place(self, key_id: str) -> str:
        return f"{self._purpose}/{key_id}"

    def _context(self, period: str, key_id: str, expires: int) -> Mapping[str, str]:
        return {"purpose": self._purpose, "period": period, "data-key": key_id, "expires": str(expires)}


def _read(document: Document) -> StoredDataKey:
    try:
        return _DECODER.decode(document.body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise IntegrityError("a stored data key cannot be read", remedy="restore a backup") from error


def _serves(found: _Sealing, now: datetime, customer_key: str, expires: int) -> bool:
    return now < found.until and found.period == _day(now) and found.customer_key == customer_key and found.key.expires >= expires


def _day(now: datetime) -> str:
    return now.astimezone(UTC).strftime(_DAYS)


def _day_end(now: datetime) -> int:
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return int((midnight + timedelta(days=1)).timestamp())


def _bound(kept: OrderedDict[str, _Sealing] | OrderedDict[tuple[str, str], _Opened] | OrderedDict[str, _Failed]) -> None:
    while len(kept) > HELD_KEYS:
        kept.popitem(last=False)
