"""How a limit is counted for one subject: a bucket, a window, or calls under way; exact integer arithmetic, no clock.

A bucket holds what was used and has not decayed yet, times the period, so that it decays by `limit` each millisecond without rounding. In
any time T no more than capacity + limit * T / period is let through. A window keeps what was used by slots; over any period no more than
`limit` is let through. Time that goes backwards stands still, so a clock that is set back gives nobody more.
"""

from __future__ import annotations

from typing import Protocol

from ringwall.inference.limits.charge import NUMBER_MAX, SLOTS, Charge

HELD_RETRY_MS = 1000  # nobody knows when a call under way will end


class Count(Protocol):
    """What is counted for one subject of one limit."""

    def wait_ms(self, charge: Charge, now_ms: int) -> int:
        """Return 0 where the charge fits now, else after how long it does if nothing else is taken."""
        ...

    def take(self, charge: Charge, hold: str, now_ms: int) -> None:
        """Take a charge that fits."""
        ...

    def settle(self, charge: Charge, difference: int, hold: str, *, taken_ms: int, now_ms: int) -> None:
        """Correct by a difference what a hold took."""
        ...

    def level(self, charge: Charge, now_ms: int) -> int:
        """Return how much is used now: what makes one subject quieter than another."""
        ...

    def raise_to(self, other: Count, charge: Charge, now_ms: int) -> None:
        """Become at least as full as another."""
        ...


class Bucket:
    """Used and not decayed, times the period. Asking changes nothing, as in the shared store; only what is taken moves the time."""

    __slots__ = ("at_ms", "used")

    def __init__(self, used: int = 0, at_ms: int = 0) -> None:
        self.used = used
        self.at_ms = at_ms

    def _used(self, charge: Charge, now_ms: int) -> int:
        return max(0, self.used - max(0, now_ms - self.at_ms) * charge.limit)

    def _set(self, used: int, now_ms: int) -> None:
        self.used, self.at_ms = used, max(self.at_ms, now_ms)

    def wait_ms(self, charge: Charge, now_ms: int) -> int:
        """Return 0 where the charge fits now, else after how long it does if nothing else is taken."""
        over = self._used(charge, now_ms) + (charge.amount - charge.capacity) * charge.period_ms
        return 0 if over <= 0 else max(self.at_ms, now_ms) - now_ms + -(-over // charge.limit)

    def take(self, charge: Charge, _hold: str, now_ms: int) -> None:
        """Take a charge that fits."""
        self._set(self._used(charge, now_ms) + charge.amount * charge.period_ms, now_ms)

    def settle(self, charge: Charge, difference: int, _hold: str, *, taken_ms: int, now_ms: int) -> None:
        """Correct by a difference; what decayed meanwhile is not given back twice."""
        del taken_ms
        used = self._used(charge, now_ms) + difference * charge.period_ms
        self._set(min(NUMBER_MAX, max(0, used)), now_ms)

    def level(self, charge: Charge, now_ms: int) -> int:
        """Return how much is used now."""
        return self._used(charge, now_ms)

    def raise_to(self, other: Count, charge: Charge, now_ms: int) -> None:
        """Become at least as full as another."""
        if isinstance(other, Bucket):
            at_ms = max(self.at_ms, other.at_ms)  # neither decays further than the later of the two has
            used = max(self._used(charge, max(at_ms, now_ms)), other._used(charge, max(at_ms, now_ms)))  # noqa: SLF001 - of its own kind
            self._set(used, max(at_ms, now_ms))


class Window:
    """Used, by the slot it was used in. Asking changes nothing, as in the shared store."""

    __slots__ = ("last", "slots")

    def __init__(self, slots: dict[int, int] | None = None, last: int = 0) -> None:
        self.slots = slots or {}
        self.last = last

    def _live(self, charge: Charge, now_ms: int) -> dict[int, int]:
        """Return the slots that count: one more than the window is long, for the oldest may still be inside in part."""
        first = max(self.last, now_ms // charge.slot_ms) - SLOTS
        return {slot: amount for slot, amount in self.slots.items() if slot >= first}

    def _move(self, charge: Charge, now_ms: int) -> int:
        self.slots = self._live(charge, now_ms)
        self.last = max(self.last, now_ms // charge.slot_ms)
        return self.last

    def wait_ms(self, charge: Charge, now_ms: int) -> int:
        """Return 0 where the charge fits now, else after how long it does if nothing else is taken."""
        live = self._live(charge, now_ms)
        over = sum(live.values()) + charge.amount - charge.limit
        if over <= 0:
            return 0
        for slot in sorted(live):
            over -= live[slot]
            if over <= 0:
                return (slot + SLOTS + 1) * charge.slot_ms - now_ms
        return charge.period_ms

    def take(self, charge: Charge, _hold: str, now_ms: int) -> None:
        """Take a charge that fits."""
        slot = self._move(charge, now_ms)
        self.slots[slot] = self.slots.get(slot, 0) + charge.amount

    def settle(self, charge: Charge, difference: int, _hold: str, *, taken_ms: int, now_ms: int) -> None:
        """Give back where it was taken, if that slot has not passed; take more where the time is now."""
        slot = self._move(charge, now_ms)
        if difference > 0:
            self.slots[slot] = min(NUMBER_MAX, self.slots.get(slot, 0) + difference)
        elif difference < 0 and (taken := taken_ms // charge.slot_ms) in self.slots:
            self.slots[taken] = max(0, self.slots[taken] + difference)

    def level(self, charge: Charge, now_ms: int) -> int:
        """Return how much is used now."""
        return sum(self._live(charge, now_ms).values())

    def raise_to(self, other: Count, charge: Charge, now_ms: int) -> None:
        """Become at least as full as another, slot by slot."""
        if isinstance(other, Window):
            self.slots = self._live(charge, now_ms)
            self.last = max(self.last, other.last)
            for slot, amount in other.slots.items():
                self.slots[slot] = max(self.slots.get(slot, 0), amount)


class Held:
    """Calls under way, by the names of their holds."""

    __slots__ = ("holds",)

    def __init__(self) -> None:
        self.holds: set[str] = set()

    def wait_ms(self, charge: Charge, _now_ms: int) -> int:
        """Return 0 where one more call may be under way."""
        return 0 if len(self.holds) + charge.amount <= charge.limit else HELD_RETRY_MS

    def take(self, _charge: Charge, hold: str, _now_ms: int) -> None:
        """Note a call."""
        self.holds.add(hold)

    def settle(self, _charge: Charge, _difference: int, hold: str, *, taken_ms: int, now_ms: int) -> None:
        """Forget a call."""
        del taken_ms, now_ms
        self.holds.discard(hold)

    def level(self, _charge: Charge, _now_ms: int) -> int:
        """Return how many calls are under way."""
        return len(self.holds)

    def raise_to(self, _other: Count, _charge: Charge, _now_ms: int) -> None:
        """Nothing: what has calls under way is not forgotten, and what has none adds nothing."""


def new_count(shape: str) -> Count:
    """Return the empty count of a shape."""
    if shape == "bucket":
        return Bucket()
    return Window() if shape == "window" else Held()
