"""`ringwall ledger verify`, `ringwall ledger rotate-key` and `ringwall ledger new-origin`."""

from __future__ import annotations

import sys
from typing import Any

import msgspec

from ringwall.bootstrap.ledgers import begin_log_origin, rotate_log_key, verify_log
from ringwall.cli.context import Context
from ringwall.cli.exit_codes import OK
from ringwall.cli.output import fields
from ringwall.ledger import LOGS


def add_to(ledgers: Any) -> None:
    """Describe the commands."""
    verify = ledgers.command("verify", "recompute a log from its entries: entries, tiles, checkpoints and signatures; also beside a server")
    verify.add_argument("log", nargs="*", default=LOGS, metavar="LOG", help=f"{' or '.join(LOGS)} (default: both)")
    verify.set_defaults(run=_verify)
    rotate = ledgers.command("rotate-key", "sign a log with a new key; the next checkpoint is signed by the old one, too")
    rotate.add_argument("log", choices=LOGS, metavar="LOG", help=" or ".join(LOGS))
    rotate.set_defaults(run=_rotate)
    origin = ledgers.command(
        "new-origin", "after an older backup was restored and there is no newer one: let the log go on under another origin, which says so"
    )
    origin.add_argument("log", choices=LOGS, metavar="LOG", help=" or ".join(LOGS))
    origin.set_defaults(run=_new_origin)


async def _verify(context: Context) -> int:
    found = {log: await verify_log(context.settings, log, _progress) for log in context.arguments.log}
    lines = []
    for log, verification in found.items():
        said = {
            "log": log,
            "entries": f"{verification.entries:,}",
            "under a signed checkpoint": f"{verification.sealed:,}",
            "erasable halves shredded": f"{verification.shredded:,}",
            "checkpoints checked": f"{verification.checkpoints:,}",
            "root": verification.root,
        }
        lines.append(fields(said))
    context.show(msgspec.to_builtins(found), "\n\n".join(lines) + "\n\nin order")
    return OK


async def _rotate(context: Context) -> int:
    log = context.arguments.log
    vkeys = await rotate_log_key(context.settings, log)
    context.show({"log": log, "vkeys": vkeys}, "the next checkpoint is signed with\n" + "\n".join(vkeys))
    return OK


async def _new_origin(context: Context) -> int:
    begun = await begin_log_origin(context.settings, context.arguments.log)
    said = {
        "log": begun.log,
        "ended": f"{begun.former} at {begun.former_size:,} entries, of which {begun.taken_over:,} are taken over",
        "goes on as": begun.origin,
        "told by entry": f"{begun.index}",
    }
    context.show(
        msgspec.to_builtins(begun), fields(said) + "\nits keys, to be given to verifiers and witnesses:\n" + "\n".join(begun.vkeys)
    )
    return OK


def _progress(done: int, entries: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{done:,} of {entries:,} entries" + ("\n" if done >= entries else ""))
