"""The command line's way to a ringwall: the running server of this data directory where there is one, else the data directory itself.

Both ways go through the same operation table, permission check and record; only the transport differs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from ringwall.bootstrap.settings import Settings
from ringwall.sdk.connection import Connection, Refused, ServerAway, ServerFile, read_server_file, server_file

__all__ = [
    "Client",
    "HttpClient",
    "Refused",
    "ServerAway",
    "ServerFile",
    "connect",
    "is_alive",
    "read_server_file",
    "server_file",
]


class Client(Protocol):
    """Calls native operations."""

    async def call(self, name: str, members: Mapping[str, Any]) -> Any:
        """Do one operation and return its output as plain values, bytes where it is static; raise `RingwallError`."""
        ...

    async def close(self) -> None:
        """Let go."""
        ...


async def connect(settings: Settings, account: str | None) -> Client:
    """Return a client of the running server if it answers, else one of the data directory."""
    served = read_server_file(settings.directory)
    if served is not None and is_alive(served):
        return HttpClient(served, account)
    from ringwall.cli.local_client import open_local  # the whole house, which a client of a running server has no use for

    return await open_local(settings, account)


def is_alive(served: ServerFile) -> bool:
    """Ask the server's health, and check that it is this server and not another on the same port."""
    return Connection(served.url, served.token, ca=served.ca).is_instance(served.instance)


class HttpClient:
    """Calls the running server, as its operator."""

    def __init__(self, served: ServerFile, account: str | None) -> None:
        self._connection = Connection(served.url, served.token, account=account or "", ca=served.ca, agent="ringwall-cli")

    async def call(self, name: str, members: Mapping[str, Any]) -> Any:
        """Do one operation. A command line does one thing at a time, so the wait is plain."""
        return self._connection.call(name, members)

    async def close(self) -> None:
        """Nothing is held between calls."""
