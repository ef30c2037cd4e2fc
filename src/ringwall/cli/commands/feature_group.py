"""`ringwall feature-group verify`."""

from __future__ import annotations

from typing import Any

from ringwall.cli.context import Context
from ringwall.cli.exit_codes import OK
from ringwall.cli.output import fields


def add_to(group: Any) -> None:
    """Describe the commands."""
    groups = group.group("feature-group", "check the offline store of a feature group")
    verify = groups.command("verify", "read a feature group's offline files whole, and check that each is what was written")
    verify.add_argument("name", metavar="NAME", help="of the feature group")
    verify.set_defaults(run=_verify)


async def _verify(context: Context) -> int:
    async with context.client() as client:
        found = await client.call("VerifyFeatureGroup", {"FeatureGroupName": context.arguments.name})
    shown = {
        "files as written": found["Files"],
        "rows": found["Rows"],
        "bytes": found["Bytes"],
        "stated in": ", ".join(f"statements/{index}" for index in found["Statements"]) or "no statement yet",
    }
    context.show(found, fields(shown))
    return OK
