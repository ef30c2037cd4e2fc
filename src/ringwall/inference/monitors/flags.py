"""Which of the last queries a monitor flagged, in fixed memory."""

from __future__ import annotations

from typing import Final

import msgspec

FLAGS_WINDOW: Final = 1_000
"""How many queries back a flag counts: a count for ever would block every account in the end, at any rate of false alarms."""

_BYTES: Final = (FLAGS_WINDOW + 7) // 8
_MASK: Final = (1 << FLAGS_WINDOW) - 1


class FlagsSnapshot(msgspec.Struct, frozen=True):
    """What is stored of flags."""

    bits: bytes
    at: int
    first: int


class Flags:
    """One monitor's flags: bit i stands for the query i before the last one that was flagged."""

    __slots__ = ("_at", "_bits", "first")

    def __init__(self) -> None:
        self._bits = 0
        self._at = 0
        self.first = 0

    def mark(self, number: int) -> None:
        """Flag a query; numbers only grow."""
        passed = number - self._at
        self._bits = 1 if passed >= FLAGS_WINDOW else ((self._bits << passed) | 1) & _MASK
        self._at = number
        self.first = self.first or number

    def count(self, number: int) -> int:
        """Return how many queries are flagged of the 1,000 that end with this one."""
        passed = number - self._at
        return 0 if passed >= FLAGS_WINDOW else ((self._bits << passed) & _MASK).bit_count()

    def snapshot(self) -> FlagsSnapshot:
        """Return what is to be stored."""
        return FlagsSnapshot(self._bits.to_bytes(_BYTES, "little"), self._at, self.first)

    @classmethod
    def restored(cls, snapshot: FlagsSnapshot) -> Flags:
        """Go on where a snapshot was taken."""
        flags = cls()
        flags._bits = int.from_bytes(snapshot.bits, "little") & _MASK
        flags._at, flags.first = snapshot.at, snapshot.first
        return flags
