"""What a call was admitted with: taken before it, corrected after it, ended exactly once whatever happens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Annotated, Any, NamedTuple, Self

import msgspec
from msgspec import Meta

from ringwall.inference.limits.charge import Charge, Settlement
from ringwall.inference.limits.prices import Price

TOKENS_MAX = 1_000_000_000
_Tokens = Annotated[int, Meta(ge=0, le=TOKENS_MAX)]


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens in and out: an estimate before the call, what was counted after it."""

    tokens_in: _Tokens = 0
    tokens_out: _Tokens = 0

    @property
    def tokens(self) -> int:
        """All of them."""
        return self.tokens_in + self.tokens_out


class Taken(NamedTuple):
    """One charge of a grant: the limit's id and kind, and the model's price where the limit is on cost."""

    limit_id: str
    kind: str
    charge: Charge
    price: Price | None

    def amount(self, usage: Usage) -> int:
        """Return what a usage takes of this limit."""
        if self.kind == "tokens":
            return usage.tokens
        if self.kind == "cost" and self.price is not None:
            return self.price.cost(usage.tokens_in, usage.tokens_out)
        return self.charge.amount


Finish = Callable[[Sequence[Settlement]], Awaitable[None]]


class Grant:
    """An admitted call.

    Use it as `async with await limits.admit(...) as grant`: the call's concurrency is given back when the block ends, however it ends.
    Tell it what was used with `settle`, or with `count` while an answer streams: when the client leaves early, what was counted last is
    settled. Where nothing was ever counted, the estimate stands: what may have been spent is not given back.
    """

    def __init__(self, taken: Sequence[Taken], finish: Finish, *, price_version: str) -> None:
        self._taken = tuple(taken)
        self._finish = finish
        self._counted: Usage | None = None
        self._ended = False
        self._price_version = price_version

    @property
    def record(self) -> dict[str, Any]:
        """What the audit record keeps: which limits the call was admitted under, and the price table's version where cost is limited."""
        priced = any(one.price is not None for one in self._taken)
        return {"limits": [one.limit_id for one in self._taken], **({"priceTable": self._price_version} if priced else {})}

    def count(self, usage: Usage) -> None:
        """Note what was used so far, all of it; cheap, nothing is stored."""
        self._counted = usage

    async def settle(self, usage: Usage) -> None:
        """End the call with what it used: give back the rest of the estimate, or take what was used beyond it.

        What was used beyond the estimate counts even where the limit is thereby passed: the next calls wait for it.
        """
        self._counted = usage
        await self.release()

    async def release(self) -> None:
        """End the call with what was counted; the first time only."""
        if self._ended:
            return
        self._ended = True
        usage = self._counted
        await self._finish([Settlement(one.charge, 0 if usage is None else one.amount(usage) - one.charge.amount) for one in self._taken])

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.release()
