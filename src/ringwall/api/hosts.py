"""The Host check: pages and the native API answer only under names that are ours, which ends DNS rebinding.

The AWS face needs none: a browser cannot sign a request, and a signature covers the host.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

from ringwall.errors import CallerError
from ringwall.wire import HttpRequest

_HOST = re.compile(r"(?:\[(?P<address>[0-9a-f:.]+)\]|(?P<name>[^:\[\]@/]+))(?::\d*)?", re.ASCII)
"""Source: RFC 3986 section 3.2.2, without user information."""

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


class UnknownHost(CallerError, code="unknown-host", status=421):
    """ringwall does not answer under this host name."""

    remedy = "use the address ringwall printed at its start, or add the name to the setting `allowed_hosts`"


class Hosts:
    """The names that ringwall answers under."""

    def __init__(self, bound: str, allowed: Iterable[str]) -> None:
        """Accept the loopback names, the address that is bound (unless it is a wildcard), and what the operator allows."""
        names = {name.lower().strip("[]").rstrip(".") for name in allowed} | LOOPBACK_NAMES
        try:
            wildcard = ipaddress.ip_address(bound.strip("[]")).is_unspecified
        except ValueError:
            wildcard = False
        if not wildcard:
            names.add(bound.lower().strip("[]"))
        self._names = frozenset(names)

    def check(self, request: HttpRequest) -> None:
        """Refuse a request whose Host (or `:authority`) is not ours, or is not there.

        Raises:
            UnknownHost: nothing of the request was looked at.
        """
        hosts = {host_name(host): host for name in ("host", ":authority") for host in request.header_values(name)}
        for name, host in hosts.items() or [("", "")]:
            if name not in self._names:  # each of them: which one a browser or a proxy meant is not ours to guess
                raise UnknownHost(f"`{host[:200]}` is not a name of this server")


def host_name(host: str) -> str:
    """Return the name in a Host header, in lower case, without port and brackets; nothing where something else stands there."""
    found = _HOST.fullmatch(host.strip().lower())
    return (found["address"] or found["name"].rstrip(".")) if found else ""
