"""Counts that fade: what happened long ago weighs little, and one number holds it all."""

from __future__ import annotations

import math
from typing import Final

import msgspec

BACKWARDS_S: Final = 300.0
"""A moment further back than this means that the clock was put right; one nearer, that calls finished out of order."""


class Fading(msgspec.Struct):
    """An exponentially weighted count.

    half_life_s: after which an event counts half.
    While time goes backwards nothing fades: by up to five minutes it stands still until it has caught up; by more, it goes on from there.
    """

    half_life_s: float
    value: float = 0.0
    at_s: float = -math.inf

    def add(self, amount: float, now_s: float) -> float:
        """Let time pass, count, and return the count."""
        self.value = self.level(now_s) + amount
        self.at_s = now_s if self.at_s - now_s > BACKWARDS_S else max(self.at_s, now_s)
        return self.value

    def level(self, now_s: float) -> float:
        """Return the count at a moment."""
        elapsed_s = now_s - self.at_s
        return self.value * math.pow(0.5, min(elapsed_s / self.half_life_s, 1_000.0)) if elapsed_s > 0 else self.value

    def rate(self, now_s: float, age_s: float) -> float:
        """Return events a second, made good for an age that is short beside the half-life."""
        seen = 1.0 - math.pow(0.5, max(age_s, 1e-3) / self.half_life_s)
        return self.level(now_s) * math.log(2) / self.half_life_s / max(seen, 1e-12)
