"""One question on its way: judged, masked, asked of the upstream, and the answer judged on its way back.

A question may stand under several guardrails (the request's own and those the account enforces); all of them judge it, one after the other,
each what the one before let through. A question that one blocks is asked of nobody.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Any, Protocol

import msgspec

from ringwall.guardrails import Block, ContentRefused, Evaluation, evaluate, record, render
from ringwall.guardrails.assessment import outputs
from ringwall.guardrails.stream import Ended, Mode, Stopped, Stream
from ringwall.inference.compiled import Ready
from ringwall.inference.gateway.guarding import OutputGuard, message_block
from ringwall.inference.upstreams import Route
from ringwall.inference.workers import Workers
from ringwall.keys import Digester
from ringwall.vocabulary import Limits
from ringwall.wire.dialects.model import Ask, BlockDelta, Event, MessageStart, MessageStop, Text, Usage
from ringwall.wire.dialects.texts import judged_texts, replace_texts, unjudged

_TOKEN_CHARS = 4  # of English, on average; only where no upstream says


class Guard(msgspec.Struct, frozen=True, kw_only=True):
    """One guardrail that a question stands under.

    mode: how its answers stream.
    every_turn, system: judge all turns, or system prompts too, whatever the application marked: an enforced guardrail says so.
    """

    ready: Ready
    mode: Mode = "sync"
    every_turn: bool = False
    system: bool = False


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """The guardrail that a request names: an id or ARN, DRAFT or a number, and how its answers stream."""

    identifier: str
    version: str
    mode: Mode = "sync"


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What one guardrail said of a question or an answer. `record` holds no text."""

    guard: Guard
    evaluation: Evaluation
    assessment: dict[str, Any]
    record: dict[str, Any]


class Models(Protocol):
    """The table of models."""

    async def find(self, account_id: str, name: str) -> Route:
        """Return where a model's name leads. Raises ModelNotFound."""
        ...


class Asks(Protocol):
    """What stands behind the gateway."""

    @property
    def models(self) -> Models:
        """The table of models."""
        ...

    def call(self, ask: Ask, route: Route) -> AsyncGenerator[Event, None]:
        """Ask an upstream; yields the answer's events. Raises what the upstream's failures are typed as."""
        ...


class Answering:
    """An answer that is coming.

    questions: what each guardrail said of the question, in order; the last one may have blocked it.
    answers: what each said of the answer; filled when `events` has ended.
    usage: what the upstream said it cost, or an estimate (`usage_estimated`) where the answer ended before it could; None before.
    """

    def __init__(
        self, ask: Ask, questions: tuple[Judged, ...], events: AsyncGenerator[Event, None], close: Callable[[], tuple[Judged, ...]]
    ) -> None:
        self.ask = ask
        self.questions = questions
        self.answers: tuple[Judged, ...] = ()
        self.usage: Usage | None = None
        self.usage_estimated = False
        self._characters = 0
        self._events = events
        self._close = close

    @property
    def blocked(self) -> bool:
        """Say whether the question was blocked, so that no model saw it."""
        return any(judged.evaluation.outcome.action == "BLOCK" for judged in self.questions)

    async def events(self) -> AsyncGenerator[Event, None]:
        """Yield what may leave, once."""
        async with aclosing(self._events) as events:
            try:
                async for event in events:
                    if isinstance(event, Usage):
                        self.usage = event
                    elif isinstance(event, BlockDelta):
                        self._characters += len(event.text)
                    yield event
                if self.usage is None:  # the guardrail ended the answer before the upstream could say
                    yield self._estimate()
            finally:
                self.answers = self._close()
                self.usage = self.usage or self._estimate()

    def _estimate(self) -> Usage:
        self.usage_estimated = True
        self.usage = Usage(sum(len(text.text) for text in judged_texts(self.ask)) // _TOKEN_CHARS, self._characters // _TOKEN_CHARS)
        return self.usage

    def record(self) -> dict[str, Any]:
        """Return what the audit record keeps of question and answer so far: no text."""
        kept: dict[str, Any] = {
            "model": self.ask.model,
            "dialect": self.ask.dialect,
            "stream": self.ask.stream,
            "input": [judged.record for judged in self.questions],
            "output": [judged.record for judged in self.answers],
        }
        if self.usage is not None:
            kept["usage"] = {
                "inputTokens": self.usage.input_tokens,
                "outputTokens": self.usage.output_tokens,
                "estimated": self.usage_estimated,
            }
        return kept


class Gateway:
    """Stands between applications and models."""

    def __init__(self, upstreams: Asks, *, workers: Workers, keys: Digester, limits: Limits) -> None:
        self._upstreams = upstreams
        self._workers = workers
        self._keys = keys
        self._limits = limits

    async def open(self, account_id: str, ask: Ask, guards: Sequence[Guard]) -> Answering:
        """Judge a question; nothing is asked of a model before the answer's events are.

        Raises:
            ModelNotFound: nobody named the model; the question is not looked at, and its words for the model go into no record.
            ContentRefused: the question holds what no guardrail of ours judges (images, audio), and stands under one.
            LimitExceeded: it is larger than the limits.
            ScansWaiting: too much waits already.
        """
        route = await self._upstreams.models.find(account_id, ask.model)
        if guards:
            _refuse_unjudged(ask)
        questions: list[Judged] = []
        for guard in guards:
            judged, ask = await self._question(account_id, guard, ask)
            questions.append(judged)
            if judged.evaluation.outcome.action == "BLOCK":
                message = guard.ready.guardrail.blocked_message("INPUT")
                return Answering(ask, tuple(questions), _canned(ask, message), tuple)
        return self._answering(account_id, ask, route, guards, tuple(questions))

    def _answering(self, account_id: str, ask: Ask, route: Route, guards: Sequence[Guard], questions: tuple[Judged, ...]) -> Answering:
        passing: list[tuple[Guard, OutputGuard]] = []
        events: AsyncGenerator[Event, None] = self._upstreams.call(ask, route)
        references = tuple(Block(text.text, text.qualifiers) for text in judged_texts(ask) if text.qualifiers & _REFERENCE)
        for guard in guards:
            output = OutputGuard(guard.ready, self._limits, self._finish, mode=guard.mode, references=references)
            passing.append((guard, output))
            events = output.pass_on(events)

        def close() -> tuple[Judged, ...]:
            return tuple(self._judged(account_id, guard, output.evaluation) for guard, output in passing if output.evaluation is not None)

        return Answering(ask, questions, events, close)

    async def _question(self, account_id: str, guard: Guard, ask: Ask) -> tuple[Judged, Ask]:
        texts = _guarded_texts(ask, guard)
        marked = _REFERENCE if guard.every_turn else _MARKS
        blocks = [Block(text.text, text.qualifiers & marked) for _, text in texts]
        weight = sum(len(block.text) for block in blocks)
        evaluation, latency_ms = await self._workers.run(weight, lambda: evaluate(guard.ready.guardrail, "INPUT", blocks, self._limits))
        judged = self._judged(account_id, guard, evaluation, latency_ms)
        if evaluation.outcome.action != "ANONYMIZE":
            return judged, ask
        guarded = [texts[position][0] for position in evaluation.guarded]
        return judged, replace_texts(ask, dict(zip(guarded, outputs(evaluation), strict=True)))

    def _judged(self, account_id: str, guard: Guard, evaluation: Evaluation, latency_ms: int = 0) -> Judged:
        applied = guard.ready.applied
        return Judged(
            guard=guard,
            evaluation=evaluation,
            assessment=render(evaluation, applied, scope="INTERVENTIONS", latency_ms=latency_ms)["assessments"][0],
            record=record(evaluation, applied, lambda data: self._keys.digest(account_id, data)),
        )

    async def _finish(self, stream: Stream) -> Stopped | Ended:
        finished, _ = await self._workers.run(stream.characters, stream.finish)
        return finished


_REFERENCE = frozenset({"grounding_source", "query"})
_MARKS = _REFERENCE | {"guard_content"}


_UNASKED = frozenset({"system", "definition"})  # the application's own words


def _guarded_texts(ask: Ask, guard: Guard) -> list[tuple[int, Text]]:
    """Return what is given to a guardrail, each text with its index: every turn, and what else the application marked.

    Source: Amazon Bedrock user guide, "Use a guardrail with the Converse API": system prompts are judged where they are marked.
    """
    left_out = _UNASKED - {"system"} if guard.system else _UNASKED
    return [(index, text) for index, text in enumerate(judged_texts(ask)) if text.qualifiers or text.origin not in left_out]


def _refuse_unjudged(ask: Ask) -> None:
    for part in unjudged(ask):
        raise ContentRefused(
            f"the question holds content of the kind {part.kind}, which no guardrail of ringwall judges",
            remedy="send text only, or ask without a guardrail where the account enforces none",
        )


async def _canned(ask: Ask, message: str) -> AsyncGenerator[Event, None]:
    yield MessageStart("", ask.model)
    for event in message_block(0, message):
        yield event
    yield MessageStop("guardrail_intervened")
    yield Usage(0, 0)
