"""The native API's audit log: what callers put on record themselves, found again and proved offline."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from ringwall.api.aws.operation import Call, Operation
from ringwall.api.native.operation import NativeOperation
from ringwall.api.native.shapes import Shape, own_arn
from ringwall.crypto.base64_text import decode_base64
from ringwall.crypto.checkpoint import parse_checkpoint
from ringwall.crypto.log_policy import log_id
from ringwall.crypto.notes import ED25519, parse_vkey, split_note
from ringwall.crypto.sigstore_bundle import Bundle, LoggedAt, write_bundle
from ringwall.crypto.tiles import MAX_SIZE
from ringwall.crypto.tlog_proof import TlogProof
from ringwall.errors import IntegrityError
from ringwall.ledger import STATEMENT_LOG, Receipt
from ringwall.ledger.attestations import LoggedStatement
from ringwall.ledger.audit_log import Search

Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
Moment = Annotated[datetime, Meta(tz=True)]
"""With its offset from UTC: without, it would be whatever the server's own zone makes of it."""


class PutAuditEntryInput(Shape, frozen=True, kw_only=True):
    """What to put on record. digest: SHA-256 of what it is about. name: of that, for people."""

    digest: Digest
    metadata: dict[str, Any] = msgspec.field(default_factory=dict)
    name: Annotated[str, Meta(max_length=256)] = ""


class GetAuditEntryInput(Shape, frozen=True, kw_only=True):
    """Which entry."""

    index: Annotated[int, Meta(ge=0, le=MAX_SIZE)]


class SearchAuditLogInput(Shape, frozen=True, kw_only=True):
    """What to find; what is absent is not asked for. start: the index to begin at, going back; absent: the newest."""

    digest: Digest | None = None
    principal: Annotated[str, Meta(max_length=2048)] | None = None
    since: Moment | None = None
    until: Moment | None = None
    start: Annotated[int, Meta(ge=0, le=MAX_SIZE)] | None = None
    limit: Annotated[int, Meta(ge=1, le=1000)] = 50


class AuditEntry(Shape, frozen=True, kw_only=True):
    """One entry of the account, in the log of statements.

    subjects: name to SHA-256. predicate: what was said, and `recordedBy`, `recordedAt`. All three are empty once they were erased.
    key: SHA-256 of the public key that signed.
    """

    index: int
    logged_at: datetime
    predicate_type: str
    subjects: dict[str, str]
    predicate: dict[str, Any]
    key: str
    erased: bool


class ProvedAuditEntry(AuditEntry, frozen=True, kw_only=True):
    """An entry with what proves it offline.

    tlog_proof: C2SP tlog-proof of the log entry. bundle: sigstore bundle v0.3, as text; null once the statement was erased.
    """

    size: int
    tlog_proof: str
    bundle: str | None


class PutAuditEntryOutput(Shape, frozen=True, kw_only=True):
    """Where the entry is: its index in the log of statements, under a checkpoint of this size; with its proof."""

    log: str
    index: int
    size: int
    tlog_proof: str


class SearchAuditLogOutput(Shape, frozen=True, kw_only=True):
    """Entries, newest first; `next` is the `start` of the page that follows."""

    entries: tuple[AuditEntry, ...]
    next: int | None


async def _put(call: Call, given: PutAuditEntryInput) -> PutAuditEntryOutput:
    put = await call.rooms.audit_log.put(call.account_id, given.digest, given.metadata, name=given.name, by=call.principal.arn, at=call.now)
    call.record["statement"] = put.index
    return PutAuditEntryOutput(log=put.receipt.log, index=put.index, size=put.receipt.size, tlog_proof=_tlog_proof(put.receipt))


async def _get(call: Call, given: GetAuditEntryInput) -> ProvedAuditEntry:
    found = await call.rooms.audit_log.get(call.account_id, given.index)
    log = call.rooms.ledger.log(STATEMENT_LOG)
    receipt = await log.inclusion_proof(given.index)
    bundle = _bundle(found, receipt, await log.origin(), await log.vkeys())
    return ProvedAuditEntry(**_shown(found), size=receipt.size, tlog_proof=_tlog_proof(receipt), bundle=bundle)


async def _erase(call: Call, given: GetAuditEntryInput) -> None:
    await call.rooms.audit_log.erase(call.account_id, given.index)
    call.record["statement"] = given.index


async def _search(call: Call, given: SearchAuditLogInput) -> SearchAuditLogOutput:
    search = Search(digest=given.digest, principal=given.principal, since=_milliseconds(given.since), until=_milliseconds(given.until))
    page = await call.rooms.audit_log.search(call.account_id, search, start=given.start, limit=given.limit)
    return SearchAuditLogOutput(entries=tuple(AuditEntry(**_shown(found)) for found in page.statements), next=page.next)


def _shown(found: LoggedStatement) -> dict[str, Any]:
    statement = found.statement
    predicate = {} if statement is None else {name: value for name, value in statement.predicate.items() if name != "salt"}
    return {
        "index": found.index,
        "logged_at": datetime.fromtimestamp(found.recorded_at / 1000, UTC),
        "predicate_type": "" if statement is None else statement.predicate_type,
        "subjects": {} if statement is None else {each.name: each.digest.get("sha256", "") for each in statement.subject},
        "predicate": predicate,
        "key": found.entry.signatures[0].key.id,
        "erased": statement is None,
    }


def _tlog_proof(receipt: Receipt) -> str:
    return TlogProof(receipt.index, receipt.proof, receipt.checkpoint).to_text().decode()


def _bundle(found: LoggedStatement, receipt: Receipt, origin: str, vkeys: Sequence[str]) -> str | None:
    """Write the bundle that sigstore's verifiers take; none without the envelope."""
    if found.envelope is None:
        return None
    text, lines = split_note(receipt.checkpoint)
    logged = LoggedAt(
        log_id=log_id(origin, _signed_with(lines, vkeys)),
        index=receipt.index,
        size=receipt.size,
        root=parse_checkpoint(text).root,
        path=receipt.proof,
        checkpoint=receipt.checkpoint,
        body=found.body,
    )
    return write_bundle(Bundle(found.envelope, found.entry.signatures[0].key.id, logged)).decode()


def _signed_with(lines: Sequence[str], vkeys: Sequence[str]) -> bytes:
    """Return the newest Ed25519 key that signed a checkpoint: while a key is rotated in, not each of the log's keys has."""
    for key in map(parse_vkey, vkeys):
        start = f"\N{EM DASH} {key.name} "
        signatures = [decode_base64(line.removeprefix(start), "signature") for line in lines if line.startswith(start)]
        if key.algorithm == ED25519 and any(each.startswith(key.key_id) for each in signatures):
            return key.public
    raise IntegrityError("no Ed25519 key of the log signed its checkpoint")


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp() * 1000)


def _entry(call: Call, given: GetAuditEntryInput) -> Sequence[str]:
    return own_arn(call, f"audit-log/{given.index}")


def _all(call: Call, given: Any) -> Sequence[str]:  # noqa: ARG001 - a row's shape
    return own_arn(call, "audit-log/*")


OPERATIONS = (
    NativeOperation(
        Operation("ringwall", "PutAuditEntry", "ringwall:PutAuditEntry", _put, _all),
        "POST",
        "/audit-log",
        "Put something on record about a digest, signed and logged.",
        PutAuditEntryInput,
        PutAuditEntryOutput,
        status=201,
    ),
    NativeOperation(
        Operation("ringwall", "SearchAuditLog", "ringwall:SearchAuditLog", _search, _all, read_only=True),
        "GET",
        "/audit-log",
        "Find entries by digest, principal and time, newest first.",
        SearchAuditLogInput,
        SearchAuditLogOutput,
    ),
    NativeOperation(
        Operation("ringwall", "GetAuditEntry", "ringwall:GetAuditEntry", _get, _entry, read_only=True),
        "GET",
        "/audit-log/{index}",
        "Show an entry with the files that prove it offline.",
        GetAuditEntryInput,
        ProvedAuditEntry,
    ),
    NativeOperation(
        Operation("ringwall", "EraseAuditEntry", "ringwall:EraseAuditEntry", _erase, _entry),
        "DELETE",
        "/audit-log/{index}",
        "Destroy the words of an entry; the entry and its proof stay.",
        GetAuditEntryInput,
        None,
    ),
)
