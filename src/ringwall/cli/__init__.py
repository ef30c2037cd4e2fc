"""The command line; like the sdk, a client of the running server where there is one."""

from __future__ import annotations

import asyncio
import inspect
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from ringwall import __version__
from ringwall.bootstrap.settings import load_settings, read_environment
from ringwall.cli.context import Context
from ringwall.cli.exit_codes import FAILED, OK, USAGE
from ringwall.cli.output import complain
from ringwall.cli.parser import parser_for
from ringwall.errors import RingwallError

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code (`ringwall.cli.exit_codes`)."""
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = parser_for(arguments)
    given = parser.parse_args(arguments)
    if given.version:
        print(__version__)
        return OK
    if given.command is None:
        parser.print_help(sys.stderr)
        return USAGE
    try:
        flags = {"data_dir": given.data_dir, **getattr(given, "flags", lambda _: {})(given)}
        sourced = load_settings(read_environment(), directory=Path.cwd(), flags=flags)
        logging.basicConfig(level=sourced.settings.log_level.upper(), stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
        outcome = given.run(Context(given, sourced))
        return asyncio.run(outcome) if inspect.iscoroutine(outcome) else int(outcome)
    except RingwallError as error:
        complain(error.message, error.how_to_mend)
        return FAILED
    except KeyboardInterrupt:
        return 128 + 2
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader left; nothing more can be said
        return FAILED
