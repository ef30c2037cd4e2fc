"""`ringwall monitor show|put|remove|signals|forget|calibrate`."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from ringwall.api.native.operation import parse_object
from ringwall.cli.context import Context
from ringwall.cli.exit_codes import FOUND, OK
from ringwall.cli.output import complain, fields, table
from ringwall.errors import InvalidRequest
from ringwall.wire.tabular.rows import CSV, JSON, NPY, Rows, read_rows

_MEDIA = {".json": JSON, ".csv": CSV, ".npy": NPY}


def add_to(group: Any) -> None:
    """Describe the commands."""
    monitors = group.group("monitor", "watch how models are used, and say what is done about attacks on them")
    show = monitors.command("show", "list the models that are watched, or show one and its calibration")
    show.add_argument("model", metavar="MODEL", nargs="?", help="id or alias, or * (default: all)")
    show.set_defaults(run=_show)
    put = monitors.command("put", "watch a model; the file says what is done about signals (docs/operations/monitors.md)")
    _name_model(put)
    put.add_argument("file", metavar="FILE", help="a JSON file, or - for standard input")
    put.set_defaults(run=_put)
    remove = monitors.command("remove", "watch a model no more")
    _name_model(remove)
    remove.set_defaults(run=_remove)
    signals = monitors.command("signals", "show what was seen of the last 1,000 queries to a model; exit code 1 if anything was flagged")
    _name_model(signals)
    signals.set_defaults(run=_signals)
    forget = monitors.command("forget", "forget what is known of the account's use of a model")
    _name_model(forget)
    forget.set_defaults(run=_forget)
    measure = monitors.command("calibrate", "measure honest traffic, so that a model's vectors are watched by it")
    _name_model(measure)
    measure.add_argument("file", metavar="FILE", help="100 to 5,000 honest vectors: .json, .csv or .npy, or - for JSON on standard input")
    measure.add_argument(
        "--private", metavar="FILE", help="vectors that no account is given, each with the model's class as its last number"
    )
    measure.add_argument("--shared-scale", action="store_true", help="all numbers are in one unit, as pixels are")
    measure.add_argument("--false-alarms", metavar="SHARE", type=float, default=0.002, help="of honest queries that may be flagged (0.002)")
    measure.set_defaults(run=_calibrate)


def _name_model(command: Any) -> None:
    command.add_argument("model", metavar="MODEL", help="id or alias; for policies * stands for every other model")


async def _show(context: Context) -> int:
    model = context.arguments.model
    async with context.client() as client:
        if model is None:
            found = await client.call("ListMonitorPolicies", {})
            rows = [{**each, "rows": len(each["rows"])} for each in found["policies"]]
            columns = {"model": "model", "rows": "rows", "calibrated": "vectors watched"}
            context.show(found, table(rows, columns) if rows else "no model is watched")
            return OK
        policy = await client.call("GetMonitorPolicy", {"model": model})
        if policy["calibrated"]:
            policy["calibration"] = await client.call("GetMonitorCalibration", {"model": model})
    context.show(policy, _policy(policy))
    return OK


def _policy(policy: dict[str, Any]) -> str:
    rows = [{"kind": row["kind"], "at": row["atCount"], "do": _action(row["action"])} for row in policy["rows"]]
    parts = [fields({"model": policy["model"], "vectors watched": policy["calibrated"]} | _calibration(policy.get("calibration")))]
    parts.append(table(rows, {"kind": "signal", "at": "from", "do": "what is done"}) if rows else "signals are recorded, and nothing else")
    return "\n\n".join(parts)


def _action(action: dict[str, Any]) -> str:
    said = ", ".join(f"{name} {value}" for name, value in action.items() if name != "type")
    return f"{action['type']} ({said})" if said else str(action["type"])


def _calibration(found: dict[str, Any] | None) -> dict[str, Any]:
    if found is None:
        return {}
    told = {"calibration": f"version {found['version']}", "numbers a vector": found["components"], "calibrated from": found["vectors"]}
    return told | {"private examples": found["private"], "cannot tell": ", ".join(found["silent"]) or "-"}


async def _put(context: Context) -> int:
    document = parse_object(context.read_file(context.arguments.file))
    if "model" in document:
        raise InvalidRequest("the file names a model", remedy="give the model on the command line only")
    async with context.client() as client:
        made = await client.call("PutMonitorPolicy", {**document, "model": context.arguments.model})
    if not made["calibrated"] and made["model"] != "*":
        complain("the model's vectors are not watched until it is calibrated; bursts, novelty and refusals are")
    context.show(made, f"watching {made['model']}")
    return OK


async def _remove(context: Context) -> int:
    async with context.client() as client:
        await client.call("DeleteMonitorPolicy", {"model": context.arguments.model})
    context.show({"removed": context.arguments.model}, f"{context.arguments.model} is watched no more")
    return OK


async def _signals(context: Context) -> int:
    async with context.client() as client:
        found = await client.call("GetMonitorSignals", {"model": context.arguments.model})
    columns = {"kind": "signal", "count": "of the last 1,000", "firstQuery": "first query"}
    told = table(found["signals"], columns) if found["signals"] else "nothing was flagged"
    context.show(found, f"{found['queries']} queries to {found['model']}\n\n{told}")
    return FOUND if any(each["count"] for each in found["signals"]) else OK


async def _forget(context: Context) -> int:
    async with context.client() as client:
        await client.call("ForgetMonitorSignals", {"model": context.arguments.model})
    context.show({"forgotten": context.arguments.model}, f"forgotten: the use of {context.arguments.model}")
    return OK


async def _calibrate(context: Context) -> int:
    given = context.arguments
    private = [{"vector": row[:-1], "label": _label(row[-1])} for row in _rows(context, given.private)] if given.private else []
    members = {
        "model": given.model,
        "vectors": _rows(context, given.file),
        "private": private,
        "sharedScale": given.shared_scale,
        "falseAlarms": given.false_alarms,
    }
    async with context.client() as client:
        made = await client.call("CalibrateMonitor", members)
    context.show(made, fields({"model": made["model"]} | _calibration(made)))
    return OK


def _rows(context: Context, name: str) -> Rows:
    media = JSON if name == "-" else _MEDIA.get(PurePath(name).suffix.lower(), "")
    if not media:
        raise InvalidRequest(f"`{name}` is none of .json, .csv and .npy")
    return read_rows(media, context.read_file(name))


def _label(number: float) -> int:
    if not number.is_integer():
        raise InvalidRequest("a private example's last number is its class, a whole number")
    return int(number)
