"""Limits counted in Valkey or Redis, by all workers together: one atomic script for each decision.

The arithmetic is that of `counting.py` (tests hold the two against each other). Every hold has a key of its own; a hold that was taken is
not taken again, and one that was ended is not ended again, so whatever got lost on the way may be repeated. Keys end by themselves when
nothing of them counts any more. The server must not evict keys (`maxmemory-policy noeviction`, the default): an evicted key is a fresh
budget.
"""

from __future__ import annotations

import importlib
from collections.abc import Awaitable, Callable, Sequence
from importlib.resources import files
from typing import Any

from ringwall.inference.limits.charge import Charge, Refused, Settlement
from ringwall.inference.limits.errors import LimitsUnavailable, SharedLimitsMissing

LEASE_MS = 3_600_000  # a worker that dies leaves its calls counted this long; a longer call is not counted any more
TIMEOUT_S = 1.0
PREFIX = "ringwall:limits"

_Script = Callable[..., Awaitable[Any]]


class SharedStore:
    """The store of all workers."""

    def __init__(self, url: str, *, password: str | None = None, timeout_s: float = TIMEOUT_S, lease_ms: int = LEASE_MS) -> None:
        try:
            library = importlib.import_module("redis.asyncio")
            errors = importlib.import_module("redis.exceptions")
        except ModuleNotFoundError as error:
            raise SharedLimitsMissing(
                "limits are to be shared through Valkey or Redis, and the library `redis` is not installed"
            ) from error
        options = {} if password is None else {"password": password}
        self._client: Any = library.Redis.from_url(url, socket_timeout=timeout_s, socket_connect_timeout=timeout_s, **options)
        self._failures: tuple[type[BaseException], ...] = (errors.RedisError, OSError, TimeoutError)
        self._lease_ms = lease_ms
        folder = files("ringwall.inference.limits")
        shared = folder.joinpath("shared.lua.txt").read_text("utf-8")
        self._take, self._settle = (self._client.register_script(part) for part in shared.split("-- settle --\n"))

    async def take(self, hold: str, charges: Sequence[Charge], now_ms: int) -> Refused | None:
        """Take all charges, or say which does not fit."""
        arguments: list[str | int] = [now_ms, self._lease_ms, hold]
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

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _call(self, script: _Script, hold: str, charges: Sequence[Charge], arguments: list[str | int]) -> Any:
        keys = [f"{PREFIX}:hold:{hold}", *(f"{PREFIX}:{charge.table}:{charge.subject}" for charge in charges)]
        try:
            return await script(keys=keys, args=arguments)
        except self._failures as error:
            raise LimitsUnavailable("the shared store of limits does not answer") from error
