"""`ringwall watch ...`: the learned models that ship with ringwall, and what an account wants of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from ringwall.cli.commands.ledger_files import read_policy, write_new
from ringwall.cli.commands.watch_strengths import add_strengths
from ringwall.cli.context import Context
from ringwall.cli.exit_codes import FOUND, OK
from ringwall.cli.output import complain, fields, table
from ringwall.errors import IntegrityError
from ringwall.watch import release


def add_to(group: Any) -> None:
    """Describe the commands."""
    watch = group.group("watch", "the learned models that ship with ringwall: what was released, and whether it is what is here")
    verify = watch.command(
        "verify", "check the weights and their whole chain to the release log, offline; exit code 1 if something is wrong"
    )
    verify.add_argument("--policy", metavar="FILE", help="believe these logs and witnesses, not the keys that ship beside the weights")
    verify.add_argument("--out", metavar="DIR", help="write each file's log entry there, for other programs that check .tlog-proof files")
    verify.set_defaults(run=_verify)
    watch.command("versions", "list the released models, with the digests of their model cards").set_defaults(run=_versions)
    add_strengths(watch)


def _verify(context: Context) -> int:
    given = context.arguments
    policy = read_policy(context, given.policy) if given.policy else release.read_policy()
    try:
        files = release.verify_release(policy=policy, weights=True)
    except IntegrityError as error:
        complain(error.message, error.how_to_mend)
        return FOUND
    if given.out:
        for each in files:
            write_new(Path(given.out) / f"{each.name}.entry", each.entry)
    rows: list[dict[str, Any]] = [
        {"file": each.name, "sha256": each.sha256, "model": f"{each.release.model}/{each.release.version}", "index": each.index}
        for each in files
    ]
    seen = {f"{each.checkpoint.origin} at {each.checkpoint.size} entries": each.checkpoint.root.hex() for each in files}
    shown = table(
        [{**row, "sha256": row["sha256"][:16]} for row in rows], {"file": "file", "sha256": "sha256", "model": "model", "index": "entry"}
    )
    context.show({"files": rows, "checkpoints": seen}, f"{shown}\n\n{fields(seen)}\n\nall of it holds")
    return OK


def _versions(context: Context) -> int:
    rows = [
        {
            "model": each.name,
            "version": each.version,
            "card": each.card.sha256,
            "files": each.files,
            "released": each.released_at,
            "commit": each.code.commit,
            "evaluation": each.evaluation,
        }
        for each in release.versions()
    ]
    columns = {"model": "model", "version": "version", "released": "released", "card": "card sha256", "files": "files"}
    context.show(
        {"models": msgspec.to_builtins(rows)},
        table([{**row, "card": str(row["card"])[:16], "files": sorted(row["files"])} for row in rows], columns),
    )
    return OK
