"""Compiled guardrails, kept by account, id, version and revision; a bounded cache that storage's generation number keeps honest.

What an account wants of the learned watch is part of what was compiled: other thresholds or another model, and it is compiled again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from ringwall.guardrails import Applied, Guardrail, GuardrailConfig
from ringwall.inference.catalogue import Found
from ringwall.inference.kept import KeptReads
from ringwall.inference.watch_thresholds import Watch
from ringwall.storage import Storage

KEPT = 64  # compiled guardrails; one with 10,000 words holds a few megabytes of automaton


class Ready(NamedTuple):
    """A guardrail that can run, and the resource it was compiled from."""

    guardrail: Guardrail
    applied: Applied


class _Compiled(NamedTuple):
    revision: int
    watch: Watch
    ready: Ready


class CompiledGuardrails:
    """Finds guardrails ready to run.

    Rules it upholds: no answer comes from a configuration older than storage's last committed change (ports.py says how late a change by
    another process is seen); a guardrail that was deleted is not found, whatever is kept here.
    """

    def __init__(
        self,
        storage: Storage,
        *,
        find: Callable[[str, str, str | None], Awaitable[Found]],
        arn: Callable[[str, str], str],
        watch: Callable[[str], Awaitable[Watch]],
        compile_config: Callable[[GuardrailConfig, Watch], Awaitable[Guardrail]],
        kept: int = KEPT,
    ) -> None:
        self._find = find
        self._arn = arn
        self._watch = watch
        self._compile = compile_config
        self._kept = KeptReads(storage.generation, self._read, most=kept)

    def at_hand(self, account_id: str, identifier: str, version: str) -> Guardrail | None:
        """Return what was compiled last for a guardrail, whether or not it is still so."""
        kept = self._kept.at_hand((account_id, identifier, version))
        return kept.ready.guardrail if kept is not None else None

    async def ready(self, account_id: str, identifier: str, version: str) -> Ready:
        """Return a guardrail's DRAFT or version, compiled.

        Args:
            account_id: the tenant.
            identifier: the guardrail's id (not an ARN, so that a guardrail is kept once).
            version: DRAFT or a number.

        Raises:
            GuardrailNotFound: there is none.
        """
        return (await self._kept.get((account_id, identifier, version))).ready

    async def _read(self, key: tuple[str, str, str]) -> _Compiled:
        account_id, identifier, version = key
        kept = self._kept.at_hand(key)
        found = await self._find(account_id, identifier, version)
        watch = await self._watch(account_id)
        if kept is not None and kept.revision == found.revision and kept.watch == watch:
            return kept
        applied = Applied(guardrail_id=found.stored.id, version=version, arn=self._arn(account_id, found.stored.id))
        return _Compiled(found.revision, watch, Ready(await self._compile(found.stored.config, watch), applied))
