"""A collector on loopback: real OTLP over HTTP, decoded by OpenTelemetry's own protobuf."""

from __future__ import annotations

import gzip
import http.server
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.message import Message
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.trace.v1.trace_pb2 import Span

PATIENCE_S = 30.0


class _Quiet(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers["content-length"]))

    def answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class _Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """A client that closes its kept connection is no news; what a test must know is in `problems`."""


@contextmanager
def _serving(handler: type[http.server.BaseHTTPRequestHandler]) -> Iterator[str]:
    server = _Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Collector:
    """What was received. `refuses`: answer everything with 400, which is not repeated."""

    address: str = ""
    refuses: bool = False
    traces: list[ExportTraceServiceRequest] = field(default_factory=list)
    metrics: list[ExportMetricsServiceRequest] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def spans(self) -> list[Span]:
        return [
            span for each in list(self.traces) for resource in each.resource_spans for scope in resource.scope_spans for span in scope.spans
        ]

    def latest(self) -> dict[str, Metric]:
        """Return the metrics of the newest message."""
        newest = self.metrics[-1]
        return {metric.name: metric for resource in newest.resource_metrics for scope in resource.scope_metrics for metric in scope.metrics}

    def wait(self, found: Callable[[], Any]) -> Any:
        """Wait until something was received."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            said = found()
            if said:
                return said
            time.sleep(0.05)
        raise AssertionError(f"not received; {len(self.spans())} spans, {len(self.metrics)} messages of metrics, {self.problems}")


@contextmanager
def collecting() -> Iterator[Collector]:
    """Run a collector."""
    collector = Collector()
    kinds: dict[str, tuple[type[Message], list[Any]]] = {
        "/v1/traces": (ExportTraceServiceRequest, collector.traces),
        "/v1/metrics": (ExportMetricsServiceRequest, collector.metrics),
    }

    class Handler(_Quiet):
        def do_POST(self) -> None:
            raw = self.body()
            if self.headers.get("content-encoding") == "gzip":
                raw = gzip.decompress(raw)
            kind, kept = kinds[self.path]
            collector.raw.append(raw)
            collector.headers.append({name.lower(): value for name, value in self.headers.items()})
            if collector.refuses:
                self.answer(400, "text/plain", b"no")
                return
            try:
                message = kind()
                message.ParseFromString(raw)
            except Exception as error:  # the test is told
                collector.problems.append(repr(error))
                raise
            kept.append(message)
            self.answer(200, "application/x-protobuf", b"")

    with _serving(Handler) as address:
        collector.address = f"http://{address}"
        yield collector


def plain(value: AnyValue) -> Any:
    """Return an attribute's value."""
    if value.WhichOneof("value") == "array_value":
        return [plain(each) for each in value.array_value.values]
    return getattr(value, value.WhichOneof("value"))


def attributes(span: Any) -> dict[str, Any]:
    """Return a span's or a point's attributes."""
    return {each.key: plain(each.value) for each in span.attributes}
