"""`ringwall ledger export|prove|check`: a log as files, an entry's proof as files, and such a proof checked without any server."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from ringwall.cli.client import Client
from ringwall.cli.context import Context
from ringwall.cli.exit_codes import FOUND, OK
from ringwall.cli.output import complain, fields
from ringwall.crypto.base64_text import decode_base64
from ringwall.crypto.checkpoint import Checkpoint
from ringwall.crypto.log_policy import LogPolicy, parse_policy, trust_logs
from ringwall.crypto.notes import ED25519, NoteKey, parse_vkey
from ringwall.crypto.rekor import parse_body
from ringwall.crypto.sigstore_bundle import TrustedLog, parse_bundle, verify_bundle, write_trusted_root
from ringwall.crypto.tiles import CHECKPOINT_PATH
from ringwall.crypto.tlog_proof import parse_tlog_proof, verify_tlog_proof
from ringwall.crypto.verifier_keys import load_verifier_key
from ringwall.errors import Conflict, IntegrityError, InvalidRequest
from ringwall.ledger import AUDIT_LOG, LOGS, STATEMENT_LOG
from ringwall.ledger.export import export_log

_VALID_FROM = "1970-01-01T00:00:00Z"  # a key is trusted by being in the file; when it was made is not told
_TILE = "tile/"
_AUDIT_ENTRIES = "tile/entries/"
_MEANS_ENVELOPE = b"{"


def add_to(ledgers: Any) -> None:
    """Describe the commands."""
    export = ledgers.command("export", "write a log to a folder that any file server can host, or bring such a folder up to date")
    export.add_argument("log", choices=LOGS, help="which log")
    export.add_argument("directory", metavar="DIR", help="the folder; made if it is not there")
    export.add_argument("--policy", metavar="FILE", help="what it takes to believe the log (default: its own keys)")
    export.set_defaults(run=_export)
    prove = ledgers.command("prove", "write the files that prove an entry offline, and check them")
    prove.add_argument("log", choices=LOGS, help="which log")
    prove.add_argument("index", type=int, metavar="INDEX", help="of the entry")
    prove.add_argument("--size", type=int, metavar="N", help="under the checkpoint of this size, if it was kept (default: the newest)")
    prove.add_argument("--policy", metavar="FILE", help="what it takes to believe the log (default: the keys that it signs with now)")
    prove.add_argument("--out", metavar="BASE", help="the files' common name (default: LOG-INDEX)")
    prove.set_defaults(run=_prove)
    check = ledgers.command("check", "check a proof without server or network; exit code 1 if it shows nothing")
    check.add_argument("proof", metavar="PROOF", help="a .tlog-proof, or a sigstore bundle")
    check.add_argument("--policy", required=True, metavar="FILE", help="which logs to believe, and which witnesses: a C2SP tlog-policy")
    check.add_argument("--entry", metavar="FILE", help="of a .tlog-proof: the entry that it proves")
    check.add_argument("--key", metavar="FILE", help="of a bundle: the public key that must have signed, DER")
    check.set_defaults(run=_check)


class ServedLog:
    """A log as the server gives it, piece by piece."""

    def __init__(self, client: Client, log: str) -> None:
        self._client = client
        self._log = log

    async def read(self, path: str) -> bytes:
        """Return a piece."""
        if path == CHECKPOINT_PATH:
            return bytes(await self._client.call("GetCheckpoint", {"log": self._log}))
        if self._log == AUDIT_LOG and path.startswith(_AUDIT_ENTRIES):
            return bytes(await self._client.call("GetAccountsLedgerEntries", {"path": path.removeprefix(_AUDIT_ENTRIES)}))
        return bytes(await self._client.call("GetLedgerTile", {"log": self._log, "path": path.removeprefix(_TILE)}))


async def keys_of(client: Client, log: str) -> list[NoteKey]:
    """Return the keys that a log signs with, as the server has them."""
    listed = await client.call("ListLogs", {})
    return [parse_vkey(key) for each in listed["logs"] if each["log"] == log for key in each["vkeys"]]


def read_policy(context: Context, file: str) -> LogPolicy:
    """Read a policy file."""
    try:
        return parse_policy(context.read_file(file).decode())
    except UnicodeDecodeError:
        raise InvalidRequest(f"`{file}` is not UTF-8") from None


async def _export(context: Context) -> int:
    given = context.arguments
    async with context.client() as client:
        keys = await keys_of(client, given.log)
        policy = read_policy(context, given.policy) if given.policy else trust_logs(keys)
        exported = await export_log(ServedLog(client, given.log), Path(given.directory), policy, _progress)
    checkpoint = exported.checkpoint
    shown = {"origin": checkpoint.origin, "entries": checkpoint.size, "root": checkpoint.root.hex(), "new files": exported.written}
    said = f"{fields(shown)}\nits keys, to be given to verifiers by another way than the files:\n{trust_logs(keys).to_text()}".rstrip()
    context.show({**shown, "policy": trust_logs(keys).to_text()}, said)
    return OK


def _progress(done: int, entries: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{done:,} of {entries:,} entries" + ("\n" if done >= entries else ""))


async def _prove(context: Context) -> int:
    given = context.arguments
    base = given.out or f"{given.log}-{given.index}"
    async with context.client() as client:
        policy = read_policy(context, given.policy) if given.policy else trust_logs(await keys_of(client, given.log))
        proved = await client.call("GetLedgerProof", {"log": given.log, "index": given.index, "size": given.size})
        bundle = await _bundle(client, given.index) if given.log == STATEMENT_LOG and given.size is None else None
    entry = decode_base64(proved["entry"], "entry")
    verify_tlog_proof(parse_tlog_proof(proved["tlogProof"].encode()), entry, policy)
    files = {f"{base}.entry": entry, f"{base}.tlog-proof": proved["tlogProof"].encode(), f"{base}.policy": policy.to_text().encode()}
    if bundle is not None:
        read = parse_bundle(bundle)
        key = load_verifier_key(_signing_key(bundle))
        verify_bundle(read, key, policy)
        files |= {f"{base}.sigstore.json": bundle, f"{base}.key": key.spki, f"{base}.trusted-root.json": trusted_root(policy)}
    for name, content in files.items():
        write_new(Path(name), content)
    shown = {"log": given.log, "index": given.index, "of entries": proved["size"], "files": list(files)}
    context.show(shown, fields(shown))
    return OK


async def _bundle(client: Client, index: int) -> bytes | None:
    """Return a statement's bundle; None if its words were erased."""
    found = await client.call("GetAuditEntry", {"index": index})
    return found["bundle"].encode() if found["bundle"] is not None else None


def _signing_key(bundle: bytes) -> bytes:
    """Return the key that a bundle's own log entry names: right for writing it down, never for believing it."""
    return parse_body(parse_bundle(bundle).logged.body).signatures[0].key.spki


def trusted_root(policy: LogPolicy) -> bytes:
    """Write a policy's logs as sigstore's verifiers take them."""
    return write_trusted_root(
        [
            TrustedLog(origin=log.key.name, public=log.key.public, base_url=log.url or f"https://{log.key.name}", valid_from=_VALID_FROM)
            for log in policy.logs
            if log.key.algorithm == ED25519
        ]
    )


def write_new(path: Path, content: bytes) -> None:
    """Write a file that is not there yet."""
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        raise Conflict(f"`{path}` is there already", remedy="name others with --out") from None
    except OSError as error:
        raise InvalidRequest(f"cannot write `{path}`: {error.strerror}") from error


def _check(context: Context) -> int:
    given = context.arguments
    policy = read_policy(context, given.policy)
    text = context.read_file(given.proof)
    try:
        checkpoint = (
            _check_bundle(context, text, policy) if text.lstrip().startswith(_MEANS_ENVELOPE) else _check_proof(context, text, policy)
        )
    except IntegrityError as error:
        complain(error.message)
        return FOUND
    shown = {"origin": checkpoint.origin, "entries": checkpoint.size, "root": checkpoint.root.hex(), "proof": "holds"}
    context.show(shown, fields(shown))
    return OK


def _check_proof(context: Context, text: bytes, policy: LogPolicy) -> Checkpoint:
    if not context.arguments.entry:
        raise InvalidRequest("a .tlog-proof is about an entry: give its file with --entry")
    return verify_tlog_proof(parse_tlog_proof(text), context.read_file(context.arguments.entry), policy)


def _check_bundle(context: Context, text: bytes, policy: LogPolicy) -> Checkpoint:
    if not context.arguments.key:
        raise InvalidRequest("a bundle is checked with the public key that must have signed: give its file with --key")
    return verify_bundle(parse_bundle(text), load_verifier_key(context.read_file(context.arguments.key)), policy)
