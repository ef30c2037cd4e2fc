"""`ringwall guardrail create|list|show|apply|delete`."""

from __future__ import annotations

from typing import Any

from ringwall.api.native.operation import parse_object
from ringwall.cli.client import Client
from ringwall.cli.context import Context
from ringwall.cli.exit_codes import FOUND, OK
from ringwall.cli.output import complain, fields, print_json, table
from ringwall.cli.reading import intervention, reading


def add_to(group: Any) -> None:
    """Describe the commands."""
    guardrails = group.group("guardrail", "make, list and apply guardrails")
    create = guardrails.command("create", "create a guardrail from JSON: AWS's CreateGuardrail, or the shorter form with warnings")
    create.add_argument("file", metavar="FILE", help="a JSON file, or - for standard input")
    create.set_defaults(run=_create)
    listing = guardrails.command("list", "list the guardrails")
    listing.set_defaults(run=_list)
    show = guardrails.command("show", "print one guardrail's configuration")
    show.add_argument("id", metavar="ID", help="id, ARN or name")
    show.add_argument("--guardrail-version", metavar="N", help="a version, or DRAFT")
    show.set_defaults(run=_show)
    apply = guardrails.command("apply", "run a text through a guardrail; exit code 1 if it intervened")
    apply.add_argument("id", metavar="ID", help="id, ARN or name")
    apply.add_argument("text", metavar="TEXT", help="the text, or - for standard input")
    apply.add_argument("--guardrail-version", metavar="N", default="DRAFT", help="a version (default: DRAFT)")
    apply.add_argument("--source", choices=("INPUT", "OUTPUT"), default="INPUT", help="a prompt or an answer (default: INPUT)")
    apply.set_defaults(run=_apply)
    delete = guardrails.command("delete", "delete a guardrail, or one version of it")
    delete.add_argument("id", metavar="ID", help="id, ARN or name")
    delete.add_argument("--guardrail-version", metavar="N", help="only this version")
    delete.set_defaults(run=_delete)


async def _create(context: Context) -> int:
    config = parse_object(context.read_file(context.arguments.file))
    async with context.client() as client:
        created = await client.call("CreateGuardrail", config)
    for warning in created["warnings"]:
        complain(f"warning: {warning}")
    context.show(created, fields({"guardrail": created["guardrailId"], "arn": created["guardrailArn"], "version": created["version"]}))
    return OK


async def _every(client: Client) -> list[dict[str, Any]]:
    """Read the list to its last page."""
    found: list[dict[str, Any]] = []
    token = None
    while True:
        page = await client.call("ListGuardrails", {"maxResults": 1000, "nextToken": token})
        found.extend(page["guardrails"])
        token = page.get("nextToken")
        if not token:
            return found


async def identifier_of(client: Client, given: str) -> str:
    """Turn a name into its guardrail's id; an id or ARN, or what nothing is called, stays for the server to judge."""
    if given.startswith("arn:"):
        return given
    return next((str(each["id"]) for each in await _every(client) if each["name"] == given), given)


async def _list(context: Context) -> int:
    async with context.client() as client:
        found = await _every(client)
    columns = {"id": "id", "name": "name", "version": "version", "status": "status", "updatedAt": "updated"}
    context.show({"guardrails": found}, table(found, columns) if found else "no guardrails")
    return OK


async def _show(context: Context) -> int:
    given = context.arguments
    async with context.client() as client:
        guardrail = await identifier_of(client, given.id)
        print_json(await client.call("GetGuardrail", {"guardrailIdentifier": guardrail, "guardrailVersion": given.guardrail_version}))
    return OK


async def _apply(context: Context) -> int:
    given = context.arguments
    members = {
        "guardrailVersion": given.guardrail_version,
        "source": given.source,
        "text": context.read_text(given.text),
    }
    async with context.client() as client:
        members["guardrailIdentifier"] = await identifier_of(client, given.id)
        applied = await client.call("ApplyGuardrail", members)
    context.show(applied, reading(applied))
    return FOUND if intervention(applied) else OK


async def _delete(context: Context) -> int:
    given = context.arguments
    async with context.client() as client:
        guardrail = await identifier_of(client, given.id)
        await client.call("DeleteGuardrail", {"guardrailIdentifier": guardrail, "guardrailVersion": given.guardrail_version})
    context.show({"deleted": given.id}, f"deleted {given.id}")
    return OK
