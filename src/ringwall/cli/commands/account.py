"""`ringwall account create|list`."""

from __future__ import annotations

from typing import Any

from ringwall.cli.context import Context
from ringwall.cli.exit_codes import OK
from ringwall.cli.output import fields, table


def add_to(group: Any) -> None:
    """Describe the commands."""
    accounts = group.group("account", "make and list accounts (tenants)")
    create = accounts.command("create", "create an account")
    create.add_argument("name", metavar="NAME")
    create.add_argument("--id", metavar="ID", help="its 12 digits (default: drawn at random)")
    create.set_defaults(run=_create)
    listing = accounts.command("list", "list the accounts")
    listing.set_defaults(run=_list)


async def _create(context: Context) -> int:
    async with context.client() as client:
        created = await client.call("CreateAccount", {"name": context.arguments.name, "accountId": context.arguments.id})
    context.show(created, fields({"account": created["accountId"], "name": created["name"]}))
    return OK


async def _list(context: Context) -> int:
    async with context.client() as client:
        listed = await client.call("ListAccounts", {})
    context.show(listed, table(listed["accounts"], {"accountId": "account", "name": "name", "createdAt": "created"}))
    return OK
