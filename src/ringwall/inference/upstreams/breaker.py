"""A circuit breaker: an upstream that fails most of the time is left alone, then tried with one request.

    state      what happens                                       next
    closed     >= `least` calls in the window, failures >= rate   open
    open       `open_s` have passed                               half-open
    half-open  the one request let through gets an answer         closed, with an empty window
    half-open  it fails                                           open
    half-open  its caller leaves before either                    half-open, for the next request

Pure: the time is an argument, in seconds that only go forward.
Source: M. Nygard, "Release It!", ch. 5; the sliding window of counts is Resilience4j's.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Literal

import msgspec

State = Literal["closed", "open", "half-open"]


class BreakerRules(msgspec.Struct, frozen=True, kw_only=True):
    """When the circuit opens: `rate` of at least `least` calls in the last `window_s`; and for how long."""

    window_s: float = 30.0
    slices: int = 10
    least: int = 10
    rate: float = 0.5
    open_s: float = 15.0


@dataclass(slots=True)
class _Slice:
    begins: float
    calls: int = 0
    failures: int = 0


class Ticket:
    """One request that was let through. `counted`: its answer began, and was counted as one."""

    __slots__ = ("counted",)

    def __init__(self) -> None:
        self.counted = False


@dataclass(slots=True)
class Breaker:
    """One upstream's circuit. Memory: `slices` + 1 pairs of counts."""

    rules: BreakerRules = field(default_factory=BreakerRules)
    _slices: deque[_Slice] = field(default_factory=deque)
    _opened: float | None = None
    _probe: Ticket | None = None

    def state(self, now: float) -> State:
        """Return where the circuit stands."""
        if self._opened is None:
            return "closed"
        return "half-open" if now >= self._opened + self.rules.open_s else "open"

    def admit(self, now: float) -> Ticket | None:
        """Let a request through, or not."""
        if self._opened is None:
            return Ticket()
        if self._probe is not None or self.state(now) == "open":
            return None
        self._probe = Ticket()
        return self._probe

    def retry_after_s(self, now: float) -> float:
        """Return the seconds after which a request that was not let through may be."""
        if self._opened is None:
            return 0.0
        return min(max(self._opened + self.rules.open_s - now, 1.0), self.rules.open_s)  # sums of floats may be a bit too long

    def succeeded(self, now: float, ticket: Ticket) -> None:
        """Count an answer that begins. While the circuit is not closed, only the one request let through says anything."""
        if self._opened is not None:
            if ticket is not self._probe:
                return
            self._opened = self._probe = None
            self._slices.clear()
        self._slice(now).calls += 1
        ticket.counted = True

    def failed(self, now: float, ticket: Ticket) -> None:
        """Count a failure, also of an answer that began."""
        if self._opened is not None:
            if ticket is self._probe:
                self._opened, self._probe = now, None
            return
        this = self._slice(now)
        this.calls += not ticket.counted
        this.failures += 1
        calls = sum(each.calls for each in self._slices)
        if calls >= self.rules.least and sum(each.failures for each in self._slices) >= self.rules.rate * calls:
            self._opened = now

    def left(self, ticket: Ticket) -> None:
        """Say that a request's caller is gone, and nothing was learned of the upstream."""
        if ticket is self._probe:
            self._probe = None

    def _slice(self, now: float) -> _Slice:
        width = self.rules.window_s / self.rules.slices
        begins = now // width * width
        while self._slices and self._slices[0].begins <= begins - self.rules.window_s:
            self._slices.popleft()
        if not self._slices or self._slices[-1].begins < begins:
            self._slices.append(_Slice(begins))
        return self._slices[-1]
