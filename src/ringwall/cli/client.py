"""The command line's way to a ringwall: the running server of this data directory where there is one, else the data directory itself.

Both ways go through the same operation table, permission check and record; only the transport differs.
"""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from ringwall.api.in_process import Caller
from ringwall.api.native.operation import NativeOperation
from ringwall.api.native.registry import BY_NAME
from ringwall.bootstrap import House, Settings, open_house
from ringwall.errors import DependencyError, RingwallError

TIMEOUT_S = 60.0


class ServerFile(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`server.json`: where the running server of a data directory is, and the token that opens it. Readable by its owner only."""

    url: str
    token: str
    pid: int
    instance: str
    ca: str = ""


class ServerAway(DependencyError):
    """The server of this data directory does not answer."""

    code = "server-away"
    remedy = "start it again with `ringwall up`, or stop the process and remove server.json"


class Refused(RingwallError):
    """The server refused."""

    code = "refused"


class Client(Protocol):
    """Calls native operations."""

    async def call(self, name: str, members: Mapping[str, Any]) -> Any:
        """Do one operation and return its output as plain values; raise `RingwallError`."""
        ...

    async def close(self) -> None:
        """Let go."""
        ...


async def connect(settings: Settings, account: str | None) -> Client:
    """Return a client of the running server if it answers, else one of the data directory."""
    served = read_server_file(settings.directory)
    if served is not None and is_alive(served):
        return HttpClient(served, account)
    return LocalClient(await open_house(settings), account)


def server_file(directory: Path) -> Path:
    """Return where a data directory's server says where it is."""
    return directory / "server.json"


def read_server_file(directory: Path) -> ServerFile | None:
    """Return what server.json says; None where there is none, or it cannot be read as one."""
    try:
        return msgspec.json.decode(server_file(directory).read_bytes(), type=ServerFile)
    except (OSError, msgspec.DecodeError):
        return None


def is_alive(served: ServerFile) -> bool:
    """Ask the server's health, and check that it is this server and not another on the same port."""
    try:
        status, body = _exchange(served, "GET", "/health", None, {}, timeout_s=2.0)
        return status in {200, 503} and msgspec.json.decode(body).get("instance") == served.instance
    except (ServerAway, msgspec.DecodeError, AttributeError):
        return False


def _exchange(
    served: ServerFile, method: str, path: str, body: bytes | None, headers: Mapping[str, str], *, timeout_s: float = TIMEOUT_S
) -> tuple[int, bytes]:
    parts = urlsplit(served.url)
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        context = ssl.create_default_context(cafile=served.ca or None)
        connection = http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=timeout_s, context=context)
    else:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout_s)
    try:
        connection.request(method, path, body, dict(headers))
        response = connection.getresponse()
        return response.status, response.read()
    except (OSError, http.client.HTTPException) as error:
        raise ServerAway(f"no answer from {served.url}: {error}") from error
    finally:
        connection.close()


class HttpClient:
    """Calls the running server, as its operator."""

    def __init__(self, served: ServerFile, account: str | None) -> None:
        self._served = served
        self._headers = {"authorization": f"Bearer {served.token}", "content-type": "application/json", "user-agent": "ringwall-cli"}
        if account:
            self._headers["x-ringwall-account"] = account

    async def call(self, name: str, members: Mapping[str, Any]) -> Any:
        """Do one operation. A command line does one thing at a time, so the wait is plain."""
        operation = BY_NAME[name]
        path, body = _address(operation, members)
        status, answer = _exchange(self._served, operation.method, path, body, self._headers)
        value: Any = msgspec.json.decode(answer) if answer else {}
        if status >= 400:
            raise Refused(value.get("detail", f"status {status}"), remedy=value.get("remedy", ""))
        return value

    async def close(self) -> None:
        """Nothing is held between calls."""


def _address(operation: NativeOperation, members: Mapping[str, Any]) -> tuple[str, bytes | None]:
    """Spread members over path, query (GET, DELETE) or JSON body."""
    rest = {name: value for name, value in members.items() if value is not None}
    path = "/ringwall/v1" + operation.path
    for name in operation.parameters:
        path = path.replace("{" + name + "}", quote(str(rest.pop(name)), safe=""))
    if operation.method in {"GET", "DELETE"}:
        return path + ("?" + urlencode(rest) if rest else ""), None
    return path, msgspec.json.encode(rest)


class LocalClient:
    """Works on the data directory itself, in this process, as its operator."""

    def __init__(self, house: House, account: str | None) -> None:
        self._house = house
        self._account = account

    async def call(self, name: str, members: Mapping[str, Any]) -> Any:
        """Do one operation."""
        given = {member: value for member, value in members.items() if value is not None}
        principal = await self._house.operator(self._account)
        caller = Caller(principal, face="cli", source_ip="127.0.0.1", user_agent="ringwall-cli", secure=False)
        output = await self._house.local.call(name, caller, given)
        return msgspec.to_builtins(output)

    async def close(self) -> None:
        """Close the data directory."""
        await self._house.close()
