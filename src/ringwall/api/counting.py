"""From a finished exchange to those who watch: its account's live counters, and every observer of telemetry."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from ringwall.api.exchange import Exchange
from ringwall.inference.errors import ContentBlocked
from ringwall.telemetry import Observed, RuleSeen, RunSeen
from ringwall.telemetry.observed import CODE

_OUTCOMES = {"BLOCK": "blocked", "ANONYMIZE": "masked", "NONE": "passed"}  # the strongest first; no judgement is no outcome


def observe(exchange: Exchange, status: int) -> None:
    """Count an answered exchange, once; of an answer that streams, when it ended.

    Counters have those whose caller is known; one whose caller is not is no account's.
    """
    if exchange.observed:
        return
    exchange.observed = True
    observed = _observed(exchange, status)
    if observed.account_id:
        told = exchange.error is None or isinstance(exchange.error, ContentBlocked)  # what another refusal judged on its way is no outcome
        exchange.rooms.counters.count(
            observed.account_id,
            observed.at,
            status=status,
            outcome=_OUTCOMES.get(observed.action, "") if told else "",
            characters=sum(run.characters for run in observed.judged) if told else 0,
        )
    for observer in exchange.rooms.watching.observers:
        observer.observe(observed)


def _observed(exchange: Exchange, status: int) -> Observed:
    operation, error, notes = exchange.operation, exchange.error, exchange.notes
    record = exchange.call.record if exchange.call is not None else {}  # what was judged was judged, whatever failed later
    return Observed(
        request_id=exchange.request_id,
        account_id=exchange.principal.account_id if exchange.principal is not None else "",
        face=exchange.face.name,
        service=operation.service if operation is not None else "",
        operation=operation.name if operation is not None else "Unrouted",
        method=exchange.request.method,
        status=status,
        code=error.code if error is not None else notes.ended,
        limit_kind=str(error.facts.get("kind", "")) if error is not None else "",
        at=exchange.now.timestamp(),
        seconds=time.monotonic() - notes.begun,
        watched=operation is None or operation.recorded,
        judged=(*[_judged(run) for run in _runs(record)], *[_code_judged(run) for run in record.get("code", {}).get("runs", ())]),
        notes=notes,
    )


def _runs(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the runs of guardrails that an audit record tells of: its own, or a question's and its answer's."""
    return [run for run in (record, *record.get("input", ()), *record.get("output", ())) if "outcome" in run and "coverage" in run]


def _judged(run: Mapping[str, Any]) -> RunSeen:
    guardrail = run.get("guardrail", {})
    return RunSeen(
        guardrail=guardrail.get("arn", ""),
        version=guardrail.get("version", ""),
        source=run.get("source", ""),
        action=run["outcome"]["action"],
        rules=tuple([RuleSeen(seen["ruleId"], seen["action"], "failed" in seen) for seen in run.get("verdicts", ())]),
        characters=run["coverage"]["charactersGuarded"],
        digests=tuple(run.get("contentDigests", ())),
    )


def _code_judged(run: Mapping[str, Any]) -> RunSeen:
    """Return a policy's run over an answer's code, as a guardrail's; a note lets the answer pass."""
    action = "BLOCK" if run["action"] == "BLOCK" else "NONE"
    found = dict.fromkeys(each["rule"] for each in run["findings"])
    failed = dict.fromkeys(f"code/{each['reason'].replace(' ', '-')}" for each in run["failures"])
    return RunSeen(
        guardrail=CODE,
        version=str(run["policy"]["revision"]),
        source="OUTPUT",
        action=action,
        rules=(*[RuleSeen(rule, action, False) for rule in found], *[RuleSeen(rule, "BLOCK", True) for rule in failed]),
        characters=0,
        digests=(),
    )
