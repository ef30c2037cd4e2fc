"""The ledger pages: checkpoints, growth, search, and an entry with the way from it to the signed root, drawn and checked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import unquote

import msgspec

from ringwall.api.native.audit_log import ProvedAuditEntry, SearchAuditLogOutput
from ringwall.api.native.ledger import CheckpointOutput, LogOutput, LogsOutput, ProofOutput
from ringwall.console.visit import Visit
from ringwall.crypto import leaf_hash, node_hash
from ringwall.crypto.base64_text import decode_base64
from ringwall.crypto.checkpoint import parse_checkpoint
from ringwall.crypto.log_policy import trust_logs
from ringwall.crypto.notes import parse_vkey, split_note
from ringwall.crypto.tlog_proof import TlogProof, parse_tlog_proof, verify_tlog_proof
from ringwall.errors import InvalidRequest, NotFound
from ringwall.ledger import STATEMENT_LOG
from ringwall.wire import HttpResponse

_INDEX: Final = re.compile(r"[0-9]{1,18}", re.ASCII)
_DIGEST: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_PAGE: Final = 1000
_PAGES: Final = 10
_POINTS: Final = 240
_WIDTH, _HEIGHT = 600, 120
RUNG: Final = 56
"""Height of one level of the drawn path."""


class Rung(msgspec.Struct, frozen=True):
    """One level of the path: what was computed so far, the sibling it is hashed with, and on which side that stands; the root has none."""

    y: int
    computed: str
    sibling: str = ""
    side: str = ""


async def ledger(visit: Visit) -> HttpResponse:
    """Show a log: its newest checkpoint, how it grew, and what a search finds."""
    listed: LogsOutput = await visit.call("ListLogs", {})
    logs = {each.log: each for each in listed.logs}
    name = visit.query.get("log", STATEMENT_LOG)
    if name not in logs:
        raise NotFound("there is no such log")
    index = visit.query.get("index", "").strip()
    if index:
        if not _INDEX.fullmatch(index):
            raise InvalidRequest("an index is a number from 0 on")
        return visit.redirect(f"/console/ledger/{name}/{int(index)}")
    asked = {"digest": visit.query.get("digest", "").strip().lower(), "principal": visit.query.get("principal", "").strip()}
    found = await _search(visit, asked) if name == STATEMENT_LOG else None
    kept = await _checkpoints(visit, name)
    head = _head(logs[name])
    newest = [CheckpointOutput(size=head["size"], sealed_at=int(visit.now * 1000), note="")] if head else []
    values = {
        "logs": tuple(logs),
        "name": name,
        "log": logs[name],
        "head": head,
        "growth": growth([*kept, *newest]),
        "kept": len(kept),
        "found": found,
        "asked": asked,
    }
    return visit.page("ledger.html", values)


async def _search(visit: Visit, asked: dict[str, str]) -> SearchAuditLogOutput:
    if asked["digest"] and not _DIGEST.fullmatch(asked["digest"]):
        raise InvalidRequest("a digest is 64 hexadecimal digits")
    start = visit.query.get("start", "")
    found: SearchAuditLogOutput = await visit.call(
        "SearchAuditLog",
        {
            "limit": 25,
            "start": int(start) if _INDEX.fullmatch(start) else None,
            "digest": asked["digest"] or None,
            "principal": asked["principal"] or None,
        },
    )
    return found


async def _checkpoints(visit: Visit, name: str) -> list[CheckpointOutput]:
    kept: list[CheckpointOutput] = []
    for _ in range(_PAGES):
        after = kept[-1].size if kept else -1
        page = (await visit.call("ListCheckpoints", {"log": name, "after": after, "limit": _PAGE})).checkpoints
        kept += page
        if len(page) < _PAGE:
            break
    return kept


def _head(log: LogOutput) -> dict[str, Any] | None:
    """Return what the newest checkpoint says; None as long as there is none."""
    if not log.checkpoint:
        return None
    text, lines = split_note(log.checkpoint.encode())
    checkpoint = parse_checkpoint(text)
    signers = list(dict.fromkeys(line.split(" ")[1] for line in lines))
    return {"size": checkpoint.size, "root": checkpoint.root.hex(), "signers": signers, "lines": len(lines)}


def growth(kept: Sequence[CheckpointOutput]) -> dict[str, Any] | None:
    """Return the line of sizes over time, at most 240 points, in a field of 600 by 120; None where two points are missing."""
    step = -(-len(kept) // _POINTS) if kept else 1
    points = [*kept[::step], *([kept[-1]] if kept and (len(kept) - 1) % step else [])]
    if len(points) < 2:
        return None
    first, last, most = points[0].sealed_at, points[-1].sealed_at, max(each.size for each in points)
    span = max(last - first, 1)
    line = " ".join(f"{(each.sealed_at - first) * _WIDTH / span:.1f},{_HEIGHT - each.size * _HEIGHT / max(most, 1):.1f}" for each in points)
    return {"line": line, "first": _moment(first), "last": _moment(last), "most": most}


async def entry(visit: Visit) -> HttpResponse:
    """Show one entry, the path from it to the root, and what to download."""
    name, index = _address(visit)
    proved: ProofOutput = await visit.call("GetLedgerProof", {"log": name, "index": index})
    proof = parse_tlog_proof(proved.tlog_proof.encode())
    leaf = decode_base64(proved.entry, "entry")
    vkeys = [key for each in (await visit.call("ListLogs", {})).logs if each.log == name for key in each.vkeys]
    checkpoint = verify_tlog_proof(proof, leaf, trust_logs([parse_vkey(key) for key in vkeys]))
    statement: ProvedAuditEntry | None = await visit.call("GetAuditEntry", {"index": index}) if name == STATEMENT_LOG else None
    rungs = climb(leaf, proof, checkpoint.size)
    values = {
        "name": name,
        "index": index,
        "size": checkpoint.size,
        "root": checkpoint.root.hex(),
        "origin": checkpoint.origin,
        "rungs": rungs,
        "rung": RUNG,
        "height": RUNG * len(rungs),
        "statement": statement,
        "words": "" if statement is None else msgspec.json.format(msgspec.json.encode(statement.predicate), indent=2).decode(),
        "leaf": leaf.decode("utf-8", "replace"),
    }
    return visit.page("entry.html", values)


def climb(leaf: bytes, proof: TlogProof, size: int) -> list[Rung]:
    """Return the path of a verified proof, the root first.

    Source: RFC 9162 s.2.1.3.2.
    """
    position, last, computed = proof.index, size - 1, leaf_hash(leaf)
    steps: list[tuple[bytes, bytes, str]] = []
    for sibling in proof.path:
        is_right = position & 1 or position == last
        steps.append((computed, sibling, "left" if is_right else "right"))
        computed = node_hash(sibling, computed) if is_right else node_hash(computed, sibling)
        while is_right and not position & 1 and position:
            position, last = position >> 1, last >> 1
        position, last = position >> 1, last >> 1
    rungs = [Rung(RUNG * (len(steps) - level), own.hex(), sibling.hex(), side) for level, (own, sibling, side) in enumerate(steps)]
    return [Rung(0, computed.hex()), *reversed(rungs)]


async def download(visit: Visit) -> HttpResponse:
    """Give a proof's file."""
    name, index = _address(visit)
    what = visit.path[3]
    if what == "bundle" and name == STATEMENT_LOG:
        shown: ProvedAuditEntry = await visit.call("GetAuditEntry", {"index": index})
        if shown.bundle is None:
            raise NotFound("the statement's words were erased, and its envelope with them")
        return visit.download(shown.bundle.encode(), f"{name}-{index}.sigstore.json")
    proved: ProofOutput = await visit.call("GetLedgerProof", {"log": name, "index": index})
    if what == "proof":
        return visit.download(proved.tlog_proof.encode(), f"{name}-{index}.tlog-proof")
    if what == "entry":
        return visit.download(decode_base64(proved.entry, "entry"), f"{name}-{index}.entry")
    raise NotFound("there is no such file")


def _address(visit: Visit) -> tuple[str, int]:
    name, index = unquote(visit.path[1]), visit.path[2]
    if not _INDEX.fullmatch(index):
        raise NotFound("there is no such entry")
    return name, int(index)


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
