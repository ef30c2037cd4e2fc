"""The way to a running ringwall: its native API over HTTP, one request at a time."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from ringwall.api.native.operation import NativeOperation, Static
from ringwall.api.native.registry import BY_NAME
from ringwall.errors import DependencyError, RingwallError

TIMEOUT_S = 60.0


class ServerFile(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`server.json`: where the running server of a data directory is, and the token that opens it. Readable by its owner only."""

    url: str
    token: str
    pid: int
    instance: str
    ca: str = ""


class ServerAway(DependencyError, code="server-away"):
    """The server of this data directory does not answer."""

    remedy = "start it again with `ringwall up`, or stop the process and remove server.json"


class Refused(RingwallError, code="refused"):
    """The server refused. `problem` is the code of the refusal (`no-such-dataset`), `status` HTTP's."""

    def __init__(self, message: str, *, remedy: str = "", problem: str = "", status: int = 0) -> None:
        super().__init__(message, remedy=remedy)
        self.problem = problem
        self.answered = status


def server_file(directory: Path) -> Path:
    """Return where a data directory's server says where it is."""
    return directory / "server.json"


def read_server_file(directory: Path) -> ServerFile | None:
    """Return what server.json says; None where there is none, or it cannot be read as one."""
    try:
        return msgspec.json.decode(server_file(directory).read_bytes(), type=ServerFile)
    except (OSError, msgspec.DecodeError):
        return None


class Connection:
    """Calls native operations of one server.

    Args:
        url: of the server, without a path.
        token: an API key, or the operator's token.
        account: to act in, for the operator; empty for the token's own.
        ca: a file of certificates to trust, where the server's is not known otherwise.
        agent: what the record calls the program.
    """

    def __init__(self, url: str, token: str, *, account: str = "", ca: str = "", agent: str = "ringwall-sdk") -> None:
        self.url = url
        self._ca = ca
        self._headers = {"authorization": f"Bearer {token}", "content-type": "application/json", "user-agent": agent}
        if account:
            self._headers["x-ringwall-account"] = account

    def call(self, name: str, members: Mapping[str, Any]) -> Any:
        """Do one operation and return its answer as plain values, bytes where it is static; members that are None are left out.

        Raises:
            Refused: the server said no, and why. ServerAway: it does not answer.
        """
        operation = BY_NAME[name]
        path, body = address(operation, members)
        status, answer = self.exchange(operation.method, path, body, self._headers)
        if operation.output is Static and status < 400:
            return answer
        try:
            value: Any = msgspec.json.decode(answer) if answer else {}
        except msgspec.DecodeError as error:
            raise ServerAway(f"{self.url} answers what is not JSON", remedy="check the address: it may not be a ringwall") from error
        if status >= 400:
            problem = str(value.get("type", "")).rpartition(":")[2]
            raise Refused(value.get("detail", f"status {status}"), remedy=value.get("remedy", ""), problem=problem, status=status)
        return value

    def is_instance(self, instance: str) -> bool:
        """Ask the server's health, and check that it is this server and not another on the same port."""
        try:
            status, body = self.exchange("GET", "/health", None, {}, timeout_s=2.0)
            return status in {200, 503} and msgspec.json.decode(body).get("instance") == instance
        except (ServerAway, msgspec.DecodeError, AttributeError):
            return False

    def exchange(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str], *, timeout_s: float = TIMEOUT_S
    ) -> tuple[int, bytes]:
        """Send one request and return status and body.

        Raises:
            ServerAway: no answer.
        """
        parts = urlsplit(self.url)
        connection: http.client.HTTPConnection
        if parts.scheme == "https":
            context = ssl.create_default_context(cafile=self._ca or None)
            connection = http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=timeout_s, context=context)
        else:
            connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout_s)
        try:
            connection.request(method, path, body, dict(headers))
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException) as error:
            raise ServerAway(f"no answer from {self.url}: {error}") from error
        finally:
            connection.close()


def address(operation: NativeOperation, members: Mapping[str, Any]) -> tuple[str, bytes | None]:
    """Spread members over path, query (GET, DELETE) or JSON body."""
    rest = {name: value for name, value in members.items() if value is not None}
    path = "/ringwall/v1" + operation.path
    for name in operation.parameters:
        value = str(rest.pop(name))
        path = path.replace("{" + name + "}", quote(value, safe="")).replace("{" + name + "+}", quote(value))
    if operation.method in {"GET", "DELETE"}:
        return path + ("?" + urlencode(rest) if rest else ""), None
    return path, msgspec.json.encode(rest)
