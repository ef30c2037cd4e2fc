"""Who watches requests, from settings: each account's last hour, the metrics, and the collector that is told of traces and metrics."""

from __future__ import annotations

import asyncio
import hmac
import importlib.util
import logging
import stat
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ringwall import __version__
from ringwall.api.hosts import Hosts
from ringwall.api.logs import locate
from ringwall.api.metrics import Metrics, Rendered
from ringwall.bootstrap.settings import Settings, read_variable
from ringwall.errors import RingwallError
from ringwall.telemetry import Traffic, Watching, tracing
from ringwall.telemetry.errors import CollectorRefused, MetricsTokenRefused, TelemetryMissing
from ringwall.telemetry.instruments import Reading, Store
from ringwall.telemetry.meters import Meters

if TYPE_CHECKING:
    from ringwall.telemetry.otlp import Collector

log = logging.getLogger("ringwall.bootstrap")

TOKEN_CHARS = 16
_SDK = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")
Source = Callable[[], Awaitable[Sequence[Reading]]]


class Gauges:
    """What is measured when it is asked for."""

    def __init__(self) -> None:
        self._sources: list[Source] = []

    def add(self, source: Source) -> None:
        """Ask this, too."""
        self._sources.append(source)

    async def read(self) -> list[Reading]:
        """Ask all; one that fails (the database does not answer) is left out: its absence is what it says."""
        found: list[Reading] = []
        for source in self._sources:
            try:
                found.extend(await source())
            except RingwallError as error:
                log.warning("bootstrap.gauge.failed %s", locate(error))
        return found


@dataclass(frozen=True, slots=True)
class Watchers:
    """What the settings ask for. store: the metrics, where anyone may read them; token: whoever knows it may; None: nobody by a token."""

    watching: Watching
    gauges: Gauges
    store: Store | None = None
    collector: Collector | None = None
    token: str | None = field(default=None, repr=False)

    def metrics(self, hosts: Hosts) -> Metrics:
        """Return what serves `/metrics`."""
        return Metrics(None if self.store is None else self._render, hosts=hosts, knows=None if self.token is None else self._knows)

    def _knows(self, token: str) -> bool:
        return self.token is not None and hmac.compare_digest(token.encode("utf-8", "replace"), self.token.encode())

    async def _render(self, accept: str) -> Rendered:
        from ringwall.telemetry.prometheus import prometheus_page  # loaded by the first who asks

        assert self.store is not None
        readings = await self.gauges.read()
        page = await asyncio.to_thread(prometheus_page, self.store.copy(), readings, version=__version__, accept=accept)
        return Rendered(page.content_type, page.body)


def open_watchers(settings: Settings, *, instance: str) -> Watchers:
    """Make them. It reads files: call it in a thread.

    Args:
        settings: which are wanted.
        instance: of this process, for the collector.

    Raises:
        TelemetryMissing: a collector is set, and the extra is not installed.
        CollectorRefused, MetricsTokenRefused: its address, or a reference, cannot be used.
    """
    traffic, gauges = Traffic(), Gauges()
    tells = bool(settings.otlp_endpoint)
    if settings.metrics == "off" and not tells:
        return Watchers(Watching(traffic=traffic, observers=(traffic,)), gauges)
    meters = Meters(accounts=settings.metrics_accounts)
    collector = _collector(settings, meters.store, gauges.read, instance) if tells else None
    watching = Watching(
        traffic=traffic,
        observers=(traffic, meters, *([collector] if collector is not None else [])),
        trace=tracing(settings.otlp_trace_ratio) if tells else None,
    )
    token = _token(settings) if settings.metrics == "token" else None
    return Watchers(watching, gauges, None if settings.metrics == "off" else meters.store, collector, token)


def _collector(settings: Settings, store: Store, gauges: Source, instance: str) -> Collector:
    if any(importlib.util.find_spec(name.partition(".")[0]) is None or importlib.util.find_spec(name) is None for name in _SDK):
        raise TelemetryMissing("`otlp_endpoint` is set, and this installation cannot speak to a collector")
    from ringwall.telemetry.otlp import Collector, CollectorRules  # the extra

    rules = CollectorRules(
        endpoint=settings.otlp_endpoint,
        headers=_headers(settings),
        service_name=settings.otlp_service_name,
        version=__version__,
        instance=instance,
        accounts=settings.metrics_accounts,
        interval_s=settings.otlp_interval_s,
    )
    return Collector(rules, store, gauges)


def _headers(settings: Settings) -> dict[str, str]:
    """Read `name=value,name=value`, percent-encoded, as OTEL_EXPORTER_OTLP_HEADERS has them."""
    if not settings.otlp_headers:
        return {}
    text = _secret(settings.otlp_headers, settings.directory)
    if text is None:
        raise CollectorRefused("what `otlp_headers` names is not there, or not for its owner alone")
    headers: dict[str, str] = {}
    for pair in text.split(","):
        name, equals, value = (unquote(part.strip()) for part in pair.partition("="))
        if not equals or not name.replace("-", "").replace("_", "").isalnum() or not value.isascii() or not value.isprintable():
            raise CollectorRefused("`otlp_headers` names something that is not `name=value,name=value`")
        headers[name.lower()] = value
    return headers


def _token(settings: Settings) -> str:
    token = _secret(settings.metrics_token, settings.directory)
    if token is None or len(token) < TOKEN_CHARS:
        raise MetricsTokenRefused(
            f"what `metrics_token` names is not there, not for its owner alone, or shorter than {TOKEN_CHARS} characters"
        )
    return token


def _secret(reference: str, directory: Path) -> str | None:
    """Return what a reference names: `env:NAME`, or `file:NAME` of a file in the data folder that only its owner may read."""
    scheme, _, name = reference.partition(":")
    if scheme == "env":
        return (read_variable(name) or "").strip() or None
    if scheme != "file" or Path(name).name != name:
        return None
    path = directory / name
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            return None
        return path.read_text("utf-8").strip() or None
    except (OSError, UnicodeDecodeError):
        return None
