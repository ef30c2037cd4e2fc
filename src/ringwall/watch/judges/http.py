"""One JSON request to a judge's server, from a worker thread.

Rules it upholds: names are resolved once, every address is judged and the connection goes to one that was; link-local and metadata
addresses are never called; cleartext goes to loopback and private addresses only; no redirect is followed, no proxy of the environment is
used; TLS is verified; one deadline holds for everything, and an answer has a bound.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from ringwall.errors import SettingsError
from ringwall.watch.judges.judge import JudgeFailed

MOST_BYTES = 256 * 1024
_METADATA = frozenset(
    map(ipaddress.ip_address, ("169.254.169.254", "fd00:ec2::254", "fd20:ce::254", "100.100.100.200", "168.63.129.16", "192.0.0.192"))
)


class Server:
    """Where a judge answers."""

    def __init__(self, url: str, *, timeout_s: float, tls: ssl.SSLContext | None = None) -> None:
        """Take a URL.

        Raises:
            SettingsError: it is not an http or https URL of a host, or holds a user, a query or a fragment.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise SettingsError("the judge's url is none") from None
        if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc or parts.query or parts.fragment:
            raise SettingsError("the judge's url must be http(s)://HOST[:PORT]/PATH", remedy="give its key as `credential`")
        self._secure, self._host, self._path = parts.scheme == "https", parts.hostname, parts.path.rstrip("/")
        self._port = port or (443 if self._secure else 80)
        self._timeout_s = timeout_s
        self._tls = (tls or ssl.create_default_context()) if self._secure else None

    def post(self, path: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> bytes:
        """Send JSON and return the answer's body.

        Raises:
            JudgeFailed: no connection, no answer in time, another status than 200, or too long an answer.
        """
        ends = time.monotonic() + self._timeout_s
        connection = None
        try:
            connection = self._connect(ends)
            sent = {"Content-Type": "application/json", "Accept": "application/json", **headers}
            connection.request("POST", self._path + path, msgspec.json.encode(body), sent)
            answer = connection.getresponse()
            if answer.status != http.client.OK:
                raise JudgeFailed("the judge's server answered with another status than 200", status=answer.status)
            return _read(answer, connection, ends)
        except (OSError, http.client.HTTPException) as error:
            raise JudgeFailed("the judge's server did not answer", reason=type(error).__name__) from None
        finally:
            if connection is not None:
                connection.close()

    def _connect(self, ends: float) -> http.client.HTTPConnection:
        addresses = [str(found[4][0]) for found in socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)]
        if not addresses or not all(may_call(address, secure=self._secure) for address in addresses):
            raise JudgeFailed("the judge's address is not one that may be called", remedy="use https, or a loopback or private address")
        raw = socket.create_connection((addresses[0], self._port), timeout=_left(ends))
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = http.client.HTTPConnection(self._host, self._port)
        try:
            connection.sock = raw if self._tls is None else self._tls.wrap_socket(raw, server_hostname=self._host)
        except OSError:
            raw.close()
            raise
        connection.sock.settimeout(_left(ends))
        return connection


def may_call(text: str, *, secure: bool) -> bool:
    """Say whether a judge may be at a numeric address."""
    address = ipaddress.ip_address(text.partition("%")[0])
    address = getattr(address, "ipv4_mapped", None) or address
    if address in _METADATA or address.is_link_local or address.is_multicast or address.is_unspecified:
        return False
    return address.is_loopback or address.is_private or (secure and address.is_global)


def _left(ends: float) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _read(answer: http.client.HTTPResponse, connection: http.client.HTTPConnection, ends: float) -> bytes:
    """Read in pieces, so that a slow answer does not outlast the deadline."""
    out = bytearray()
    while True:
        if connection.sock is not None:  # the client lets go of it where the server closes after the answer
            connection.sock.settimeout(_left(ends))
        _left(ends)
        piece = answer.read1(16_384)
        if not piece:
            return bytes(out)
        out += piece
        if len(out) > MOST_BYTES:
            raise JudgeFailed(f"the judge's answer is longer than {MOST_BYTES} bytes")
