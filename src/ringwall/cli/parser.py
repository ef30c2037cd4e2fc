"""The command line's grammar: every command, in one visible place."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from ringwall.cli import commands

EPILOG = (
    "exit codes: 0 done, nothing found, or proved; 1 a guardrail intervened, doctor or scan-code found something, or a proof is refuted; "
    "2 usage; 3 the command failed, prove does not know, or scan-code could not scan all"
)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser; each command sets `run` to the coroutine function or function that does it."""
    parser = argparse.ArgumentParser(
        prog="ringwall", description="A self-hosted security substrate for AI applications, behind the AWS wire.", epilog=EPILOG
    )
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    _add_common(parser, suppress=False)
    groups = parser.add_subparsers(dest="command", metavar="COMMAND")
    for module in commands.REGISTRY:
        module.add_to(_Group(groups))
    return parser


class _Group:
    """Adds commands that all take the common options, before or after the command's name."""

    def __init__(self, groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
        self._groups = groups

    def command(self, name: str, summary: str) -> argparse.ArgumentParser:
        """Add a command."""
        added = self._groups.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".", epilog=EPILOG)
        _add_common(added, suppress=True)
        return added

    def group(self, name: str, summary: str) -> _Group:
        """Add a command that only has commands below it."""
        added = self._groups.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".", epilog=EPILOG)
        return _Group(added.add_subparsers(dest="subcommand", metavar="COMMAND", required=True))


def _add_common(parser: argparse.ArgumentParser, *, suppress: bool) -> None:
    missing = argparse.SUPPRESS if suppress else None
    parser.add_argument("--data-dir", metavar="DIR", default=missing, help="folder of the database, keys and server.json (default: ./var)")
    parser.add_argument("--account", metavar="ID", default=missing, help="act in this account (default: the first one)")
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS if suppress else False, help="print one JSON document")


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read a command line; prints help and exits with 2 where it cannot be understood."""
    return build_parser().parse_args(arguments)
