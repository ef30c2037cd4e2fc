"""`ringwall traffic`: the account's last hour on the running server."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ringwall.cli.context import Context
from ringwall.cli.exit_codes import OK
from ringwall.cli.output import fields, table

_LATENCIES = {"answer": "whole answer", "firstToken": "first words", "guardrail": "guardrails"}


def add_to(group: Any) -> None:
    """Describe the command."""
    traffic = group.command("traffic", "show the last hour: requests, latencies, what guardrails did, and the latest requests")
    traffic.add_argument("--latest", type=int, default=10, metavar="N", help="how many requests to list, 0 to 60 (default: 10)")
    traffic.set_defaults(run=_traffic)


async def _traffic(context: Context) -> int:
    async with context.client() as client:
        report = await client.call("GetTraffic", {"latest": context.arguments.latest})
    context.show(report, _readable(report))
    return OK


def _readable(report: dict[str, Any]) -> str:
    parts = [fields({"requests": report["requests"], "intervened": sum(minute["intervened"] for minute in report["minutes"])})]
    latencies = [{"name": label, **report[name]} for name, label in _LATENCIES.items() if report[name]["count"]]
    if latencies:
        parts.append(table(latencies, {"name": "milliseconds", "count": "count", "p50": "p50", "p90": "p90", "p99": "p99"}))
    for name, heading in (("policies", "policy"), ("rules", "rule"), ("guardrails", "guardrail and version")):
        if report[name]:
            parts.append(table(report[name], {"name": heading, "seen": "seen", "masked": "masked", "blocked": "blocked"}))
    if report["models"]:
        columns = {"model": "model", "requests": "asked", "inputTokens": "tokens in", "outputTokens": "tokens out"}
        parts.append(table(report["models"], columns))
    if report["latest"]:
        parts.append(table([_row(each) for each in report["latest"]], _COLUMNS))
    return "\n\n".join(parts)


_COLUMNS = {
    "time": "time",
    "operation": "operation",
    "model": "model",
    "status": "status",
    "outcome": "outcome",
    "rules": "rules",
    "digest": "digest",
    "milliseconds": "ms",
}


def _row(each: dict[str, Any]) -> dict[str, Any]:
    return each | {
        "time": datetime.fromtimestamp(each["at"], UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "outcome": each["code"] or each["action"],
        "digest": each["digests"][0] if each["digests"] else "",
    }
