"""Sealed prompts in storage: written whole, found without being opened, opened one at a time, removed for good.

Rules this file upholds: everything that belongs to a record is written in one transaction, quietly (no cache of other rooms ends by it);
what is removed is overwritten; a record whose data key is gone, or whose time is over, is as good as not there.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from ringwall.errors import IntegrityError
from ringwall.inference.prompts.errors import PromptNotFound
from ringwall.inference.prompts.record import RECORD, TEXT, About, Opener, Verdict, place_of, read_stored, text_id
from ringwall.inference.prompts.words import readable
from ringwall.keys.data_keys import DataKeys, StoredDataKey
from ringwall.storage import Change, Delete, Document, Insert, Replace, Storage

PAGE: Final = 250
SCANNED: Final = 5_000
"""Records that one listing looks at; it says where to go on."""
CLEARED: Final = 20_000
"""Records that are cleared away at once; the next maintenance goes on."""
_CHANGES: Final = 500
_DAY: Final = timedelta(days=1)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which records to list. since, until: moments, both inclusive. marker: where the last listing stopped."""

    since: datetime | None = None
    until: datetime | None = None
    principal: str = ""
    model: str = ""
    verdict: Verdict | None = None
    marker: str = ""
    limit: int = 50


class Listed(msgspec.Struct, frozen=True):
    """Records, newest first. marker: where to go on; empty at the end. unreadable: records that were passed over."""

    records: tuple[About, ...]
    marker: str
    unreadable: int


class Opened(msgspec.Struct, frozen=True):
    """A record and what it holds."""

    about: About
    question: Any
    answer: Any


class PromptStore:
    """The records of all accounts."""

    def __init__(self, storage: Storage, data_keys: DataKeys) -> None:
        self._storage = storage
        self._data_keys = data_keys

    async def insert(self, documents: Sequence[Document]) -> None:
        """Write a record and its texts; durable when it returns."""
        await self._storage.apply(*map(Insert, documents), quiet=True)

    async def finish(self, record: Document, texts: Sequence[Document]) -> None:
        """Write the end of a record that was begun; durable when it returns."""
        await self._storage.apply(Replace(record), *map(Insert, texts), quiet=True)

    async def search(self, account_id: str, wanted: Wanted, now: datetime, retention: timedelta | None) -> Listed:
        """List records by what stands in the clear; nothing is opened, and so nothing of it is proved."""
        alive = {key.id async for key in self._data_keys.each(account_id) if key.wrapped and key.expires > now.timestamp()}
        after = wanted.marker or (place_of(_ms(wanted.until)) if wanted.until is not None else "")
        found: list[About] = []
        scanned = unreadable = 0
        while scanned < SCANNED:
            page = await self._storage.list(account_id, RECORD, after=after, limit=PAGE)
            for document in page:
                after, scanned = document.id, scanned + 1
                try:
                    stored, about = read_stored(document)
                except IntegrityError:
                    unreadable += 1
                    continue
                if wanted.since is not None and about.at < _ms(wanted.since):
                    return Listed(tuple(found), "", unreadable)
                if stored.data_key in alive and not is_over(about, now, retention) and _is_wanted(about, wanted):
                    found.append(about)
                    if len(found) == wanted.limit:
                        return Listed(tuple(found), after, unreadable)
            if len(page) < PAGE:
                return Listed(tuple(found), "", unreadable)
        return Listed(tuple(found), after, unreadable)

    async def open(self, account_id: str, record_id: str, now: datetime, retention: timedelta | None) -> Opened:
        """Open one record.

        Raises:
            PromptNotFound: it is not there (any more). DataKeyDestroyed: its data key is not.
            CustomerKeyUnavailable: the customer key cannot be used now.
            IntegrityError: the record was altered, moved, or parts of it are missing.
        """
        document = await self._find(account_id, record_id)
        stored, about = read_stored(document)
        if is_over(about, now, retention):
            raise PromptNotFound("the account has no sealed prompt of this id")
        opener = Opener(account_id, record_id, stored, await self._data_keys.for_opening(account_id, stored.data_key))
        texts: dict[str, Any] = {}
        for role in ("question", "answer"):
            count = about.pieces.get(role, 0)
            pieces = await self._pieces(account_id, record_id, role, count)
            texts[role] = readable(opener.text(role, pieces, count)) if count else None
        return Opened(about, texts["question"], texts["answer"])

    async def shred(self, account_id: str, record_id: str) -> None:
        """Overwrite one record: its key, its texts and what was known of it.

        Raises:
            PromptNotFound: it is not there.
        """
        document = await self._find(account_id, record_id)
        await self._remove(account_id, [document])

    async def clear(self, account_id: str, key: StoredDataKey, budget: int) -> int:
        """Remove records of a destroyed data key, up to so many; return how many there were."""
        start = datetime.strptime(key.period, "%Y-%m-%d").replace(tzinfo=UTC)
        # A record is dated by its question, and may have been sealed with the key of the day in which its answer ended.
        return await self._clear(account_id, start - _DAY, start + _DAY, budget, key.id)

    async def clear_before(self, account_id: str, before: datetime, budget: int) -> int:
        """Remove records that are older than a moment, up to so many; return how many there were."""
        return await self._clear(account_id, None, before - timedelta(milliseconds=1), budget)

    async def _clear(self, account_id: str, start: datetime | None, end: datetime, budget: int, data_key: str | None = None) -> int:
        after, cleared = place_of(_ms(end)), 0
        oldest = None if start is None else place_of(_ms(start) - 1)
        while cleared < budget:
            page = await self._storage.list(account_id, RECORD, after=after, limit=min(PAGE, budget - cleared))
            due = [document for document in page if oldest is None or document.id < oldest]
            theirs = [document for document in due if data_key is None or _data_key_of(document) in {None, data_key}]
            await self._remove(account_id, theirs)
            cleared += len(theirs)
            if not page or len(due) < len(page):
                break
            after = page[-1].id
        return cleared

    async def _remove(self, account_id: str, records: Sequence[Document]) -> None:
        changes: list[Change] = []
        for document in records:
            changes.append(Delete(account_id, RECORD, document.id))
            changes += [Delete(account_id, TEXT, piece) async for piece in self._piece_ids(account_id, document)]
        for start in range(0, len(changes), _CHANGES):
            await self._storage.apply(*changes[start : start + _CHANGES], erase=True)

    async def _piece_ids(self, account_id: str, document: Document) -> AsyncIterator[str]:
        try:
            _, about = read_stored(document)
        except IntegrityError:  # what cannot be read says nothing of its pieces: look for them
            for piece in await self._storage.list(account_id, TEXT, prefix=f"{document.key}/", limit=PAGE) if document.key else ():
                yield piece.id
            return
        for role, count in about.pieces.items():
            for number in range(count):
                yield text_id(about.id, role, number)

    async def _find(self, account_id: str, record_id: str) -> Document:
        document = await self._storage.find(RECORD, record_id)
        if document is None or document.account_id != account_id:
            raise PromptNotFound("the account has no sealed prompt of this id")
        return document

    async def _pieces(self, account_id: str, record_id: str, role: str, count: int) -> Mapping[int, bytes]:
        pieces: dict[int, bytes] = {}
        for number in range(count):
            document = await self._storage.get(account_id, TEXT, text_id(record_id, role, number))
            if document is not None:
                pieces[number] = document.body
        return pieces


def is_over(about: About, now: datetime, retention: timedelta | None) -> bool:
    """Say whether a record's time is over: the one it was given, or the one that the account's present policy gives, the shorter."""
    return about.expires <= now.timestamp() or (retention is not None and about.moment + retention <= now)


def _is_wanted(about: About, wanted: Wanted) -> bool:
    return (
        (not wanted.principal or about.principal == wanted.principal)
        and (not wanted.model or about.model == wanted.model)
        and (wanted.verdict is None or about.verdict == wanted.verdict)
    )


def _data_key_of(document: Document) -> str | None:
    try:
        return read_stored(document)[0].data_key
    except IntegrityError:
        return None


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
