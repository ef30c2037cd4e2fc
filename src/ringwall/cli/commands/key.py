"""`ringwall key create|list|guardrail|revoke`."""

from __future__ import annotations

from typing import Any

from ringwall.cli.commands.guardrail import identifier_of
from ringwall.cli.context import Context
from ringwall.cli.exit_codes import OK
from ringwall.cli.exports import endpoint_variables, export_lines
from ringwall.cli.output import fields, table
from ringwall.errors import InvalidRequest
from ringwall.vocabulary.principal import API_KEY_PREFIX

ACCESS_KEY, API_KEY = "access-key", "api-key"
_CREATE = {ACCESS_KEY: "CreateAccessKey", API_KEY: "CreateServiceSpecificCredential"}
_LIST = {ACCESS_KEY: "ListAccessKeys", API_KEY: "ListServiceSpecificCredentials"}
_DELETE = {ACCESS_KEY: "DeleteAccessKey", API_KEY: "DeleteServiceSpecificCredential"}


def add_to(group: Any) -> None:
    """Describe the commands."""
    keys = group.group("key", "make, list, guard and revoke access keys and API keys")
    create = keys.command("create", "create a key; its secret is shown once, here")
    create.add_argument("--kind", choices=(ACCESS_KEY, API_KEY), default=ACCESS_KEY, help="for signatures, or a bearer key")
    create.add_argument("--export", action="store_true", help="print a line for `eval` that points AWS clients at the running server")
    listing = keys.command("list", "list a user's keys")
    guardrail = keys.command("guardrail", "put whatever a key asks of models under a guardrail, or take the key's guardrail away")
    guardrail.add_argument("id", metavar="KEY-ID")
    guardrail.add_argument("guardrail", metavar="GUARDRAIL", nargs="?", help="id, ARN or name")
    guardrail.add_argument("number", metavar="VERSION", nargs="?", default="DRAFT", help="a number, or DRAFT (default: DRAFT)")
    guardrail.add_argument("--mode", choices=("sync", "async"), default="sync", help="how answers stream under it (default: sync)")
    guardrail.add_argument("--remove", action="store_true", help="take the key's guardrail away")
    revoke = keys.command("revoke", "make a key stop working, at once and for good")
    revoke.add_argument("id", metavar="KEY-ID")
    for command, run in ((create, _create), (listing, _list), (guardrail, _guardrail), (revoke, _revoke)):
        command.add_argument("--user", metavar="NAME", default="admin", help="whose key (default: admin)")
        command.set_defaults(run=run)


async def _create(context: Context) -> int:
    endpoint = endpoint_variables(context.settings) if context.arguments.export else {}
    async with context.client() as client:
        created = await client.call(_CREATE[context.arguments.kind], {"userName": context.arguments.user})
    readable = export_lines(endpoint | _variables(created)) if endpoint else fields(created)
    context.show(created, readable)
    return OK


def _variables(created: dict[str, Any]) -> dict[str, str]:
    """Name a fresh key as AWS clients expect it in their environment."""
    if "secretAccessKey" in created:
        return {"AWS_ACCESS_KEY_ID": created["accessKeyId"], "AWS_SECRET_ACCESS_KEY": created["secretAccessKey"]}
    return {"AWS_BEARER_TOKEN_BEDROCK": created["apiKey"]}


async def _list(context: Context) -> int:
    rows: list[dict[str, Any]] = []
    async with context.client() as client:
        for kind, operation in _LIST.items():
            listed = await client.call(operation, {"userName": context.arguments.user})
            rows.extend({"kind": kind, **key} for key in listed["keys"])
    columns = {"keyId": "key", "kind": "kind", "userName": "user", "status": "status", "guardrail": "guardrail", "createdAt": "created"}
    shown = [{**row, "guardrail": _said(row.get("guardrail"))} for row in rows]
    context.show({"keys": rows}, table(shown, columns) if rows else "no keys")
    return OK


def _said(guardrail: dict[str, Any] | None) -> str:
    if guardrail is None:
        return "-"
    return f"{guardrail['identifier']}:{guardrail['version']}" + (" (async)" if guardrail["mode"] == "async" else "")


async def _guardrail(context: Context) -> int:
    given = context.arguments
    if given.remove == (given.guardrail is not None):
        raise InvalidRequest("name a guardrail, or say `--remove`")
    members = {"userName": given.user, "keyId": given.id}
    async with context.client() as client:
        if given.remove:
            await client.call("DeleteKeyGuardrail", members)
            context.show({**members, "guardrail": None}, f"{given.id} stands under no guardrail of its own")
            return OK
        named = {"guardrailIdentifier": await identifier_of(client, given.guardrail), "guardrailVersion": given.number, "mode": given.mode}
        put = await client.call("PutKeyGuardrail", {**members, **named})
    context.show(put, f"{given.id} stands under {_said(put['guardrail'])}")
    return OK


async def _revoke(context: Context) -> int:
    key_id = context.arguments.id
    kind = API_KEY if key_id.startswith(API_KEY_PREFIX) else ACCESS_KEY
    async with context.client() as client:
        await client.call(_DELETE[kind], {"userName": context.arguments.user, "keyId": key_id})
    context.show({"revoked": key_id}, f"revoked {key_id}")
    return OK
