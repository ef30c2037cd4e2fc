"""The native API's audit records, the erasure of what they say of persons, and live counters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from ringwall.api.aws.operation import Call, Operation
from ringwall.api.counters import Stats
from ringwall.api.native.operation import NativeOperation
from ringwall.api.native.shapes import NoInput, anything, own_arn
from ringwall.crypto.tiles import MAX_SIZE


class ListRecordsInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """Which records to list. start: the index to begin at, going back; absent: the newest."""

    start: Annotated[int, Meta(ge=0)] | None = None
    limit: Annotated[int, Meta(ge=1, le=1000)] = 50
    event_name: Annotated[str, Meta(max_length=128)] | None = None
    event_source: Annotated[str, Meta(max_length=128)] | None = None
    error_code: Annotated[str, Meta(max_length=128)] | None = None


class RecordInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """Which record of the account."""

    index: Annotated[int, Meta(ge=0, le=MAX_SIZE)]


class AccountsRecordInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """Which record of which account."""

    account_id: Annotated[str, Meta(pattern=r"^[0-9]{12}\Z")]
    index: Annotated[int, Meta(ge=0, le=MAX_SIZE)]


class Record(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One audit record, in CloudTrail's shape; what was erased since is absent."""

    index: int
    event_time: str
    event_source: str
    event_name: str
    request_id: str
    error_code: str
    resources: tuple[str, ...]
    user_identity: dict[str, Any]
    source_ip_address: str
    user_agent: str
    ringwall: dict[str, Any]


class ListRecordsOutput(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Records, newest first; `next` is the `start` of the page that follows."""

    records: tuple[Record, ...]
    next: int | None


async def _list_records(call: Call, given: ListRecordsInput) -> ListRecordsOutput:
    page = await call.rooms.ledger.lookup(
        call.account_id,
        start=given.start,
        limit=given.limit,
        event_name=given.event_name,
        event_source=given.event_source,
        error_code=given.error_code,
    )
    return ListRecordsOutput(
        records=tuple(_record(found.index, found.event, found.erasable or {}) for found in page.records), next=page.next
    )


def _record(index: int, event: dict[str, Any], erasable: dict[str, Any]) -> Record:
    """Join the two halves of a record; the ledger has checked them against each other."""
    return Record(
        index=index,
        event_time=event["eventTime"],
        event_source=event["eventSource"],
        event_name=event["eventName"],
        request_id=event["requestID"],
        error_code=event["errorCode"],
        resources=tuple(erasable.get("resources", ())),
        user_identity=erasable.get("userIdentity", {}),
        source_ip_address=erasable.get("sourceIPAddress", ""),
        user_agent=erasable.get("userAgent", ""),
        ringwall=erasable.get("ringwall", event["ringwall"]),
    )


async def _erase(call: Call, given: RecordInput) -> None:
    await call.rooms.ledger.shred(call.account_id, given.index)
    call.record["erased"] = {"account": call.account_id, "index": given.index}


async def _erase_accounts(call: Call, given: AccountsRecordInput) -> None:
    await call.rooms.ledger.shred(given.account_id, given.index)
    call.record["erased"] = {"account": given.account_id, "index": given.index}


async def _stats(call: Call, given: NoInput) -> Stats:  # noqa: ARG001 - a handler's shape
    return call.rooms.counters.stats(call.account_id)


def _record_arn(call: Call, given: RecordInput) -> Sequence[str]:
    return own_arn(call, f"record/{given.index}")


def _accounts_record_arn(call: Call, given: AccountsRecordInput) -> Sequence[str]:
    return own_arn(call, f"account/{given.account_id}/record/{given.index}")


OPERATIONS = (
    NativeOperation(
        Operation("ringwall", "ListRecords", "ringwall:ListRecords", _list_records, anything, read_only=True),
        "GET",
        "/records",
        "List the account's audit records, newest first.",
        ListRecordsInput,
        ListRecordsOutput,
    ),
    NativeOperation(
        Operation("ringwall", "EraseAuditRecord", "ringwall:EraseAuditRecord", _erase, _record_arn),
        "DELETE",
        "/records/{index}",
        "Destroy what one of the account's audit records says of who and from where; its leaf and every proof stay.",
        RecordInput,
        None,
    ),
    NativeOperation(
        Operation("ringwall", "EraseAccountsAuditRecord", "ringwall:EraseAccountsAuditRecord", _erase_accounts, _accounts_record_arn),
        "DELETE",
        "/accounts/{accountId}/records/{index}",
        "Destroy the same of any account's record; for the operator's account only.",
        AccountsRecordInput,
        None,
    ),
    NativeOperation(
        Operation("ringwall", "GetStats", "ringwall:GetStats", _stats, anything, read_only=True, recorded=False),
        "GET",
        "/stats",
        "Show what this server did for the account since it started.",
        NoInput,
        Stats,
    ),
)
