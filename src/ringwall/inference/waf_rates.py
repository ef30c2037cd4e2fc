"""The counts of rate-based rules: in this process, for judgements that run in several threads, or shared by all workers."""

from __future__ import annotations

import logging
import threading
from importlib.resources import files
from typing import Literal

from ringwall.crypto import sha256
from ringwall.inference.limits.errors import LimitsUnavailable
from ringwall.inference.limits.server import SharedServer
from ringwall.policies.waf import CountAsked, RateTable
from ringwall.policies.waf.rates import SLOTS

log = logging.getLogger("ringwall.inference.waf")

PREFIX = "ringwall:waf"
INSTANCES_MAX = 16_384
"""Aggregation instances of one rule that have counts of their own in the shared store."""
_OVERFLOW = 256


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


class SharedRates:
    """Counts in Valkey or Redis, by all workers together, in bounded room: one atomic script for each count.

    A rule's instances beyond `instances_max` share 256 counts, and one that gets a count of its own later starts where its shared one
    stands: counts may be too high then, never too low. The store forgets what no window holds any more.
    """

    def __init__(
        self, server: SharedServer, *, when_unreachable: Literal["closed", "open"] = "closed", instances_max: int = INSTANCES_MAX
    ) -> None:
        self._server = server
        self._opens = when_unreachable == "open"
        self._max = instances_max
        self._own = Rates()
        self._script = server.script(files("ringwall.inference").joinpath("waf_rates.lua.txt").read_text("utf-8"))

    async def count(self, asked: CountAsked, now_s: float) -> int:
        """Count one request, and return how many there were in the window, this one among them.

        While the store does not answer, and the setting says `open`, what this process sees is counted.

        Raises:
            LimitsUnavailable: the store does not answer, and the setting says `closed`.
        """
        rule = f"{PREFIX}:{sha256(asked.rule.encode()).hex()[:32]}"
        keys = [f"{rule}:{asked.instance.hex()}", f"{rule}:instances", f"{rule}:{asked.instance[0] % _OVERFLOW}"]
        arguments: list[str | int] = [int(now_s * 1000), asked.window_s * 1000 // SLOTS, SLOTS, self._max, asked.instance.hex()]
        try:
            return int(await self._server.run(self._script, keys, arguments))
        except LimitsUnavailable:
            if not self._opens:
                raise
            log.warning("inference.waf.counted_apart")
            return self._own.count(asked.rule, asked.instance, asked.window_s, now_s)

    async def close(self) -> None:
        """Close the connections."""
        await self._server.close()
