"""The shell lines that point an unmodified AWS client at a running server."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from ringwall.bootstrap.settings import Settings
from ringwall.cli.client import is_alive, read_server_file
from ringwall.errors import Conflict


class NoServer(Conflict, code="no-server"):
    """No server runs on this data directory."""

    remedy = "start one with `ringwall up`"


def export_lines(variables: Mapping[str, str]) -> str:
    """Write variables as one `export` line a POSIX shell can evaluate."""
    return "export " + " ".join(f"{name}={shlex.quote(value)}" for name, value in variables.items() if value)


def endpoint_variables(settings: Settings) -> dict[str, str]:
    """Return where the running server of this data directory is, in the variables that AWS clients read.

    Raises:
        NoServer: none runs.
    """
    served = read_server_file(settings.directory)
    if served is None or not is_alive(served):
        raise NoServer("no server runs on this data directory, so there is no endpoint to export")
    return {"AWS_ENDPOINT_URL": served.url, "AWS_DEFAULT_REGION": settings.region, "AWS_CA_BUNDLE": served.ca}
