"""`ringwall limit list|put|remove|prices`."""

from __future__ import annotations

from typing import Any

from ringwall.cli.context import Context
from ringwall.cli.exit_codes import OK
from ringwall.cli.output import complain, fields, table
from ringwall.errors import InvalidRequest

_KINDS = ("requests", "tokens", "cost", "concurrency")


def add_to(group: Any) -> None:
    """Describe the commands."""
    limits = group.group("limit", "what the account may use, and what of it is used")
    listing = limits.command("list", "list the limits that stand for the account, and what of each is used")
    listing.set_defaults(run=_list)
    put = limits.command("put", "put a limit of the account, in the place of the one with its id")
    put.add_argument("id", metavar="ID", help="names it in refusals")
    put.add_argument("kind", metavar="KIND", choices=_KINDS, help=f"one of {', '.join(_KINDS)}")
    put.add_argument("amount", metavar="AMOUNT", help="how much; US dollars for cost")
    put.add_argument("--period", metavar="SECONDS", type=int, help="in which it may be used; concurrency has none")
    put.add_argument(
        "--per", choices=("key", "model", "route"), action="append", default=[], help="count each of these apart; several times"
    )
    for name, meaning in (("key", "asked with"), ("model", "asked"), ("route", "asked through")):
        put.add_argument(
            f"--{name}",
            metavar=name.upper(),
            action="append",
            default=[],
            dest=f"{name}s",
            help=f"only what is {meaning} this; several times",
        )
    put.add_argument("--shape", choices=("bucket", "window"), help="refill steadily, or look back over the period")
    put.add_argument("--burst", metavar="N", type=int, help="how much a full bucket holds")
    put.set_defaults(run=_put)
    remove = limits.command("remove", "remove a limit of the account; the operator's stay")
    remove.add_argument("id", metavar="ID")
    remove.set_defaults(run=_remove)
    prices = limits.command("prices", "list the prices that limits on cost are counted by")
    prices.set_defaults(run=_prices)


async def _list(context: Context) -> int:
    async with context.client() as client:
        listed = await client.call("ListLimits", {})
    rows = [row for one in listed["limits"] for row in _rows(one)]
    if any(one["uses"] is None for one in listed["limits"]):
        complain("warning: the shared store of limits does not answer, so what is used is not known")
    columns = {"limit": "limit", "whose": "whose", "kind": "kind", "per": "counted for", "used": "used", "of": "of", "share": ""}
    context.show(listed, table(rows, columns) if rows else "no limits")
    return OK


def _rows(one: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a line for each subject, or one where nothing was counted yet."""
    rule = one["limit"]
    cost = rule["kind"] == "cost"
    head = {"limit": rule["id"], "whose": one["origin"], "kind": rule["kind"]}
    of = f"{rule['usd']} USD" if cost else rule.get("burst") or rule["amount"]
    if not one["uses"]:
        return [{**head, "per": [f"each {part}" for part in rule.get("per", ())], "of": of}]
    return [
        {
            **head,
            "per": [f"{part} {value}" for part, value in use["subject"].items()] or "the account",
            "used": f"{use['usedUsd']} USD" if cost else use["used"],
            "of": of,
            "share": f"{100 * use['used'] / use['of']:.0f} %",
        }
        for use in one["uses"]
    ]


async def _put(context: Context) -> int:
    given = context.arguments
    members: dict[str, Any] = {
        "id": given.id,
        "kind": given.kind,
        "per": given.per or None,
        "keys": given.keys or None,
        "models": given.models or None,
        "routes": given.routes or None,
        "periodS": given.period,
        "shape": given.shape,
        "burst": given.burst,
    }
    members |= {"usd": given.amount} if given.kind == "cost" else {"amount": _whole(given.amount)}
    async with context.client() as client:
        made = await client.call("PutLimit", members)
    context.show(made, fields(made))
    return OK


def _whole(amount: str) -> int:
    if not amount.isdecimal():
        raise InvalidRequest(f"`{amount}` is no whole number", remedy="only the amount of a limit on cost has a point")
    return int(amount)


async def _remove(context: Context) -> int:
    async with context.client() as client:
        await client.call("DeleteLimit", {"id": context.arguments.id})
    context.show({"removed": context.arguments.id}, f"removed {context.arguments.id}")
    return OK


async def _prices(context: Context) -> int:
    async with context.client() as client:
        found = await client.call("ListPrices", {})
    rows = [{"model": name, **price} for name, price in sorted(found["models"].items())]
    heading = f"price table {found['version']}, US dollars per million tokens\n\n"
    context.show(found, heading + table(rows, {"model": "model", "in": "in", "out": "out"}))
    return OK
