"""`ringwall ledger erase`: destroy what an audit record says of persons."""

from __future__ import annotations

from typing import Any

from ringwall.cli.context import Context
from ringwall.cli.exit_codes import OK


def add_to(ledgers: Any) -> None:
    """Describe the command."""
    erase = ledgers.command("erase", "destroy, for good, what an audit record of the account says of who and from where; its proof stays")
    erase.add_argument("index", type=int, metavar="INDEX", help="of the record, as `ringwall record list --json` shows it")
    erase.set_defaults(run=_erase)


async def _erase(context: Context) -> int:
    index = context.arguments.index
    async with context.client() as client:
        await client.call("EraseAuditRecord", {"index": index})
    context.show({"erased": index}, f"record {index} no longer says who, from where, and on what; its leaf and every proof stay")
    return OK
