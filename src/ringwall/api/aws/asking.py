"""What every face does with a question for a model: find its guardrails, open the answer, hand out its events, record how it ended."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from ringwall.api.aws.operation import Call
from ringwall.inference.gateway import Answering, Wanted
from ringwall.wire.dialects.model import Ask, Event, MessageStop, Usage


def model_resource(call: Call, model: str) -> Sequence[str]:
    """Return the ARN a model's name stands for, as IAM policies name it (service authorization reference, `foundation-model`)."""
    return (model,) if model.startswith("arn:") else (f"arn:aws:bedrock:{call.region}::foundation-model/{model}",)


async def open_answer(call: Call, ask: Ask, wanted: Wanted | None) -> Answering:
    """Judge a question under every guardrail it stands under; no model is asked before the answer's events are."""
    guards = await call.rooms.guardrails.guards(call.account_id, ask.model, wanted)
    answering = await call.rooms.gateway.open(call.account_id, ask, guards)
    call.record.update(answering.record())
    return answering


async def whole_answer(call: Call, answering: Answering) -> list[Event]:
    """Return every event of an answer that does not stream."""
    async with aclosing(answering.events()) as events:
        whole = [event async for event in events]
    call.record.update(answering.record())
    return whole


async def streamed_answer(call: Call, answering: Answering) -> AsyncGenerator[Event, None]:
    """Yield an answer's events; the last ones after the record of how it ended, which is written also when the client leaves."""
    last: list[Event] = []
    settled = False
    try:
        async with aclosing(answering.events()) as events:
            async for event in events:
                if isinstance(event, MessageStop | Usage):
                    last.append(event)
                else:
                    yield event
        settled = True
        await _settle(call, answering)
        for event in last:
            yield event
    finally:
        if not settled:
            await asyncio.shield(_settle(call, answering))


async def _settle(call: Call, answering: Answering) -> None:
    assert call.settle is not None
    await call.settle(answering.record())
