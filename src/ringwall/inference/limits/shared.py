"""Limits counted in Valkey or Redis, by all workers together: one atomic script for each decision.

The arithmetic is that of `counting.py` (tests hold the two against each other). Every hold has a key of its own; a hold that was taken is
not taken again, and one that was ended is not ended again, so whatever got lost on the way may be repeated. Keys end by themselves when
nothing of them counts any more. The server must not evict keys (`maxmemory-policy noeviction`, the default): an evicted key is a fresh
budget.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import Any

from ringwall.inference.limits.charge import Charge, Refused, Settlement, Shape
from ringwall.inference.limits.counting import Bucket, Window
from ringwall.inference.limits.server import TIMEOUT_S, Script, SharedServer

LEASE_MS = 60_000
"""A worker that dies leaves its calls counted as under way this long; one that lives renews them (`limits.py`)."""
HOLD_MS = 4 * 3_600_000
"""What a call took can be settled this long after; a call takes two hours at most (`upstreams/row.py`), and its reader some more."""
_RENEWED_AT_ONCE = 500
PREFIX = "ringwall:limits"


class SharedStore:
    """The store of all workers."""

    def __init__(self, url: str, *, password: str | None = None, timeout_s: float = TIMEOUT_S, lease_ms: int = LEASE_MS) -> None:
        self._server = SharedServer(url, password=password, timeout_s=timeout_s)
        self._lease_ms = lease_ms
        folder = files("ringwall.inference.limits")
        shared = folder.joinpath("shared.lua.txt").read_text("utf-8")
        take, rest = shared.split("-- settle --\n")
        settle, renew = rest.split("-- renew --\n")
        self._take, self._settle, self._renew = (self._server.script(part) for part in (take, settle, renew))

    async def take(self, hold: str, charges: Sequence[Charge], now_ms: int) -> Refused | None:
        """Take all charges, or say which does not fit."""
        arguments: list[str | int] = [now_ms, self._lease_ms, hold, HOLD_MS]
        for charge in charges:
            arguments += [charge.shape, charge.limit, charge.capacity, charge.period_ms, charge.amount]
        index, wait_ms = await self._call(self._take, hold, charges, arguments)
        return None if index == 0 else Refused(index - 1, wait_ms)

    async def settle(self, hold: str, settlements: Sequence[Settlement], taken_ms: int, now_ms: int) -> None:
        """Correct what a hold took and end it, once."""
        arguments: list[str | int] = [now_ms, taken_ms, hold]
        for one in settlements:
            arguments += [one.charge.shape, one.charge.limit, one.charge.period_ms, one.difference]
        await self._call(self._settle, hold, [one.charge for one in settlements], arguments)

    async def renew(self, calls: Sequence[tuple[str, Charge]], now_ms: int) -> None:
        """Let calls under way count for another lease."""
        for start in range(0, len(calls), _RENEWED_AT_ONCE):
            some = calls[start : start + _RENEWED_AT_ONCE]
            await self._server.run(self._renew, [_key(charge) for _, charge in some], [now_ms, self._lease_ms, *(hold for hold, _ in some)])

    async def levels(self, charges: Sequence[Charge], now_ms: int) -> Sequence[int]:
        """Return how much of each charge's subject is used now."""
        if not charges:
            return []
        answers = await self._server.ask([_READ[charge.shape](_key(charge), now_ms) for charge in charges])
        return [_level(charge, answer, now_ms) for charge, answer in zip(charges, answers, strict=True)]

    async def close(self) -> None:
        """Close the connections."""
        await self._server.close()

    async def _call(self, script: Script, hold: str, charges: Sequence[Charge], arguments: list[str | int]) -> Any:
        return await self._server.run(script, [f"{PREFIX}:hold:{hold}", *map(_key, charges)], arguments)


def _key(charge: Charge) -> str:
    return f"{PREFIX}:{charge.table}:{charge.subject}"


_READ: dict[Shape, Callable[[str, int], tuple[str | int, ...]]] = {
    "bucket": lambda key, _: ("HMGET", key, "used", "at"),
    "window": lambda key, _: ("HGETALL", key),
    "held": lambda key, now_ms: ("ZCOUNT", key, f"({now_ms}", "+inf"),
}
"""By shape, the command that reads what the scripts have written."""


def _level(charge: Charge, answer: Any, now_ms: int) -> int:
    if charge.shape == "held":
        return int(answer)
    if charge.shape == "bucket":
        used, at_ms = (int(value or 0) for value in answer)
        return Bucket(used, at_ms).level(charge, now_ms)
    members = {name: int(value) for name, value in answer.items()}
    last = members.pop(b"last", 0)
    return Window({int(slot): amount for slot, amount in members.items()}, last).level(charge, now_ms)
