"""Counts that fade: what happened long ago weighs little, and one number holds it all."""

from __future__ import annotations

import math

import msgspec


class Fading(msgspec.Struct):
    """An exponentially weighted count.

    half_life_s: after which an event counts half. A clock that goes backwards stands still here until it has caught up.
    """

    half_life_s: float
    value: float = 0.0
    at_s: float = -math.inf

    def add(self, amount: float, now_s: float) -> float:
        """Let time pass, count, and return the count."""
        self.value = self.level(now_s) + amount
        self.at_s = max(self.at_s, now_s)
        return self.value

    def level(self, now_s: float) -> float:
        """Return the count at a moment."""
        elapsed_s = now_s - self.at_s
        return self.value * math.pow(0.5, min(elapsed_s / self.half_life_s, 1_000.0)) if elapsed_s > 0 else self.value

    def rate(self, now_s: float, age_s: float) -> float:
        """Return events a second, made good for an age that is short beside the half-life."""
        seen = 1.0 - math.pow(0.5, max(age_s, 1e-3) / self.half_life_s)
        return self.level(now_s) * math.log(2) / self.half_life_s / max(seen, 1e-12)
