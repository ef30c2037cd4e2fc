"""What one call takes of one limit, as the stores count it.

All numbers are integers below NUMBER_MAX, which Lua's doubles hold exactly: both stores count the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

import msgspec

Shape = Literal["bucket", "window", "held"]

NUMBER_MAX = 2**52
SLOTS = 20
"""Into how many slots a window is cut. A slot counts until all of it has passed, so a window is never counted too low."""


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """One limit, one subject, and what the call takes.

    table: the account and the limit; subject: what is counted together inside them (a digest).
    shape: bucket (decays by `limit` in `period_ms`), window (the last `period_ms`), held (counted while the call is under way).
    limit: per period; capacity: at once; amount: what is taken now.
    """

    table: str
    subject: str
    shape: Shape
    limit: int
    capacity: int
    period_ms: int
    amount: int

    @property
    def slot_ms(self) -> int:
        """The length of a window's slot; periods are whole seconds, so it is whole."""
        return self.period_ms // SLOTS


class Refused(msgspec.Struct, frozen=True):
    """The first charge that does not fit (`index`), and after how many milliseconds it may; -1 where that is not known."""

    index: int
    retry_after_ms: int


class Settlement(msgspec.Struct, frozen=True):
    """What to add to (or take from, below 0) a charge that was taken at `taken_ms`."""

    charge: Charge
    difference: int


class Store(Protocol):
    """Where limits are counted. Every decision is atomic: all charges are taken, or none."""

    async def take(self, hold: str, charges: Sequence[Charge], now_ms: int) -> Refused | None:
        """Take all charges under the name `hold`, or say which does not fit.

        Raises:
            LimitsUnavailable: it is not known whether they were taken; `settle` with the same hold gives them back if they were.
        """
        ...

    async def settle(self, hold: str, settlements: Sequence[Settlement], taken_ms: int, now_ms: int) -> None:
        """Correct what a hold took and end it. A hold that is not there, or ended before, changes nothing.

        Raises:
            LimitsUnavailable: it is not known whether it was done; doing it again is safe.
        """
        ...

    async def renew(self, calls: Sequence[tuple[str, Charge]], now_ms: int) -> None:
        """Let calls that are under way (each a hold, and one of its charges of shape `held`) count on, where they count for a time only.

        Raises:
            LimitsUnavailable: it is not known whether they do; doing it again is safe.
        """
        ...

    async def levels(self, charges: Sequence[Charge], now_ms: int) -> Sequence[int]:
        """Return how much of each charge's subject is used now (a bucket's times its period); for people, nothing is decided by it.

        Raises:
            LimitsUnavailable: it is not known.
        """
        ...

    async def close(self) -> None:
        """Release every handle."""
        ...
