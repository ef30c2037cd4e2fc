"""`ringwall record list`."""

from __future__ import annotations

from typing import Any

from ringwall.cli.context import Context
from ringwall.cli.exit_codes import OK
from ringwall.cli.output import table


def add_to(group: Any) -> None:
    """Describe the commands."""
    records = group.group("record", "read the audit record")
    listing = records.command("list", "list the newest audit records")
    listing.add_argument("--limit", type=int, default=20, metavar="N", help="how many (default: 20)")
    listing.add_argument("--event-name", metavar="NAME", help="only this operation")
    listing.set_defaults(run=_list)


async def _list(context: Context) -> int:
    async with context.client() as client:
        listed = await client.call("ListRecords", {"limit": context.arguments.limit, "eventName": context.arguments.event_name})
    rows = [row | {"who": row["userIdentity"].get("arn", "")} for row in listed["records"]]
    columns = {"eventTime": "time", "eventName": "operation", "who": "who", "errorCode": "refused", "requestId": "request"}
    context.show(listed, table(rows, columns) if rows else "no records")
    return OK
