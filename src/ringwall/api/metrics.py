"""`GET /metrics`: the counts of this process, for a Prometheus server.

Who may read: with the setting `metrics = "loopback"`, whoever asks from this machine under one of our names and not through a proxy (its
headers tell; a proxy that hides itself must keep `/metrics` to itself); with `"token"`, whoever has the token, from anywhere.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from ringwall.api.faces.problem import problem
from ringwall.api.hosts import Hosts
from ringwall.errors import RingwallError
from ringwall.telemetry.errors import MetricsRefused, MetricsUnserved
from ringwall.wire import HttpRequest, HttpResponse

PATH = b"/metrics"
_FORWARDED = ("forwarded", "x-forwarded-", "x-real-ip", "via")
"""What the names of headers begin with that proxies add (RFC 7239, RFC 9110, and custom)."""

_SCHEME = "bearer "


class Rendered(NamedTuple):
    """A page of metrics."""

    content_type: str
    body: bytes


class Metrics:
    """Serves the page."""

    def __init__(
        self, render: Callable[[str], Awaitable[Rendered]] | None, *, hosts: Hosts, knows: Callable[[str], bool] | None = None
    ) -> None:
        """Prepare.

        Args:
            render: makes the page in the format that an `accept` header asks for; None: there is none.
            hosts: the names that loopback callers may use.
            knows: whether a token is the right one; None: loopback callers only.
        """
        self._render = render
        self._hosts = hosts
        self._knows = knows

    async def answer(self, request: HttpRequest, *, source_ip: str, request_id: str) -> HttpResponse:
        """Answer one request."""
        try:
            if self._render is None:
                raise MetricsUnserved("this server shows no metrics")
            self._check(request, source_ip)
            page = await self._render(request.header("accept") or "")
        except RingwallError as error:
            refused = problem(error, request_id)
            challenge = (("www-authenticate", "Bearer"),) if error.status == 401 else ()
            return HttpResponse(refused.status, (*refused.headers, *challenge), refused.body)
        return HttpResponse(200, (("content-type", page.content_type), ("x-content-type-options", "nosniff")), page.body)

    def _check(self, request: HttpRequest, source_ip: str) -> None:
        """Let through who may read.

        Raises:
            MetricsRefused, UnknownHost: nobody else.
        """
        if self._knows is not None:
            given = request.header_values("authorization")
            if len(given) != 1 or not given[0].lower().startswith(_SCHEME) or not self._knows(given[0][len(_SCHEME) :].strip()):
                raise MetricsRefused("the metrics take a token")
            return
        self._hosts.check(request)
        if not _is_loopback(source_ip) or any(name.startswith(_FORWARDED) for name, _ in request.headers):
            raise MetricsRefused("the metrics are for this machine alone")


def _is_loopback(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return (mapped or parsed).is_loopback
