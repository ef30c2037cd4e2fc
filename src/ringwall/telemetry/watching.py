"""Who watches requests, as the faces receive it from bootstrap."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from ringwall.telemetry.observed import Observer
from ringwall.telemetry.trace_context import TraceContext, trace_context
from ringwall.telemetry.traffic import Traffic
from ringwall.wire import HttpRequest

_draw = random.SystemRandom().getrandbits


@dataclass(frozen=True, slots=True)
class Watching:
    """What is made of every request.

    traffic: each account's last hour; one of the observers, always.
    observers: who sees finished requests, in order.
    trace: gives a request its place in a trace; None where nobody follows traces, and then no header is read or sent.
    """

    traffic: Traffic = field(default_factory=Traffic)
    observers: tuple[Observer, ...] = ()
    trace: Callable[[HttpRequest], TraceContext] | None = None


def tracing(ratio: float) -> Callable[[HttpRequest], TraceContext]:
    """Return what reads W3C trace headers; `ratio`: of the traces that begin here, how many are kept."""

    def trace(request: HttpRequest) -> TraceContext:
        return trace_context(request.header_values("traceparent"), request.header_values("tracestate"), ratio=ratio, draw=_draw)

    return trace
