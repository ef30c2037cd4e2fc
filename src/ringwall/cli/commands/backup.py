"""`ringwall backup` and `ringwall restore`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec

from ringwall.bootstrap.backups import back_up, put_back
from ringwall.cli.context import Context
from ringwall.cli.exit_codes import OK
from ringwall.cli.output import fields


def add_to(group: Any) -> None:
    """Describe the commands."""
    backup = group.command(
        "backup", "write database and frozen shards to one file, also beside a running server; the root key is not in it"
    )
    backup.add_argument("file", metavar="FILE", help="a file that does not exist yet")
    backup.add_argument(
        "--without-shards", action="store_true", help="leave out the ledger's frozen shards: they never change, copy them once"
    )
    backup.set_defaults(run=_backup)
    restore = group.command("restore", "fill an empty data directory or database from a backup")
    restore.add_argument("file", metavar="FILE")
    restore.set_defaults(run=_restore)


def _progress(done: int, rows: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{done:,} of {rows:,} rows" + ("\n" if done >= rows else ""))


def _backup(context: Context) -> int:
    summary = back_up(context.settings, Path(context.arguments.file), _progress, shards=not context.arguments.without_shards)
    _show(context, "backed up to", summary)
    return OK


def _restore(context: Context) -> int:
    summary = put_back(Path(context.arguments.file), context.settings, _progress)
    _show(context, "restored from", summary)
    return OK


def _show(context: Context, did: str, summary: Any) -> None:
    rows = sum(summary.rows.values())
    said = {did: context.arguments.file, "rows": f"{rows:,}", "schema": summary.schema, "made at": summary.created_at}
    context.show(
        {"file": context.arguments.file, **msgspec.to_builtins(summary)},
        fields(said) + "\nthe root key is not in the file: keep it apart, and safe",
    )
