"""Counting for rate-based rules: who asked how often within the last seconds, in fixed memory.

The count of a window is never too low: it is kept in slots of a twentieth of the window, and a slot counts until all of it has passed. When
a rule has more aggregation instances than are kept, the quietest makes room and leaves its counts to a floor, slot by slot the highest of
all who made room; whoever comes new starts at the floor. So nobody gets a fresh count by being forgotten, at the price that newcomers
may be counted too high while there are more instances than room. (The idea is that of Space-Saving: Metwally, Agrawal, El Abbadi 2005.)
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

INSTANCES_MAX = 4096  # aggregation instances kept per rule
SLOTS = 20


class CountAsked(NamedTuple):
    """What an evaluation has to know before it goes on: the members are `Rates.count`'s arguments."""

    rule: str
    instance: bytes
    window_s: int


class Rates(Protocol):
    """What the evaluator counts with."""

    def count(self, rule: str, instance: bytes, window_s: int) -> int:
        """Count one request, and return how many there were in the window, this one among them.

        Args:
            rule: names the rule and its settings, so that other settings start afresh.
            instance: the values of the aggregation keys.
            window_s: how far back to look.
        """
        ...


class _Window:
    """Counts by slot number; slots that have passed are dropped."""

    __slots__ = ("slots",)

    def __init__(self, slots: dict[int, int]) -> None:
        self.slots = slots

    def drop_before(self, first: int) -> None:
        for slot in [slot for slot in self.slots if slot < first]:
            del self.slots[slot]

    def raise_to(self, other: _Window) -> None:
        for slot, count in other.slots.items():
            if count > self.slots.get(slot, 0):
                self.slots[slot] = count

    def total(self) -> int:
        return sum(self.slots.values())


class _Rule:
    """The aggregation instances of one rule."""

    def __init__(self, window_s: int, instances_max: int) -> None:
        self._slot_s = window_s / SLOTS
        self._max = instances_max
        self._windows: dict[bytes, _Window] = {}
        self._floor = _Window({})

    def count(self, instance: bytes, now_s: float) -> int:
        slot = int(now_s // self._slot_s)
        first = slot - SLOTS  # one slot more than the window is long: the oldest may still be inside in part
        window = self._windows.get(instance)
        if window is None:
            if len(self._windows) >= self._max:
                self._make_room(first)
            self._floor.drop_before(first)
            window = self._windows[instance] = _Window(dict(self._floor.slots))
        window.drop_before(first)
        window.slots[slot] = window.slots.get(slot, 0) + 1
        return window.total()

    def _make_room(self, first: int) -> None:
        for window in self._windows.values():
            window.drop_before(first)
        # a twentieth at once, so that looking for the quietest costs little for each newcomer
        by_total = sorted(self._windows, key=lambda instance: self._windows[instance].total())
        for instance in by_total[: max(1, self._max // 20)]:
            self._floor.raise_to(self._windows.pop(instance))


class RateTable:
    """The counts of many rules; `at` says what time it is for the counting that follows."""

    def __init__(self, *, instances_max: int = INSTANCES_MAX) -> None:
        self._max = instances_max
        self._rules: dict[str, _Rule] = {}
        self._now_s = 0.0

    def at(self, now_s: float) -> RateTable:
        """Move to a moment, in seconds; time that goes backwards stands still."""
        self._now_s = max(self._now_s, now_s)
        return self

    def count(self, rule: str, instance: bytes, window_s: int) -> int:
        """Count one request, and return how many there were in the window, this one among them."""
        counted = self._rules.get(rule)
        if counted is None:
            counted = self._rules[rule] = _Rule(window_s, self._max)
        return counted.count(instance, self._now_s)

    def keep_only(self, prefix: str, rules: frozenset[str]) -> None:
        """Forget the counts of rules that begin with `prefix` and are not among `rules`: they were changed or deleted."""
        for rule in [rule for rule in self._rules if rule.startswith(prefix) and rule not in rules]:
            del self._rules[rule]
