"""A Valkey or Redis server that workers count together in: one client, scripts that run whole or not at all, failures of one kind."""

from __future__ import annotations

import importlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from ringwall.inference.limits.errors import LimitsUnavailable, SharedLimitsMissing

TIMEOUT_S = 1.0

Script = Callable[..., Awaitable[Any]]
"""A registered script: called with `keys` and `args`."""


class SharedServer:
    """One server, by its address.

    Raises:
        SharedLimitsMissing: the library for it is not installed.
    """

    def __init__(self, url: str, *, password: str | None = None, timeout_s: float = TIMEOUT_S) -> None:
        try:
            library = importlib.import_module("redis.asyncio")
            errors = importlib.import_module("redis.exceptions")
        except ModuleNotFoundError as error:
            raise SharedLimitsMissing(
                "counts are to be shared through Valkey or Redis, and the library `redis` is not installed"
            ) from error
        options = {} if password is None else {"password": password}
        self._client: Any = library.Redis.from_url(url, socket_timeout=timeout_s, socket_connect_timeout=timeout_s, **options)
        self._failures: tuple[type[BaseException], ...] = (errors.RedisError, OSError, TimeoutError)

    def script(self, source: str) -> Script:
        """Return a script, ready to be run."""
        registered: Script = self._client.register_script(source)
        return registered

    async def run(self, script: Script, keys: Sequence[str], arguments: Sequence[str | int]) -> Any:
        """Run a script.

        Raises:
            LimitsUnavailable: it is not known whether it ran.
        """
        try:
            return await script(keys=keys, args=arguments)
        except self._failures as error:
            raise LimitsUnavailable("the shared store of limits does not answer") from error

    async def ask(self, commands: Sequence[Sequence[str | int]]) -> list[Any]:
        """Send commands that only read, together, and return their answers.

        Raises:
            LimitsUnavailable: it does not answer.
        """
        try:
            async with self._client.pipeline(transaction=False) as pipeline:
                for command in commands:
                    pipeline.execute_command(*command)
                answers: list[Any] = await pipeline.execute()
                return answers
        except self._failures as error:
            raise LimitsUnavailable("the shared store of limits does not answer") from error

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()
