"""What requests did, for those who watch: counts, latencies, traces and the latest digests; no text."""

from ringwall.telemetry.observed import Notes, Observed, Observer, RuleSeen, RunSeen, noting
from ringwall.telemetry.trace_context import TraceContext, trace_context
from ringwall.telemetry.traffic import Traffic
from ringwall.telemetry.watching import Watching, tracing

__all__ = [
    "Notes",
    "Observed",
    "Observer",
    "RuleSeen",
    "RunSeen",
    "TraceContext",
    "Traffic",
    "Watching",
    "noting",
    "trace_context",
    "tracing",
]
