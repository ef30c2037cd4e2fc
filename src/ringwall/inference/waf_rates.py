"""The counts of rate-based rules, for judgements that run in several threads."""

from __future__ import annotations

import threading

from ringwall.policies.waf import RateTable


class Rates:
    """One table of counts, used by one thread at a time."""

    def __init__(self) -> None:
        self._table = RateTable()
        self._using = threading.Lock()

    def at(self, now_s: float) -> RatesAt:
        """Return what a judgement counts with that began at a moment."""
        return RatesAt(self, now_s)

    def count(self, rule: str, instance: bytes, window_s: int, now_s: float) -> int:
        """Count one request at a moment."""
        with self._using:
            return self._table.at(now_s).count(rule, instance, window_s)

    def keep_only(self, prefix: str, rules: frozenset[str]) -> None:
        """Forget the counts of rules that begin with `prefix` and are not among `rules`."""
        with self._using:
            self._table.keep_only(prefix, rules)


class RatesAt:
    """The counts, at one moment."""

    __slots__ = ("_now_s", "_rates")

    def __init__(self, rates: Rates, now_s: float) -> None:
        self._rates = rates
        self._now_s = now_s

    def count(self, rule: str, instance: bytes, window_s: int) -> int:
        """Count one request, and return how many there were in the window, this one among them."""
        return self._rates.count(rule, instance, window_s, self._now_s)
