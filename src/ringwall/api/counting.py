"""From a finished exchange to its account's live counters."""

from __future__ import annotations

from ringwall.api.exchange import Exchange

_OUTCOMES = {"BLOCK": "blocked", "ANONYMIZE": "masked", "NONE": "passed"}  # the strongest first


def count(exchange: Exchange, status: int) -> None:
    """Count an answered exchange; one whose caller is unknown is no one's. Of an answer that streams, its question alone is counted."""
    if exchange.principal is None:
        return
    record = exchange.call.record if exchange.call is not None and exchange.error is None else {}
    runs = [run for run in (record, *record.get("input", ()), *record.get("output", ())) if "outcome" in run and "coverage" in run]
    actions = {run["outcome"]["action"] for run in runs}
    outcome = next((word for action, word in _OUTCOMES.items() if action in actions), "")
    characters = sum(run["coverage"]["charactersGuarded"] for run in runs)
    exchange.rooms.counters.count(
        exchange.principal.account_id, exchange.now.timestamp(), status=status, outcome=outcome, characters=characters
    )
