"""`ringwall ledger witness`: ask witnesses to cosign the newest checkpoint, and keep what they sign under it."""

from __future__ import annotations

import asyncio
import http.client
import ssl
from typing import Any
from urllib.parse import urlsplit

from ringwall.cli.client import Client
from ringwall.cli.commands.ledger_files import read_policy
from ringwall.cli.context import Context
from ringwall.cli.exit_codes import FOUND, OK
from ringwall.cli.output import complain, table
from ringwall.crypto.base64_text import decode_base64
from ringwall.errors import DependencyError, IntegrityError, InvalidRequest
from ringwall.ledger import LOGS
from ringwall.ledger.witness import ANSWER_BYTES, Answer, Asked, gather

_TIMEOUT_S = 20.0


def add_to(ledgers: Any) -> None:
    """Describe the command."""
    witness = ledgers.command(
        "witness", "have the newest checkpoint cosigned; exit code 1 if the policy's quorum was not reached, or a witness saw another log"
    )
    witness.add_argument("log", choices=LOGS, help="which log")
    witness.add_argument("--policy", required=True, metavar="FILE", help="the witnesses, with URLs, and the quorum: a C2SP tlog-policy")
    witness.set_defaults(run=_witness)


async def _witness(context: Context) -> int:
    given = context.arguments
    policy = read_policy(context, given.policy)
    if not any(witness.url for witness in policy.witnesses):
        raise InvalidRequest("no witness of the policy has a URL to ask at")
    async with context.client() as client:
        note = bytes(await client.call("GetCheckpoint", {"log": given.log}))
        cosigned = await gather(policy, note, _prover(client, given.log), _post)
        if cosigned.note != note:
            await client.call("AddAccountsCosignatures", {"log": given.log, "note": cosigned.note.decode()})
    try:
        quorum, why = policy.open(cosigned.note).size, ""
    except IntegrityError as error:
        quorum, why = None, error.message
    rows = [{"witness": each.witness, "outcome": _outcome(each)} for each in cosigned.asked]
    context.show(
        {"witnesses": rows, "quorum": quorum is not None, "size": quorum}, table(rows, {"witness": "witness", "outcome": "outcome"})
    )
    alarmed = [each for each in cosigned.asked if each.alarm]
    for each in alarmed:
        complain(each.refusal, "the log was rolled back or forked, or the witness is wrong: compare before you go on")
    if why:
        complain(why)
    return FOUND if why or alarmed else OK


def _outcome(asked: Asked) -> str:
    return "cosigned" if asked.line else asked.refusal


def _prover(client: Client, log: str) -> Any:
    async def prove(old_size: int, size: int) -> list[bytes]:
        found = await client.call("GetLedgerConsistency", {"log": log, "oldSize": old_size, "size": size})
        return [decode_base64(each, "hash") for each in found["proof"]]

    return prove


async def _post(url: str, body: bytes) -> Answer:
    return await asyncio.to_thread(post_and_wait, url, body, "text/plain", ANSWER_BYTES)


def post_and_wait(url: str, body: bytes, media: str, limit_bytes: int) -> Answer:
    """Post, and read no more of the answer than one byte above a limit; redirects are not followed.

    Raises:
        DependencyError: nobody answers, or not in HTTP.
    """
    parts = urlsplit(url)
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=_TIMEOUT_S, context=ssl.create_default_context())
    elif parts.scheme == "http":
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_TIMEOUT_S)
    else:
        raise DependencyError(f"`{url[:200]}` is no HTTP address")
    try:
        connection.request("POST", parts.path or "/", body, {"content-type": media, "user-agent": "ringwall"})
        answer = connection.getresponse()
        return Answer(answer.status, answer.getheader("content-type", ""), answer.read(limit_bytes + 1))
    except (OSError, http.client.HTTPException) as error:
        raise DependencyError(f"no answer from {url}: {error}") from error
    finally:
        connection.close()
