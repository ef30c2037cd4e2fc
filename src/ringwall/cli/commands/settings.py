"""`ringwall settings`."""

from __future__ import annotations

from typing import Any

import msgspec

from ringwall.bootstrap.settings import describe_settings
from ringwall.cli.context import Context
from ringwall.cli.exit_codes import OK
from ringwall.cli.output import table


def add_to(group: Any) -> None:
    """Describe the command."""
    group.command("settings", "print the effective settings and where each came from").set_defaults(run=_settings)


def _settings(context: Context) -> int:
    values = msgspec.to_builtins(context.settings)
    limits = values.pop("limits")
    values |= {f"limits.{name}": value for name, value in limits.items()}
    meanings = describe_settings()
    rows = [
        {"name": name, "value": value, "origin": context.sourced.origins[name], "meaning": meanings[name]} for name, value in values.items()
    ]
    context.show(
        {row["name"]: {"value": row["value"], "origin": row["origin"]} for row in rows},
        table(
            [{**row, "value": _at_a_glance(row["value"])} for row in rows],
            {"name": "setting", "value": "value", "origin": "from", "meaning": "meaning"},
        ),
    )
    return OK


def _at_a_glance(value: Any) -> Any:
    """Name rows of a table by their ids, so that one setting does not push the other columns out of sight; `--json` has them whole."""
    return [row["id"] if isinstance(row, dict) else row for row in value] if isinstance(value, list | tuple) else value
