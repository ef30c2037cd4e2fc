"""`ringwall guardrail create|list|show|proofs|update|apply|delete`."""

from __future__ import annotations

from typing import Any

from ringwall.api.native.operation import parse_object
from ringwall.cli.client import Client
from ringwall.cli.context import Context
from ringwall.cli.exit_codes import FOUND, OK, UNKNOWN
from ringwall.cli.output import complain, fields, print_json, printable, table
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
    proofs = guardrails.command("proofs", "show what is proved of a guardrail's listed words; exit code 3 if that is not known")
    proofs.add_argument("id", metavar="ID", help="id, ARN or name")
    proofs.add_argument("--guardrail-version", metavar="N", help="a version, or DRAFT")
    proofs.set_defaults(run=_proofs)
    update = guardrails.command("update", "replace a guardrail's draft from JSON, as `create` takes it; says which proofs are lost by it")
    update.add_argument("id", metavar="ID", help="id, ARN or name")
    update.add_argument("file", metavar="FILE", help="a JSON file, or - for standard input")
    update.set_defaults(run=_update)
    apply = guardrails.command("apply", "run a text through a guardrail; exit code 1 if it intervened")
    apply.add_argument("id", metavar="ID", help="id, ARN or name")
    apply.add_argument("text", metavar="TEXT", help="the text, or - for standard input")
    apply.add_argument("--guardrail-version", metavar="N", default="DRAFT", help="a version (default: DRAFT)")
    apply.add_argument("--source", choices=("INPUT", "OUTPUT"), default="INPUT", help="a prompt or an answer (default: INPUT)")
    apply.add_argument("--origin", choices=("TOOL_RESULT", "DOCUMENT"), help="who says it in the prompt, if a tool or a document does")
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


_STATUSES = {"premised": "proved under premises"}


async def _proofs(context: Context) -> int:
    given = context.arguments
    async with context.client() as client:
        members = {"guardrailIdentifier": await identifier_of(client, given.id), "guardrailVersion": given.guardrail_version}
        found = await client.call("GetGuardrailProofs", members)
    context.show(found, _standing(found))
    return OK if found["known"] and not any(wall["status"] == "unknown" for wall in found["walls"]) else UNKNOWN


def _standing(found: dict[str, Any]) -> str:
    """Write a proof status down for a person: a paragraph per wall, a line per status of its theorems."""
    if not found["known"]:
        return f"UNKNOWN (not a proof): {printable(found['why'])}"
    parts = [_wall(wall) for wall in found["walls"]]
    return "\n\n".join(parts) if parts else "the guardrail lists no words, so no theorem is about it"


def _wall(wall: dict[str, Any]) -> str:
    lines = [f"{wall['source']} {printable(wall['rule'])}: {_STATUSES.get(wall['status'], wall['status'])}. {printable(wall['why'])}"]
    for status in ("proved", "premised", "in part", "not claimed", "not applicable", "unknown"):
        names = [theorem["id"] for theorem in wall["theorems"] if theorem["status"] == status]
        if names:
            lines.append(f"  {_STATUSES.get(status, status)}: {', '.join(names)}")
    return "\n".join(lines)


async def _update(context: Context) -> int:
    given = context.arguments
    config = parse_object(context.read_file(given.file))
    async with context.client() as client:
        updated = await client.call("UpdateGuardrail", {**config, "guardrailIdentifier": await identifier_of(client, given.id)})
    for warning in updated["warnings"]:
        complain(f"warning: {warning}")
    proofs = updated["proofs"]
    for loss in proofs["lost"]:
        complain(f"warning: a proof is lost: {_loss(loss)}")
    for loss in proofs["undecided"]:
        complain(f"warning: a proof is undecided, which is no proof: {_loss(loss)}")
    if proofs["outcome"] == "unknown" and proofs["why"]:
        complain(f"warning: whether a proof is lost is not known: {proofs['why']}", "ask `ringwall prove upgrade OLD NEW`")
    context.show(
        updated,
        fields(
            {
                "guardrail": updated["guardrailId"],
                "arn": updated["guardrailArn"],
                "version": updated["version"],
                "proofs": proofs["outcome"],
            }
        ),
    )
    return OK


def _loss(loss: dict[str, Any]) -> str:
    shown = f"; the new draft lets through: {loss['text']}" if loss["text"] is not None else ""
    return f"{' and '.join(loss['proofs'])} of {loss['source']} {loss['rule']}: {loss['why']}{shown}"


async def _apply(context: Context) -> int:
    given = context.arguments
    members = {
        "guardrailVersion": given.guardrail_version,
        "source": given.source,
        "origin": given.origin,
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
