"""The native API's transparency logs: the static resources of tlog-tiles, proofs, and cosignatures.

What is static needs permission all the same: tiles tell how much is going on, and the entries of the log `audit` name accounts and what
they did, so that only the operator's account may read them (`ringwall:GetAccountsLedgerEntries`). A tenant proves its own records one by
one. Who hosts a log for everybody exports it (`ringwall ledger export`).

Reading checkpoints, tiles, growth and the entries of `statements`, which are hashes, signatures and keys, leaves no audit record: each
would be an entry more to read. Reading entries of `audit` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

from msgspec import Meta

from ringwall.api.aws.operation import Call, Operation
from ringwall.api.native.operation import NativeOperation, Static
from ringwall.api.native.shapes import NoInput, Shape, anything, own_arn
from ringwall.crypto.base64_text import encode_base64
from ringwall.crypto.tiles import CHECKPOINT_PATH, MAX_SIZE
from ringwall.crypto.tlog_proof import TlogProof
from ringwall.errors import IntegrityError, InvalidRequest, NotFound
from ringwall.ledger import AUDIT_LOG, LOGS
from ringwall.ledger.own_entries import own_entry
from ringwall.ledger.witness import keep_cosignatures

LogName = Literal["audit", "statements"]
Index = Annotated[int, Meta(ge=0, le=MAX_SIZE)]

_TEXT: Final = "text/plain; charset=utf-8"
_BYTES: Final = "application/octet-stream"
_ENTRIES: Final = "entries/"
_NOTE_CHARS: Final = 64 * 1024


class LogInput(Shape, frozen=True, kw_only=True):
    """Which log."""

    log: LogName


class TileInput(Shape, frozen=True, kw_only=True):
    """Which piece of which log; `path` is what follows `tile/` in C2SP tlog-tiles."""

    log: LogName
    path: Annotated[str, Meta(max_length=64)]


class EntriesInput(Shape, frozen=True, kw_only=True):
    """Which bundle of entries; `path` is what follows `tile/entries/`."""

    path: Annotated[str, Meta(max_length=64)]


class ProofInput(Shape, frozen=True, kw_only=True):
    """Which entry; `size`: under the checkpoint of this size, if it was kept; absent: the newest."""

    log: LogName
    index: Index
    size: Index | None = None


class ConsistencyInput(Shape, frozen=True, kw_only=True):
    """From which size to which."""

    log: LogName
    old_size: Index
    size: Index


class CheckpointsInput(Shape, frozen=True, kw_only=True):
    """Which checkpoints of a log: those larger than `after`."""

    log: LogName
    after: Annotated[int, Meta(ge=-1, le=MAX_SIZE)] = -1
    limit: Annotated[int, Meta(ge=1, le=1000)] = 1000


class CosignaturesInput(Shape, frozen=True, kw_only=True):
    """A checkpoint of the log with cosignatures under it."""

    log: LogName
    note: Annotated[str, Meta(max_length=_NOTE_CHARS)]


class LogOutput(Shape, frozen=True, kw_only=True):
    """One log. checkpoint: its newest signed note; empty as long as nothing is sealed. vkeys: check new checkpoints."""

    log: str
    origin: str
    vkeys: tuple[str, ...]
    checkpoint: str


class LogsOutput(Shape, frozen=True, kw_only=True):
    """The logs of this ringwall."""

    logs: tuple[LogOutput, ...]


class ProofOutput(Shape, frozen=True, kw_only=True):
    """An entry's place in a log, with what proves it offline: the entry (base 64) and a C2SP tlog-proof."""

    log: str
    index: int
    size: int
    entry: str
    tlog_proof: str


class ConsistencyOutput(Shape, frozen=True, kw_only=True):
    """RFC 6962 consistency proof, base 64."""

    log: str
    old_size: int
    size: int
    proof: tuple[str, ...]


class CheckpointOutput(Shape, frozen=True, kw_only=True):
    """A checkpoint that was kept. sealed_at: Unix milliseconds."""

    size: int
    sealed_at: int
    note: str


class CheckpointsOutput(Shape, frozen=True, kw_only=True):
    """Checkpoints that were kept, smallest first."""

    checkpoints: tuple[CheckpointOutput, ...]


async def _logs(call: Call, given: NoInput) -> LogsOutput:  # noqa: ARG001 - a handler's shape
    found = []
    for name in LOGS:
        log = call.rooms.ledger.log(name)
        try:
            note = await log.checkpoint()
        except NotFound:
            note = b""
        found.append(LogOutput(log=name, origin=await log.origin(), vkeys=await log.vkeys(), checkpoint=note.decode()))
    return LogsOutput(logs=tuple(found))


async def _checkpoint(call: Call, given: LogInput) -> Static:
    return Static(await call.rooms.ledger.log(given.log).read(CHECKPOINT_PATH), _TEXT, immutable=False)


async def _tile(call: Call, given: TileInput) -> Static:
    if given.log == AUDIT_LOG and given.path.startswith(_ENTRIES):
        raise NotFound("the entries of the log `audit` are for the operator's account", remedy="prove a record of your own by its index")
    return Static(await call.rooms.ledger.log(given.log).read(f"tile/{given.path}"), _BYTES, immutable=True)


async def _audit_entries(call: Call, given: EntriesInput) -> Static:
    return Static(await call.rooms.ledger.log(AUDIT_LOG).read(f"tile/entries/{given.path}"), _BYTES, immutable=True)


async def _proof(call: Call, given: ProofInput) -> ProofOutput:
    """Prove an entry to its own account; somebody else's is not there."""
    entry = await own_entry(call.rooms.storage, call.rooms.ledger, call.account_id, given.log, given.index)
    receipt = await call.rooms.ledger.log(given.log).inclusion_proof(given.index, size=given.size)
    proof = TlogProof(receipt.index, receipt.proof, receipt.checkpoint)
    return ProofOutput(
        log=given.log, index=receipt.index, size=receipt.size, entry=encode_base64(entry), tlog_proof=proof.to_text().decode()
    )


async def _consistency(call: Call, given: ConsistencyInput) -> ConsistencyOutput:
    found = await call.rooms.ledger.log(given.log).consistency_proof(given.old_size, given.size)
    return ConsistencyOutput(
        log=given.log, old_size=found.old_size, size=found.size, proof=tuple(encode_base64(each) for each in found.proof)
    )


async def _checkpoints(call: Call, given: CheckpointsInput) -> CheckpointsOutput:
    kept = await call.rooms.ledger.log(given.log).checkpoints(after=given.after, limit=given.limit)
    return CheckpointsOutput(
        checkpoints=tuple(CheckpointOutput(size=each.size, sealed_at=each.sealed_at, note=each.note.decode()) for each in kept)
    )


async def _cosign(call: Call, given: CosignaturesInput) -> None:
    try:
        await keep_cosignatures(call.rooms.ledger.log(given.log), given.note.encode())
    except IntegrityError as error:  # what is wrong is the caller's note, not what is stored
        raise InvalidRequest(error.message) from None


def _log(call: Call, given: Any) -> Sequence[str]:
    return own_arn(call, f"ledger/{given.log}")


def _audit(call: Call, given: Any) -> Sequence[str]:  # noqa: ARG001 - a row's shape
    return own_arn(call, "ledger/audit")


OPERATIONS = (
    NativeOperation(
        Operation("ringwall", "ListLogs", "ringwall:ListLogs", _logs, anything, read_only=True, recorded=False),
        "GET",
        "/ledger",
        "List the transparency logs, with their keys and newest checkpoints.",
        NoInput,
        LogsOutput,
    ),
    NativeOperation(
        Operation("ringwall", "GetCheckpoint", "ringwall:GetCheckpoint", _checkpoint, _log, read_only=True, recorded=False),
        "GET",
        "/ledger/{log}/checkpoint",
        "Get a log's newest checkpoint, a signed note.",
        LogInput,
        Static,
    ),
    NativeOperation(
        Operation(
            "ringwall",
            "GetAccountsLedgerEntries",
            "ringwall:GetAccountsLedgerEntries",
            _audit_entries,
            _audit,
            read_only=True,
        ),
        "GET",
        "/ledger/audit/tile/entries/{path+}",
        "Get a bundle of entries of the log of audit records; for the operator's account only.",
        EntriesInput,
        Static,
    ),
    NativeOperation(
        Operation("ringwall", "GetLedgerTile", "ringwall:GetLedgerTile", _tile, _log, read_only=True, recorded=False),
        "GET",
        "/ledger/{log}/tile/{path+}",
        "Get a tile of hashes, or a bundle of entries, of a log.",
        TileInput,
        Static,
    ),
    NativeOperation(
        Operation("ringwall", "GetLedgerProof", "ringwall:GetLedgerProof", _proof, _log, read_only=True),
        "GET",
        "/ledger/{log}/proofs/{index}",
        "Prove that one of the account's entries is in a log.",
        ProofInput,
        ProofOutput,
    ),
    NativeOperation(
        Operation("ringwall", "GetLedgerConsistency", "ringwall:GetLedgerConsistency", _consistency, _log, read_only=True, recorded=False),
        "GET",
        "/ledger/{log}/consistency/{oldSize}/{size}",
        "Prove that a log grew from one size to another.",
        ConsistencyInput,
        ConsistencyOutput,
    ),
    NativeOperation(
        Operation("ringwall", "ListCheckpoints", "ringwall:ListCheckpoints", _checkpoints, _log, read_only=True, recorded=False),
        "GET",
        "/ledger/{log}/checkpoints",
        "List the checkpoints of a log that were kept, smallest first.",
        CheckpointsInput,
        CheckpointsOutput,
    ),
    NativeOperation(
        Operation("ringwall", "AddAccountsCosignatures", "ringwall:AddAccountsCosignatures", _cosign, _log),
        "POST",
        "/ledger/{log}/cosignatures",
        "Put witnesses' cosignatures under a checkpoint; for the operator's account only.",
        CosignaturesInput,
        None,
    ),
)
