"""Every metric, in one visible table, and the store that counts them: fixed memory, whatever callers send.

Names are OpenTelemetry's where it has one (Source: OpenTelemetry semantic conventions for generative AI, metrics; the bounds of the buckets
are the ones that it gives); ringwall's own begin with `ringwall.`. Prometheus shows the same with underscores and units.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

import msgspec

SERIES = 500
"""Series of one instrument; what comes beyond them is counted under `other`, so that no caller can grow the memory."""

OTHER = "other"

Labels = tuple[str, ...]
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0)
_SCAN_SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
_GEN_AI_SECONDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
_FIRST_TOKEN_SECONDS = (0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
_TOKENS = tuple(float(4**power) for power in range(14))
_GEN_AI = ("gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model")


class Instrument(msgspec.Struct, frozen=True, kw_only=True):
    """One metric. unit: as OpenTelemetry writes it (UCUM). bounds: of a histogram's buckets, upper ones, included."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    unit: str
    help: str
    labels: tuple[str, ...]
    bounds: tuple[float, ...] = ()


def _counter(name: str, unit: str, help_: str, *labels: str) -> Instrument:
    return Instrument(name=name, kind="counter", unit=unit, help=help_, labels=labels)


def _gauge(name: str, unit: str, help_: str, *labels: str) -> Instrument:
    return Instrument(name=name, kind="gauge", unit=unit, help=help_, labels=labels)


def _histogram(name: str, unit: str, help_: str, bounds: tuple[float, ...], *labels: str) -> Instrument:
    return Instrument(name=name, kind="histogram", unit=unit, help=help_, labels=labels, bounds=bounds)


REQUESTS = _counter("ringwall.requests", "{request}", "Requests answered.", "face", "operation", "status")
ACCOUNT_REQUESTS = _counter(
    "ringwall.account.requests", "{request}", "Requests by account (setting `metrics_accounts`).", "account", "status"
)
DURATION = _histogram("ringwall.request.duration", "s", "From a request to the end of its answer.", _SECONDS, "face", "operation")
ERRORS = _counter("ringwall.errors", "{error}", "Refusals and failures, by ringwall's own code.", "code")
RUNS = _counter("ringwall.guardrail.runs", "{run}", "Texts and answers judged by a guardrail.", "source", "action")
POLICY_ACTIONS = _counter(
    "ringwall.guardrail.policy.actions", "{run}", "Runs in which a policy saw something, by what it did.", "policy", "source", "action"
)
RULE_HITS = _counter("ringwall.guardrail.rule.hits", "{run}", "Runs in which a rule saw something.", "rule", "action")
SCAN_DURATION = _histogram(
    "ringwall.guardrail.duration", "s", "What guardrails took of a request, waiting included.", _SCAN_SECONDS, "face"
)
SERVER_DURATION = _histogram(
    "gen_ai.server.request.duration", "s", "From a question to the end of its answer.", _GEN_AI_SECONDS, *_GEN_AI, "error.type"
)
FIRST_TOKEN = _histogram(
    "gen_ai.server.time_to_first_token", "s", "From a question to the first words released of its answer.", _FIRST_TOKEN_SECONDS, *_GEN_AI
)
CLIENT_DURATION = _histogram(
    "gen_ai.client.operation.duration", "s", "What the upstream took for its answer.", _GEN_AI_SECONDS, *_GEN_AI, "error.type"
)
TOKENS = _histogram("gen_ai.client.token.usage", "{token}", "Tokens of questions and answers.", _TOKENS, *_GEN_AI, "gen_ai.token.type")
UPSTREAM_ERRORS = _counter("ringwall.upstream.errors", "{error}", "Answers that an upstream did not give or break off.", "model", "code")
UPSTREAM_RETRIES = _counter("ringwall.upstream.retries", "{request}", "Requests that were repeated upstream.", "model")
LIMIT_REFUSALS = _counter("ringwall.limit.refusals", "{request}", "Requests refused by a limit on use.", "kind")
CIRCUITS = _gauge("ringwall.upstream.circuits", "{circuit}", "Circuits to upstreams, by state.", "state")
UNDER_WAY = _gauge("ringwall.upstream.requests.active", "{request}", "Requests under way to upstreams.")
WAITING = _gauge("ringwall.scan.waiting", "{character}", "Characters that wait to be scanned, or are being scanned, in worker threads.")
BODIES = _gauge("ringwall.request.bodies", "By", "Bytes of request bodies that are held.")
LOST = _counter("ringwall.telemetry.lost", "{request}", "Traced requests that were not told to the collector.", "why")
UNSEALED = _gauge("ringwall.ledger.unsealed", "{record}", "Audit records that are durable, and not yet under a signed checkpoint.")

INSTRUMENTS: tuple[Instrument, ...] = (
    REQUESTS,
    ACCOUNT_REQUESTS,
    DURATION,
    ERRORS,
    RUNS,
    POLICY_ACTIONS,
    RULE_HITS,
    SCAN_DURATION,
    SERVER_DURATION,
    FIRST_TOKEN,
    CLIENT_DURATION,
    TOKENS,
    UPSTREAM_ERRORS,
    UPSTREAM_RETRIES,
    LIMIT_REFUSALS,
    LOST,
    CIRCUITS,
    UNDER_WAY,
    WAITING,
    BODIES,
    UNSEALED,
)


class Histogram:
    """One series of a histogram. `counts` has one place more than there are bounds, for what is above them."""

    __slots__ = ("counts", "least", "most", "total")

    def __init__(self, bounds: int) -> None:
        self.counts = [0] * (bounds + 1)
        self.total = 0.0
        self.least = float("inf")
        self.most = float("-inf")

    def copy(self) -> Histogram:
        """Return what is counted by now."""
        made = Histogram(0)
        made.counts, made.total, made.least, made.most = self.counts.copy(), self.total, self.least, self.most
        return made


class Reading(NamedTuple):
    """A gauge's value at this moment."""

    instrument: Instrument
    labels: Labels
    value: float


class Store:
    """Counts. Only the event loop's thread touches it."""

    def __init__(self) -> None:
        self._counters: dict[str, dict[Labels, float]] = {each.name: {} for each in INSTRUMENTS if each.kind == "counter"}
        self._histograms: dict[str, dict[Labels, Histogram]] = {each.name: {} for each in INSTRUMENTS if each.kind == "histogram"}

    def add(self, instrument: Instrument, labels: Labels, number: float = 1) -> None:
        """Count up."""
        series = self._counters[instrument.name]
        if labels not in series and len(series) >= SERIES:
            labels = (OTHER,) * len(labels)
        series[labels] = series.get(labels, 0) + number

    def record(self, instrument: Instrument, labels: Labels, value: float) -> None:
        """Count a value into its bucket."""
        series = self._histograms[instrument.name]
        found = series.get(labels)
        if found is None:
            if len(series) >= SERIES:
                labels = (OTHER,) * len(labels)
            found = series.setdefault(labels, Histogram(len(instrument.bounds)))
        found.counts[bisect_left(instrument.bounds, value)] += 1
        found.total += value
        found.least = min(found.least, value)
        found.most = max(found.most, value)

    def copy(self) -> Store:
        """Return what is counted by now, for another thread to read while this goes on."""
        made = Store()
        made._counters = {name: dict(series) for name, series in self._counters.items()}
        made._histograms = {name: {labels: found.copy() for labels, found in many.items()} for name, many in self._histograms.items()}
        return made

    def counters(self) -> Iterator[tuple[Instrument, Mapping[Labels, float]]]:
        """Yield every counter with its series."""
        for each in INSTRUMENTS:
            if each.kind == "counter":
                yield each, self._counters[each.name]

    def histograms(self) -> Iterator[tuple[Instrument, Mapping[Labels, Histogram]]]:
        """Yield every histogram with its series."""
        for each in INSTRUMENTS:
            if each.kind == "histogram":
                yield each, self._histograms[each.name]
