"""The online store: the latest record of each identifier, by event time.

Rules it upholds: a record is replaced only by one whose event time is later; what goes to both stores goes there in one transaction; a
record that has expired or was deleted is not shown.

Source: SageMaker API reference, PutRecord ("if the new record's EventTime is greater, it is written to both stores, otherwise it is a
historic record"), GetRecord, BatchGetRecord, DeleteRecord (soft and hard deletion, and what each does with a late event time).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from ringwall.crypto import sha256
from ringwall.data.feature_errors import FeatureGroupNotFound, RecordBusy, RecordRefused
from ringwall.data.feature_group import FeatureGroup, Ttl, read_ttl
from ringwall.data.feature_groups import FeatureGroups
from ringwall.data.feature_record import (
    Record,
    read_event_time,
    read_identifier,
    read_record,
    show_expiry,
    show_record,
)
from ringwall.data.listing import read_body
from ringwall.data.offline_rows import row_document
from ringwall.data.turns import attempts
from ringwall.errors import Conflict
from ringwall.storage import Change, Delete, Document, Insert, Replace, Storage
from ringwall.vocabulary import Clock

RECORD: Final = "feature-record"
BATCH_RECORDS: Final = 1_000  # records read for one BatchGetRecord; the rest is answered as unprocessed
BATCH_BYTES: Final = 8 * 1024 * 1024
_AT_ONCE: Final = 50
_NANOS: Final = 1_000_000_000
_DECODER = msgspec.json.Decoder(Record)


class Put(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a record, for the audit record: `online` is stored, historic (an equal or later one is there) or empty."""

    group: str
    identifier: str
    online: str
    offline: bool


class OnlineStore:
    """Records of all accounts' feature groups."""

    def __init__(self, storage: Storage, groups: FeatureGroups, *, clock: Clock) -> None:
        self._storage = storage
        self._groups = groups
        self._clock = clock

    # -- write ----------------------------------------------------------------------------------------------------------------------

    async def put(self, account_id: str, request: Mapping[str, Any]) -> Put:
        """Take a record; PutRecord.

        Raises:
            FeatureGroupNotFound, RecordRefused, RecordBusy: as their names say.
        """
        group = (await self._groups.find(account_id, request["FeatureGroupName"])).group
        record = read_record(group, request["Record"])
        online, offline = _targets(group, request.get("TargetStores"))
        ttl = read_ttl(request.get("TtlDuration"))
        if ttl is not None and not online:
            raise RecordRefused("TtlDuration is about the online store, which this record does not go to")
        record = _expiring(record, ttl or (group.online.ttl if group.online else None))
        return await self._write(account_id, group, record, online=online, offline=offline)

    async def delete(self, account_id: str, request: Mapping[str, Any]) -> Put:
        """Delete a record as of an event time; DeleteRecord.

        Raises:
            FeatureGroupNotFound, RecordBusy: as their names say.
            RecordRefused: a hard deletion whose event time is not later than the record's.
        """
        group = (await self._groups.find(account_id, request["FeatureGroupName"])).group
        online, offline = _targets(group, request.get("TargetStores"))
        identifier, event_time = read_identifier(request["RecordIdentifierValueAsString"]), request["EventTime"]
        mark = Record(identifier=identifier, event_time=event_time, event_ns=read_event_time(group, event_time), deleted=True)
        hard = request.get("DeletionMode") == "HardDelete"
        return await self._write(account_id, group, mark, online=online, offline=offline, hard=hard)

    async def _write(self, account_id: str, group: FeatureGroup, record: Record, *, online: bool, offline: bool, hard: bool = False) -> Put:
        async for _ in attempts():
            changes: list[Change] = []
            outcome = ""
            if online:
                changes = await self._online_changes(account_id, group, record, hard=hard)
                outcome = "stored" if changes or hard else "historic"
            if offline:
                changes.append(Insert(row_document(account_id, group, record, self._clock())))
            try:
                if changes:
                    await self._storage.apply(*changes)
            except Conflict:
                continue
            return Put(group=group.name, identifier=record.identifier, online=outcome, offline=offline)
        raise RecordBusy("the record is written by many requests at once")

    async def _online_changes(self, account_id: str, group: FeatureGroup, record: Record, *, hard: bool) -> list[Change]:
        key = _key(group, record.identifier)
        stored = await self._storage.get(account_id, RECORD, key)
        later = stored is None or record.event_ns > read_body(_DECODER, stored).event_ns
        if hard:
            if not later:
                raise RecordRefused("EventTime: the record in the online store is as late, or later: it was not deleted")
            return [Delete(account_id, RECORD, key, stored.revision)] if stored else []
        if not later:
            return []
        document = Document(
            account_id=account_id,
            kind=RECORD,
            id=key,
            body=msgspec.json.encode(record),
            revision=stored.revision if stored else 0,
            expires_at=record.expires_at,
        )
        return [Replace(document) if stored else Insert(document)]

    # -- read -----------------------------------------------------------------------------------------------------------------------

    async def get(self, account_id: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Show the latest record of an identifier; GetRecord. Without a record there is no Record member, as on AWS.

        Raises:
            FeatureGroupNotFound, RecordRefused: as their names say.
        """
        group = (await self._groups.find(account_id, request["FeatureGroupName"])).group
        wanted = _wanted(group, request.get("FeatureNames"))
        record = await self._read(account_id, group, read_identifier(request["RecordIdentifierValueAsString"]))
        shown = [] if record is None else show_record(record, wanted)
        if record is None or not shown:
            return {}
        return {"Record": shown} | (show_expiry(record) if request.get("ExpirationTimeResponse") == "Enabled" else {})

    async def batch_get(self, account_id: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Show the latest records of many identifiers; BatchGetRecord.

        What is more than BATCH_RECORDS identifiers, or would make the answer larger than BATCH_BYTES, is handed back as unprocessed.
        """
        answer: dict[str, Any] = {"Records": [], "Errors": [], "UnprocessedIdentifiers": []}
        expiries = request.get("ExpirationTimeResponse") == "Enabled"
        left = _Left(BATCH_RECORDS, BATCH_BYTES)
        for asked in request["Identifiers"]:
            await self._batch_of_one_group(account_id, asked, answer, left, expiries=expiries)
        return answer

    async def _batch_of_one_group(
        self, account_id: str, asked: Mapping[str, Any], answer: dict[str, Any], left: _Left, *, expiries: bool
    ) -> None:
        identifiers: Sequence[str] = asked["RecordIdentifiersValueAsString"]
        try:
            group = (await self._groups.find(account_id, asked["FeatureGroupName"])).group
            wanted = _wanted(group, asked.get("FeatureNames"))
            for identifier in identifiers:
                read_identifier(identifier)
        except (FeatureGroupNotFound, RecordRefused) as error:
            code = "ResourceNotFound" if isinstance(error, FeatureGroupNotFound) else "ValidationError"
            answer["Errors"] += [
                {
                    "FeatureGroupName": asked["FeatureGroupName"],
                    "RecordIdentifierValueAsString": each,
                    "ErrorCode": code,
                    "ErrorMessage": error.message,
                }
                for each in identifiers
            ]
            return
        done = 0
        while done < len(identifiers) and left.records > 0 and left.size > 0:
            some = identifiers[done : done + min(_AT_ONCE, left.records)]
            records = await asyncio.gather(*(self._read(account_id, group, identifier) for identifier in some))
            done += len(some)
            left.records -= len(some)
            for identifier, record in zip(some, records, strict=True):
                shown = [] if record is None else show_record(record, wanted)
                if record is None or not shown:
                    continue
                left.size -= len(msgspec.json.encode(shown))
                entry = {"FeatureGroupName": asked["FeatureGroupName"], "RecordIdentifierValueAsString": identifier, "Record": shown}
                answer["Records"].append(entry | (show_expiry(record) if expiries else {}))
        if done < len(identifiers):
            answer["UnprocessedIdentifiers"].append({**asked, "RecordIdentifiersValueAsString": list(identifiers[done:])})

    async def _read(self, account_id: str, group: FeatureGroup, identifier: str) -> Record | None:
        stored = await self._storage.get(account_id, RECORD, _key(group, identifier))
        record = None if stored is None else read_body(_DECODER, stored)
        return None if record is None or record.deleted else record


class _Left:
    """What one batch may still read."""

    def __init__(self, records: int, size: int) -> None:
        self.records = records
        self.size = size


def _key(group: FeatureGroup, identifier: str) -> str:
    return f"{group.generation}:{sha256(identifier.encode()).hex()}"


def _expiring(record: Record, ttl: Ttl | None) -> Record:
    """Count a record's time to live from its event time, as AWS does; one that is over already is stored expired, and so never shown."""
    if ttl is None:
        return record
    return msgspec.structs.replace(record, expires_at=max(1, record.event_ns // _NANOS + ttl.seconds))


def _targets(group: FeatureGroup, asked: Sequence[str] | None) -> tuple[bool, bool]:
    """Return whether a request is about the online and about the offline store.

    Raises:
        RecordRefused: it names a store that the group has not.
    """
    has = {"OnlineStore": group.online is not None, "OfflineStore": group.offline is not None}
    if asked is None:
        return has["OnlineStore"], has["OfflineStore"]
    for store in asked:
        if not has[store]:
            raise RecordRefused(f"the feature group `{group.name}` has no {store}")
    return "OnlineStore" in asked, "OfflineStore" in asked


def _wanted(group: FeatureGroup, names: Sequence[str] | None) -> frozenset[str] | None:
    """Return the features that a read asks for; None: all.

    Raises:
        RecordRefused: the group has no online store, or not one of these features.
    """
    if group.online is None:
        raise RecordRefused(f"the feature group `{group.name}` has no OnlineStore")
    if not names:
        return None
    known = {definition.feature_name for definition in group.definitions}
    for name in names:
        if name not in known:
            raise RecordRefused(f"the feature group `{group.name}` has no feature `{name}`")
    return frozenset(names)
