"""A finished request as spans: one for the request (SERVER), below it one for each guardrail run and one for the question to the model.

Source of names: OpenTelemetry semantic conventions for HTTP server spans and for generative AI (client spans); ringwall's own attributes
begin with `ringwall.`. No attribute holds a text: those that would (`gen_ai.input.messages`, `gen_ai.output.messages`,
`gen_ai.system_instructions`, a tool's arguments) are never set. Of what a guardrail took there is one sum for all runs of a request, as
the attribute of the request; a run's own span has no length.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from ringwall.telemetry.observed import Observed, RunSeen
from ringwall.telemetry.trace_context import TraceContext

Attributes = dict[str, str | int | float | bool | list[str]]
_NANOSECONDS = 1_000_000_000
_METHODS = frozenset({"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"})


class SpanData(NamedTuple):
    """One span, before any library's type. parent_id: 0 where it is the trace's first. kind: `server`, `client` or `internal`."""

    name: str
    kind: str
    span_id: int
    parent_id: int
    begins_ns: int
    ends_ns: int
    attributes: Attributes
    error: str


def spans_of(observed: Observed, trace: TraceContext, draw: Callable[[int], int], *, accounts: bool) -> Iterator[SpanData]:
    """Yield a request's spans, the request's own first.

    Args:
        observed: the request.
        trace: its place in its trace.
        draw: draws so many random bits, for the ids of guardrail runs.
        accounts: say whose request it was.
    """
    begins = int(observed.at * _NANOSECONDS)
    ends = begins + int(observed.seconds * _NANOSECONDS)
    error = observed.code if observed.status >= 500 or observed.notes.ended else ""
    yield SpanData(
        observed.operation, "server", trace.server_id, trace.parent_id, begins, ends, _request_attributes(observed, accounts), error
    )
    asked = _moment(observed, observed.notes.upstream_began) if observed.notes.upstream_began else ends
    for run in observed.judged:
        at = asked if run.source == "INPUT" else ends
        yield SpanData(f"guardrail {run.source}", "internal", draw(64) or 1, trace.server_id, at, at, _run_attributes(run), "")
    if observed.notes.upstream_began:
        ended = _moment(observed, observed.notes.upstream_ended)
        name = f"{observed.notes.task} {observed.notes.model}"
        yield SpanData(name, "client", trace.client_id, trace.server_id, asked, ended, _model_attributes(observed), observed.code)


def _moment(observed: Observed, seconds: float) -> int:
    """Turn a moment of the steady clock into Unix time."""
    return int((observed.at + max(seconds - observed.notes.begun, 0.0)) * _NANOSECONDS)


def _request_attributes(observed: Observed, accounts: bool) -> Attributes:
    notes = observed.notes
    found: Attributes = {
        "http.request.method": observed.method if observed.method in _METHODS else "_OTHER",
        "http.response.status_code": observed.status,
        "ringwall.face": observed.face,
        "ringwall.service": observed.service,
        "ringwall.operation": observed.operation,
        "ringwall.request_id": observed.request_id,
    }
    if accounts and observed.account_id:
        found["ringwall.account"] = observed.account_id
    if observed.code:
        found["error.type"] = observed.code
    if observed.judged:
        found["ringwall.guardrail.action"] = observed.action
        found["ringwall.guardrail.duration"] = notes.guardrail_s
    if notes.first_token:
        found["ringwall.first_token"] = notes.first_token - notes.begun
    return found


def _run_attributes(run: RunSeen) -> Attributes:
    return {
        "ringwall.guardrail.id": run.guardrail,
        "ringwall.guardrail.version": run.version,
        "ringwall.guardrail.source": run.source,
        "ringwall.guardrail.action": run.action,
        "ringwall.guardrail.rules": [rule.id for rule in run.rules],
        "ringwall.guardrail.characters": run.characters,
    }


def _model_attributes(observed: Observed) -> Attributes:
    notes = observed.notes
    found: Attributes = {
        "gen_ai.operation.name": notes.task,
        "gen_ai.provider.name": notes.provider,
        "gen_ai.request.model": notes.model,
        "gen_ai.request.stream": notes.stream,
        "gen_ai.usage.input_tokens": notes.tokens_in,
        "gen_ai.usage.output_tokens": notes.tokens_out,
        "ringwall.usage.estimated": notes.estimated,
        "ringwall.upstream.attempts": notes.attempts,
    }
    if notes.finish:
        found["gen_ai.response.finish_reasons"] = [notes.finish]
    if observed.code:
        found["error.type"] = observed.code
    return found
