"""Traces and metrics to a collector, by OTLP over HTTP. The libraries are the extra `telemetry`; bootstrap imports this module only where
a collector is set.

On a request's way there is only `observe`, which puts it in a bounded queue. A task drains the queue every few seconds, and a worker thread
makes the spans, encodes and sends them; what a collector does not take is lost, and counted (`ringwall.telemetry.lost`). Requests go on.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from urllib.parse import urlsplit

import msgspec
import requests
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Gauge,
    HistogramDataPoint,
    Metric,
    MetricExportResult,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.metrics.export import Histogram as HistogramData
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, TraceFlags, TraceState
from opentelemetry.trace.status import Status, StatusCode

from ringwall.telemetry import instruments as are
from ringwall.telemetry.errors import CollectorRefused
from ringwall.telemetry.instruments import Histogram, Instrument, Labels, Reading, Store
from ringwall.telemetry.observed import Observed
from ringwall.telemetry.spans import SpanData, spans_of
from ringwall.telemetry.trace_context import TraceContext

log = logging.getLogger("ringwall.telemetry")

QUEUE = 4096
DRAIN_S = 5.0
BATCH = 512  # requests
TIMEOUT_S = 5.0
_KINDS = {"server": SpanKind.SERVER, "client": SpanKind.CLIENT, "internal": SpanKind.INTERNAL}


class CollectorRules(msgspec.Struct, frozen=True, kw_only=True):
    """Where to, and as whom. interval_s: between two messages of metrics."""

    endpoint: str
    headers: Mapping[str, str]
    service_name: str
    version: str
    instance: str
    accounts: bool
    interval_s: float

    def __repr__(self) -> str:
        return "CollectorRules()"  # the headers hold a credential


def check_endpoint(endpoint: str) -> str:
    """Return a collector's address without a slash at its end.

    Raises:
        CollectorRefused: it is none, or holds a secret.
    """
    try:
        parts = urlsplit(endpoint)
        well = parts.scheme in {"http", "https"} and parts.hostname and "@" not in parts.netloc and not parts.query and not parts.fragment
        _ = parts.port
    except ValueError:
        well = False
    if not well:
        raise CollectorRefused("`otlp_endpoint` is no http or https address of a collector, or holds more than one")
    return endpoint.rstrip("/")


class Collector:
    """Observes requests, and tells a collector of them."""

    def __init__(self, rules: CollectorRules, store: Store, readings: Callable[[], Awaitable[Sequence[Reading]]]) -> None:
        """Prepare; nothing is sent before `run`.

        Args:
            rules: where to.
            store: the metrics.
            readings: reads the gauges.

        Raises:
            CollectorRefused: the address is none.
        """
        endpoint = check_endpoint(rules.endpoint)
        headers = dict(rules.headers)
        self._rules = rules
        self._store = store
        self._readings = readings
        self._spans = OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces", headers=headers, timeout=TIMEOUT_S, session=_session())
        self._metrics = OTLPMetricExporter(endpoint=f"{endpoint}/v1/metrics", headers=headers, timeout=TIMEOUT_S, session=_session())
        self._resource = Resource.create(
            {"service.name": rules.service_name, "service.version": rules.version, "service.instance.id": rules.instance}
        )
        self._scope = InstrumentationScope("ringwall", rules.version)
        self._queue: deque[Observed] = deque(maxlen=QUEUE)
        self._began_ns = time.time_ns()
        self._draw = random.SystemRandom().getrandbits
        self._tells = False

    def observe(self, observed: Observed) -> None:
        """Keep a traced request for the next message; of too many the oldest are lost."""
        trace = observed.notes.trace
        if trace is None or not trace.sampled or not observed.watched:
            return
        if len(self._queue) == QUEUE:
            self._store.add(are.LOST, ("queue",))
        self._queue.append(observed)

    async def run(self) -> None:
        """Tell the collector of what is observed, until cancelled."""
        self._tells = True
        told = time.monotonic()
        while True:
            await asyncio.sleep(min(DRAIN_S, self._rules.interval_s))
            await self.tell_spans()
            if time.monotonic() - told >= self._rules.interval_s:
                told = time.monotonic()
                await self.tell_metrics()

    async def tell_spans(self) -> None:
        """Send what waits."""
        while self._queue:
            batch = [self._queue.popleft() for _ in range(min(BATCH, len(self._queue)))]
            if not await asyncio.to_thread(self._send_spans, batch):
                self._store.add(are.LOST, ("collector",), len(batch))
                return  # the rest may be taken the next time

    def _send_spans(self, batch: Sequence[Observed]) -> bool:
        spans = [
            self._readable(data, observed.notes.trace)
            for observed in batch
            if observed.notes.trace is not None
            for data in spans_of(observed, observed.notes.trace, self._draw, accounts=self._rules.accounts)
        ]
        return self._spans.export(spans) is SpanExportResult.SUCCESS

    def _readable(self, data: SpanData, trace: TraceContext) -> ReadableSpan:
        state = TraceState.from_header([trace.state]) if trace.state else TraceState()

        def context(span_id: int, *, remote: bool) -> SpanContext:
            return SpanContext(trace.trace_id, span_id, is_remote=remote, trace_flags=TraceFlags(TraceFlags.SAMPLED), trace_state=state)

        return ReadableSpan(
            name=data.name,
            context=context(data.span_id, remote=False),
            parent=context(data.parent_id, remote=data.kind == "server") if data.parent_id else None,
            resource=self._resource,
            attributes=data.attributes,
            kind=_KINDS[data.kind],
            status=Status(StatusCode.ERROR, data.error) if data.error else Status(StatusCode.UNSET),
            start_time=data.begins_ns,
            end_time=data.ends_ns,
            instrumentation_scope=self._scope,
        )

    async def tell_metrics(self) -> None:
        """Send every metric, cumulative since the start."""
        readings, store = await self._readings(), self._store.copy()
        if not await asyncio.to_thread(lambda: self._send_metrics(store, readings)):
            log.warning("telemetry.metrics.lost")

    def _send_metrics(self, store: Store, readings: Sequence[Reading]) -> bool:
        return self._metrics.export(self._metrics_data(store, readings)) is MetricExportResult.SUCCESS

    def _metrics_data(self, store: Store, readings: Sequence[Reading]) -> MetricsData:
        now = time.time_ns()
        metrics = [
            self._metric(each, Sum([self._number(each, *one, now) for one in series.items()], AggregationTemporality.CUMULATIVE, True))
            for each, series in store.counters()
            if series
        ]
        metrics += [
            self._metric(each, HistogramData([self._histogram(each, *one, now) for one in many.items()], AggregationTemporality.CUMULATIVE))
            for each, many in store.histograms()
            if many
        ]
        for each in dict.fromkeys(reading.instrument for reading in readings):
            points = [self._number(each, reading.labels, reading.value, now) for reading in readings if reading.instrument == each]
            metrics.append(self._metric(each, Gauge(points)))
        scope = ScopeMetrics(scope=self._scope, metrics=metrics, schema_url="")
        return MetricsData([ResourceMetrics(resource=self._resource, scope_metrics=[scope], schema_url="")])

    @staticmethod
    def _metric(instrument: Instrument, data: Sum | Gauge | HistogramData) -> Metric:
        return Metric(name=instrument.name, description=instrument.help, unit=instrument.unit, data=data)

    def _number(self, instrument: Instrument, labels: Labels, value: float, now: int) -> NumberDataPoint:
        return NumberDataPoint(
            attributes=_attributes(instrument, labels), start_time_unix_nano=self._began_ns, time_unix_nano=now, value=value
        )

    def _histogram(self, instrument: Instrument, labels: Labels, found: Histogram, now: int) -> HistogramDataPoint:
        return HistogramDataPoint(
            attributes=_attributes(instrument, labels),
            start_time_unix_nano=self._began_ns,
            time_unix_nano=now,
            count=sum(found.counts),
            sum=found.total,
            bucket_counts=tuple(found.counts),
            explicit_bounds=instrument.bounds,
            min=found.least,
            max=found.most,
        )

    async def close(self) -> None:
        """Send what waits, once, if this is a process that tells at all (a command without a server is none), and stop."""
        if self._tells:
            await self.tell_spans()
            await self.tell_metrics()
        await asyncio.to_thread(self._spans.shutdown)
        await asyncio.to_thread(self._metrics.shutdown)


def _session() -> requests.Session:
    """Return a session that reads no proxy and no credentials of the environment."""
    session = requests.Session()
    session.trust_env = False
    return session


def _attributes(instrument: Instrument, labels: Labels) -> dict[str, str]:
    return {name: value for name, value in zip(instrument.labels, labels, strict=True) if value}
