"""From a finished exchange to its account's live counters."""

from __future__ import annotations

from ringwall.api.exchange import Exchange

_OUTCOMES = {"BLOCK": "blocked", "ANONYMIZE": "masked", "NONE": "passed"}


def count(exchange: Exchange, status: int) -> None:
    """Count an answered exchange; one whose caller is unknown is no one's."""
    if exchange.principal is None:
        return
    outcome, characters = "", 0
    record = exchange.call.record if exchange.call is not None and exchange.error is None else {}
    if "outcome" in record and "coverage" in record:
        outcome = _OUTCOMES.get(record["outcome"]["action"], "")
        characters = record["coverage"]["charactersGuarded"]
    exchange.rooms.counters.count(
        exchange.principal.account_id, exchange.now.timestamp(), status=status, outcome=outcome, characters=characters
    )
