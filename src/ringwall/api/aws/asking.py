"""What every face does with a question for a model: limits, guardrails, the answer's events, and the record of how it ended."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import msgspec

from ringwall.api.aws.operation import Call
from ringwall.inference.gateway import Answering, Wanted
from ringwall.inference.limits import Grant, Subject, Usage
from ringwall.wire.dialects.model import Ask, Event, MessageStop
from ringwall.wire.dialects.model import Usage as AnswerUsage
from ringwall.wire.dialects.texts import judged_texts

ANSWER_TOKENS = 4096
"""What an answer is taken to cost before it is known, where the question sets no limit."""
_TOKEN_CHARS = 4


class Asked(msgspec.Struct, frozen=True):
    """A question that was admitted and judged; take its answer once, whole or as it comes. `answering` says what was decided."""

    call: Call
    answering: Answering
    grant: Grant

    async def whole(self) -> list[Event]:
        """Return every event of the answer."""
        try:
            async with aclosing(self.answering.events()) as events:
                whole = [event async for event in events]
        finally:
            await self._settle_limits()
        self.call.record.update(self.answering.record())
        return whole

    async def streamed(self) -> AsyncGenerator[Event, None]:
        """Yield the answer's events; the last ones after the record of how it ended, which is written also when the client leaves."""
        last: list[Event] = []
        settled = False
        try:
            async with aclosing(self.answering.events()) as events:
                async for event in events:
                    if isinstance(event, MessageStop | AnswerUsage):
                        last.append(event)
                    else:
                        yield event
            settled = True
            await self._settle()
            for event in last:
                yield event
        finally:
            if not settled:
                await asyncio.shield(self._settle())

    async def _settle(self) -> None:
        await self._settle_limits()
        assert self.call.settle is not None
        await self.call.settle(self.answering.record())

    async def _settle_limits(self) -> None:
        used = self.answering.usage
        if self.answering.blocked:
            await self.grant.settle(Usage())
        elif used is None:
            await self.grant.release()
        else:
            await self.grant.settle(Usage(tokens_in=used.input_tokens, tokens_out=used.output_tokens))


def model_resource(call: Call, model: str) -> Sequence[str]:
    """Return the ARN a model's name stands for, as IAM policies name it (service authorization reference, `foundation-model`)."""
    return (model,) if model.startswith("arn:") else (f"arn:aws:bedrock:{call.region}::foundation-model/{model}",)


async def open_answer(call: Call, ask: Ask, wanted: Wanted | None, *, route: str) -> Asked:
    """Admit a question under the account's limits and judge it under every guardrail it stands under.

    Args:
        call: who asks.
        ask: the question.
        wanted: the guardrail that the request names.
        route: the endpoint it came by, as limits and web ACLs name it.

    No model is asked before the answer's events are.
    """
    subject = Subject(account_id=call.account_id, key_id=call.principal.access_key_id, model_id=ask.model, route=route)
    grant = await call.rooms.budgets.admit(subject, _estimate(ask))
    try:
        guards = await call.rooms.guardrails.guards(call.account_id, ask.model, wanted)
        answering = await call.rooms.gateway.open(call.account_id, ask, guards)
    except BaseException:  # raised on: nothing was asked of a model, so nothing is used
        await grant.settle(Usage())
        raise
    call.record.update(answering.record())
    call.record.update(grant.record)
    return Asked(call, answering, grant)


def _estimate(ask: Ask) -> Usage:
    characters = sum(len(text.text) for text in judged_texts(ask))
    return Usage(tokens_in=-(-characters // _TOKEN_CHARS), tokens_out=ask.sampling.max_tokens or ANSWER_TOKENS)
