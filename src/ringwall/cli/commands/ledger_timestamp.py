"""`ringwall ledger timestamp`: have an authority date the newest checkpoint, and keep its word in a file."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from ringwall.cli.commands.ledger_files import write_new
from ringwall.cli.commands.ledger_witness import post_and_wait
from ringwall.cli.context import Context
from ringwall.cli.exit_codes import OK
from ringwall.cli.output import fields
from ringwall.crypto import random_piece, sha256
from ringwall.crypto.timestamp import NONCE_BYTES, RESPONSE_BYTES, read_timestamp, timestamp_request
from ringwall.errors import DependencyError
from ringwall.ledger import LOGS


def add_to(ledgers: Any) -> None:
    """Describe the command."""
    stamp = ledgers.command("timestamp", "have an RFC 3161 authority date the newest checkpoint; write both to files")
    stamp.add_argument("log", choices=LOGS, help="which log")
    stamp.add_argument("--url", required=True, metavar="URL", help="of the authority")
    stamp.add_argument("--out", metavar="BASE", help="the files' common name (default: LOG-stamped)")
    stamp.set_defaults(run=_stamp)


async def _stamp(context: Context) -> int:
    given = context.arguments
    async with context.client() as client:
        note = bytes(await client.call("GetCheckpoint", {"log": given.log}))
    digest, nonce = sha256(note), random_piece(NONCE_BYTES)
    request = timestamp_request(digest, nonce)
    answer = await asyncio.to_thread(post_and_wait, given.url, request, "application/timestamp-query", RESPONSE_BYTES)
    if answer.status != 200:
        raise DependencyError(f"the authority answered {answer.status}")
    said = read_timestamp(answer.body, digest, nonce)
    base = given.out or f"{given.log}-stamped"
    files = {f"{base}.checkpoint": note, f"{base}.tsr": answer.body}
    for name, content in files.items():
        write_new(Path(name), content)
    shown = {"the authority says": said.at.isoformat(), "files": list(files)}
    check = f"openssl ts -verify -data {base}.checkpoint -in {base}.tsr -CAfile CERTIFICATE"
    context.show({"at": said.at.isoformat(), "files": list(files)}, f"{fields(shown)}\nwhether it is that authority's word: {check}")
    return OK
