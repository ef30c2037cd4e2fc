"""The command line's grammar: every command, in one visible place."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from importlib import import_module

from ringwall.cli.commands import REGISTRY

EPILOG = (
    "exit codes: 0 done, nothing found, or proved; 1 a guardrail intervened, a check found something, or a proof is refuted; "
    "2 usage; 3 the command failed, prove does not know, or scan-code could not scan all"
)


def build_parser(modules: Iterable[str] = REGISTRY.values()) -> argparse.ArgumentParser:
    """Return the parser; each command sets `run` to the coroutine function or function that does it.

    Args:
        modules: whose commands it knows; each is imported.
    """
    parser = argparse.ArgumentParser(
        prog="ringwall", description="A self-hosted security substrate for AI applications, behind the AWS wire.", epilog=EPILOG
    )
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    _add_common(parser, suppress=False)
    groups = parser.add_subparsers(dest="command", metavar="COMMAND")
    for module in dict.fromkeys(modules):
        import_module(f"ringwall.cli.commands.{module}").add_to(_Group(groups))
    return parser


def parser_for(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """Return a parser that knows the command which a command line names; one that knows all, where it names none of them."""
    first = argparse.ArgumentParser(add_help=False, exit_on_error=False)
    _add_common(first, suppress=True)
    first.add_argument("command", nargs="?")
    first.add_argument("rest", nargs=argparse.REMAINDER)
    try:
        named = first.parse_known_args(arguments)[0].command
    except argparse.ArgumentError:
        return build_parser()
    return build_parser([REGISTRY[named]]) if named in REGISTRY else build_parser()


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
