"""When a request may be repeated, and after what pause.

Only what failed before the first byte of an answer is repeated, and only what may have been an accident. At most a tenth of an upstream's
requests are repetitions, so that repeating never becomes the load that keeps it down (Source: Google, "Site Reliability Engineering",
ch. 22, retry budgets). Pauses have full jitter (Source: M. Brooker, AWS Architecture Blog, "Exponential Backoff and Jitter").
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from ringwall.errors import RingwallError
from ringwall.inference.upstreams.errors import CircuitOpen, UpstreamBusy, UpstreamTimeout, UpstreamUnreachable, UpstreamUnverified
from ringwall.wire.dialects.errors import UpstreamFailed


class RetryRules(msgspec.Struct, frozen=True, kw_only=True):
    """How often, and how long apart.

    attempts: of one request, the first included. base_s, cap_s: the n-th pause is drawn from 0 to min(cap_s, base_s * 2**n).
    share: repetitions a request pays for. reserve: repetitions that a quiet upstream has at most.
    """

    attempts: int = 3
    base_s: float = 0.25
    cap_s: float = 4.0
    share: float = 0.1
    reserve: float = 10.0


@dataclass(slots=True)
class RetryBudget:
    """One upstream's repetitions.

    Invariant: of n requests, at most reserve + share * n are repeated (tests/unit/inference/upstreams/test_retries.py).
    """

    rules: RetryRules = field(default_factory=RetryRules)
    tokens: float = -1.0

    def __post_init__(self) -> None:
        """Begin with a full bucket."""
        self.tokens = self.rules.reserve

    def requested(self) -> None:
        """Count a request."""
        self.tokens = min(self.rules.reserve, self.tokens + self.rules.share)

    def take(self) -> bool:
        """Pay for one repetition, if there is enough."""
        if self.tokens < 1.0:
            return False
        self.tokens -= 1.0
        return True


def may_repeat(error: RingwallError) -> bool:
    """Say whether a failure before the first byte may have been an accident.

    A request that was sent and not answered in time is not repeated: the model may still be at work on it.
    """
    if isinstance(error, UpstreamTimeout):
        return error.facts.get("phase") == "connect"
    return isinstance(error, UpstreamUnreachable | UpstreamBusy | UpstreamFailed) and not isinstance(
        error, CircuitOpen | UpstreamUnverified
    )


def pause_s(error: RingwallError, repetition: int, rules: RetryRules, random: Callable[[], float]) -> float | None:
    """Return the seconds to wait before a repetition (from 0 on); None where the upstream wants a longer pause than is waited here."""
    pause = random() * min(rules.cap_s, rules.base_s * 2.0**repetition)
    wanted = error.facts.get("retry_after_s")
    if not isinstance(wanted, int | float):
        return pause
    return None if wanted > rules.cap_s else max(pause, float(wanted))
