"""The links that answers pass because of their code: made for each answer by the account's policies, and for a text that is only tried."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import aclosing
from typing import Any

import msgspec

from ringwall.guardrails.code import ScannerAbsent
from ringwall.guardrails.code.config import CodePolicyConfig
from ringwall.inference.code_policies import CodePolicies, StandingCodePolicy
from ringwall.inference.code_scanners.scanning import CodeScanning
from ringwall.inference.gateway.batches import Batches
from ringwall.inference.gateway.code_guard import CodeGuard
from ringwall.inference.gateway.guarding import message_block
from ringwall.vocabulary import Limits
from ringwall.wire.dialects.model import BlockDelta, MessageStop


class CodeRun(msgspec.Struct, frozen=True, kw_only=True):
    """A text judged as an answer: what would leave, and the receipt."""

    output: str
    receipt: dict[str, Any]


class CodeGuards:
    """Makes the links that an answer passes. `policies` says which."""

    def __init__(self, policies: CodePolicies, scanning: CodeScanning, limits: Limits) -> None:
        self.policies = policies
        self._scanning = scanning
        self._limits = limits

    async def links(self, account_id: str, guardrail_ids: Iterable[str], *, hold: bool) -> tuple[CodeGuard, ...]:
        """Return a link for each policy that an answer stands under; none where none is configured.

        Args:
            account_id: who asks.
            guardrail_ids: the guardrails that the question stands under.
            hold: the answer does not stream.
        """
        standing = await self.policies.for_question(account_id, guardrail_ids)
        return tuple(CodeGuard(each, self._scanning, self._limits, hold=hold) for each in standing)

    def refuse_unreadable(self, config: CodePolicyConfig) -> None:
        """Refuse a policy that this installation could only block under.

        Raises:
            ScannerAbsent: what reads Python is not installed, and the policy is about Python, or about all languages.
        """
        missing = self._scanning.missing
        if missing is not None and (not config.languages or "python" in config.languages):
            raise ScannerAbsent(missing.message, remedy=missing.how_to_mend)

    async def run(self, standing: StandingCodePolicy, text: str) -> CodeRun:
        """Judge a text as an answer that does not stream; raises what a link raises."""
        link = CodeGuard(standing, self._scanning, self._limits, hold=True)
        async with aclosing(link.pass_on(_told(text))) as batches:
            output = "".join([event.text async for batch in batches for event in batch if isinstance(event, BlockDelta)])
        return CodeRun(output=output, receipt=link.record())

    def close(self) -> None:
        """End the scanners."""
        self._scanning.close()


async def _told(text: str) -> Batches:
    yield [*message_block(0, text), MessageStop("end_turn")]
