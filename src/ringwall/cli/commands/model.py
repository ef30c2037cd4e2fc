"""`ringwall model list|show|put|remove|try`."""

from __future__ import annotations

import argparse
from typing import Any

from ringwall.cli.commands.guardrail import identifier_of
from ringwall.cli.context import Context
from ringwall.cli.exit_codes import OK
from ringwall.cli.output import fields, printable, table

_TIMEOUTS = {"connect": "connectS", "first-byte": "firstByteS", "idle": "idleS", "total": "totalS"}


def add_to(group: Any) -> None:
    """Describe the commands."""
    models = group.group("model", "which models the account may ask, and where they are")
    listing = models.command("list", "list the account's rows of the model table, and those that every account has")
    listing.set_defaults(run=_list)
    show = models.command("show", "print one row")
    show.add_argument("name", metavar="NAME", help="the row's id")
    show.set_defaults(run=_show)
    put = models.command("put", "put a row in the account's model table, in the place of the one with its id")
    put.add_argument("name", metavar="NAME", help="the model as applications name it, or the beginning of such names and a `*`")
    put.add_argument("upstream", metavar="URI", help="where it is: openai+https://HOST/PATH, anthropic+https://HOST, bedrock://REGION, ...")
    put.add_argument("--alias", metavar="NAME", action="append", default=[], help="another name for it; may be given several times")
    put.add_argument("--model", metavar="NAME", default="", help="what the server calls it (default: as the application named it)")
    put.add_argument("--credential", metavar="REF", default="", help="where its credential is: file:NAME or env:NAME; never the credential")
    put.add_argument("--allow-private", action="store_true", help="the server may be at a private or loopback address")
    put.add_argument("--tokenize", action="store_true", help="the server has vLLM's /tokenize, so that tokens can be counted")
    put.add_argument(
        "--timeout", metavar="PHASE=SECONDS", action="append", default=[], type=_timeout, help=f"of {', '.join(_TIMEOUTS)}; several times"
    )
    put.set_defaults(run=_put)
    remove = models.command("remove", "remove a row of the account's model table")
    remove.add_argument("name", metavar="NAME", help="the row's id")
    remove.set_defaults(run=_remove)
    trial = models.command("try", "ask a model one short question, and say when the first token came")
    trial.add_argument("name", metavar="NAME", help="the model as applications name it")
    trial.add_argument("--text", metavar="TEXT", help="what to ask")
    trial.add_argument("--guardrail", metavar="ID", help="ask it under this guardrail: id, ARN or name")
    trial.add_argument("--guardrail-version", metavar="N", default="DRAFT", help="a version (default: DRAFT)")
    trial.set_defaults(run=_try)


def _timeout(given: str) -> tuple[str, float]:
    phase, _, seconds = given.partition("=")
    if phase not in _TIMEOUTS:
        raise argparse.ArgumentTypeError(f"one of {', '.join(_TIMEOUTS)}, then = and seconds")
    try:
        return _TIMEOUTS[phase], float(seconds)
    except ValueError:
        raise argparse.ArgumentTypeError(f"`{seconds}` is no number of seconds") from None


async def _list(context: Context) -> int:
    async with context.client() as client:
        listed = await client.call("ListModels", {})
    columns = {
        "id": "model",
        "aliases": "aliases",
        "origin": "whose",
        "kind": "kind",
        "upstream": "upstream",
        "circuit": "circuit",
        "inFlight": "under way",
    }
    context.show(listed, table(listed["models"], columns) if listed["models"] else "no models")
    return OK


async def _show(context: Context) -> int:
    async with context.client() as client:
        found = await client.call("GetModel", {"id": context.arguments.name})
    context.show(found, _row(found))
    return OK


def _row(row: dict[str, Any]) -> str:
    hidden = row["upstream"] is None
    return fields(
        {
            "model": row["id"],
            "whose": row["origin"],
            "aliases": row["aliases"],
            "kind": row["kind"],
            "upstream": "only the operator sees it" if hidden else row["upstream"],
            "called there": row["model"] or row["id"],
            "credential": row["credential"],
            "allow private": row["allowPrivate"],
            "counts tokens": row["tokenize"] or row["kind"] in ("anthropic", "bedrock", "development"),
            "timeouts": [f"{name[:-1]} {seconds:g} s" for name, seconds in (row["timeouts"] or {}).items()],
            "circuit": row["circuit"],
            "under way": row["inFlight"],
            "updated": row["updatedAt"],
        }
    )


async def _put(context: Context) -> int:
    given = context.arguments
    members = {
        "id": given.name,
        "upstream": given.upstream,
        "aliases": given.alias,
        "model": given.model,
        "credential": given.credential,
        "allowPrivate": given.allow_private,
        "tokenize": given.tokenize,
        "timeouts": dict(given.timeout),
    }
    async with context.client() as client:
        made = await client.call("PutModel", members)
    context.show(made, _row(made))
    return OK


async def _remove(context: Context) -> int:
    async with context.client() as client:
        await client.call("DeleteModel", {"id": context.arguments.name})
    context.show({"removed": context.arguments.name}, f"removed {context.arguments.name}")
    return OK


async def _try(context: Context) -> int:
    given = context.arguments
    members = {"model": given.name, "text": given.text}
    async with context.client() as client:
        if given.guardrail is not None:
            members |= {"guardrailIdentifier": await identifier_of(client, given.guardrail), "guardrailVersion": given.guardrail_version}
        tried = await client.call("TryModel", members)
    first = tried["firstTokenMs"]
    context.show(
        tried,
        fields(
            {
                "first token": "none came" if first is None else f"after {first:g} ms",
                "whole answer": f"after {tried['totalMs']:g} ms",
                "tokens": f"{tried['inputTokens']} in, {tried['outputTokens']} out",
                "ended by": tried["stopReason"],
            }
        )
        + f"\n\n{printable(tried['text'])}",
    )
    return OK
