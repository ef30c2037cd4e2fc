"""The Host check: pages and the native API answer only under names that are ours, which ends DNS rebinding.

The AWS face needs none: a browser cannot sign a request, and a signature covers the host.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from ringwall.errors import CallerError
from ringwall.wire import HttpRequest

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


class UnknownHost(CallerError):
    """ringwall does not answer under this host name."""

    code = "unknown-host"
    status = 421
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
        host = request.header("host") or request.header(":authority") or ""
        if host_name(host) not in self._names:
            raise UnknownHost(f"`{host[:200]}` is not a name of this server")


def host_name(host: str) -> str:
    """Return the name in a Host header, in lower case, without port and brackets."""
    text = host.strip().lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0].rstrip(".")
