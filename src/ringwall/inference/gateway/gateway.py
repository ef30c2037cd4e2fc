"""One question on its way: judged, masked, asked of the upstream, and the answer judged on its way back.

A question may stand under several guardrails (the request's own and those the account enforces); all of them judge it, one after the other,
each what the one before let through. A question that one blocks is asked of nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import aclosing
from typing import Any, NamedTuple, Protocol, TypeVar

import msgspec

from ringwall.guardrails import Block, ContentRefused, Evaluation, evaluate, record, render
from ringwall.guardrails.assessment import outputs
from ringwall.guardrails.stream import Mode
from ringwall.inference.compiled import Ready
from ringwall.inference.gateway.batches import Batches
from ringwall.inference.gateway.code_guard import CodeGuard
from ringwall.inference.gateway.code_guards import CodeGuards
from ringwall.inference.gateway.code_receipt import NOT_CONFIGURED
from ringwall.inference.gateway.guarding import OutputGuard, message_block
from ringwall.inference.gateway.questions import masked, pieces_of, references_of
from ringwall.inference.gateway.unescaped import unescaped
from ringwall.inference.upstreams.answer import Answer
from ringwall.inference.upstreams.counting import Counted
from ringwall.inference.upstreams.models import Route
from ringwall.inference.workers import Workers
from ringwall.keys import Digester
from ringwall.vocabulary import Limits
from ringwall.wire.dialects.errors import Unmaskable
from ringwall.wire.dialects.model import Ask, MessageStart, MessageStop, Usage
from ringwall.wire.dialects.texts import unjudged

_Result = TypeVar("_Result")


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
    latency_ms: int
    record: dict[str, Any]

    def assessment(self) -> dict[str, Any]:
        """Return what was found, in the words of GuardrailAssessment: made when somebody asks to see it."""
        return render(self.evaluation, self.guard.ready.applied, scope="INTERVENTIONS", latency_ms=self.latency_ms)["assessments"][0]  # type: ignore[no-any-return]


class Passed(NamedTuple):
    """What became of a question: masked as the guardrails have it, or blocked, with the message that the policy has for that."""

    ask: Ask
    questions: tuple[Judged, ...]
    blocked: str | None = None


class Asks(Protocol):
    """What stands behind the gateway."""

    def call(self, ask: Ask, route: Route) -> Answer:
        """Ask an upstream; yields the answer's events. Raises what the upstream's failures are typed as."""
        ...


class Answering:
    """An answer that is coming.

    questions: what each guardrail said of the question, in order; the last one may have blocked it.
    answers: what each said of the answer; filled when `batches` has ended.
    code: what scans the answer's code, policy by policy; none where the account has none.
    counted: the tokens that the answer cost by now, released or not, as the upstream says or an estimate; None where none was asked.
    """

    def __init__(
        self,
        ask: Ask,
        questions: tuple[Judged, ...],
        batches: Batches,
        judged: Callable[[], tuple[Judged, ...]] = tuple,
        said: Answer | None = None,
        code: tuple[CodeGuard, ...] = (),
    ) -> None:
        self.ask = ask
        self.code = code
        self.questions = questions
        self.answers: tuple[Judged, ...] = ()
        self._batches = batches
        self._judged = judged
        self._said = said

    @property
    def counted(self) -> Counted | None:
        """The tokens that the answer cost by now."""
        return None if self._said is None else self._said.counted

    @property
    def code_reason(self) -> str:
        """What was done about the answer's code by now, in a sentence for each policy; "" where nothing was."""
        return " ".join([said for link in self.code if (said := link.reason())])

    async def batches(self) -> Batches:
        """Yield the events that may leave, once; the last one says what the answer cost."""
        told = False
        async with aclosing(self._batches) as batches:
            try:
                async for batch in batches:
                    told = told or any(isinstance(event, Usage) for event in batch)
                    yield batch
            finally:
                self.answers = self._judged()
        if not told:  # the guardrail ended the answer, or the upstream does not say
            counted = self.counted
            yield [Usage(0, 0) if counted is None else Usage(counted.input_tokens, counted.output_tokens)]

    def record(self) -> dict[str, Any]:
        """Return what the audit record keeps of question and answer so far: no text."""
        kept: dict[str, Any] = {
            "model": self.ask.model,
            "dialect": self.ask.dialect,
            "stream": self.ask.stream,
            "input": [judged.record for judged in self.questions],
            "output": [judged.record for judged in self.answers],
            "code": {"configured": True, "runs": [link.record() for link in self.code]} if self.code else NOT_CONFIGURED,
        }
        counted = self.counted
        if counted is not None:
            kept["usage"] = {
                "inputTokens": counted.input_tokens,
                "outputTokens": counted.output_tokens,
                "estimated": counted.estimated,
            }
        return kept


class Gateway:
    """Stands between applications and models. `code`: what scans the code in answers; None: nothing does."""

    def __init__(self, upstreams: Asks, *, workers: Workers, keys: Digester, limits: Limits, code: CodeGuards | None = None) -> None:
        self._upstreams = upstreams
        self.code = code
        self._workers = workers
        self._keys = keys
        self._limits = limits

    async def open(self, account_id: str, ask: Ask, route: Route, guards: Sequence[Guard]) -> Answering:
        """Judge a question; nothing is asked of a model before the answer is.

        Args:
            account_id: who asks.
            ask: the question.
            route: where its model leads.
            guards: what it stands under.

        Raises:
            ContentRefused: the question holds what no guardrail of ours judges (images, audio), and stands under one.
            LimitExceeded: it is larger than the limits.
            ScansWaiting: too much waits already.
        """
        links = await self._links(account_id, guards, hold=not ask.stream)
        passed = await self.judge(account_id, ask, guards)
        if passed.blocked is not None:
            return Answering(passed.ask, passed.questions, _canned(passed.ask, passed.blocked), code=links)
        return self._answering(account_id, passed, route, guards, links)

    async def judge(self, account_id: str, ask: Ask, guards: Sequence[Guard]) -> Passed:
        """Judge a question by every guardrail that it stands under, each what the one before let through; raises what `open` raises."""
        if guards:
            _refuse_unjudged(ask)
        questions: list[Judged] = []
        for guard in guards:
            judged, ask = await self._question(account_id, guard, ask)
            questions.append(judged)
            if judged.evaluation.outcome.action == "BLOCK":
                return Passed(ask, tuple(questions), guard.ready.guardrail.blocked_message("INPUT"))
        return Passed(ask, tuple(questions))

    async def _links(self, account_id: str, guards: Sequence[Guard], *, hold: bool) -> tuple[CodeGuard, ...]:
        if self.code is None:
            return ()
        return await self.code.links(account_id, [guard.ready.applied.guardrail_id for guard in guards], hold=hold)

    def _answering(self, account_id: str, passed: Passed, route: Route, guards: Sequence[Guard], links: tuple[CodeGuard, ...]) -> Answering:
        ask = passed.ask
        passing: list[tuple[Guard, OutputGuard]] = []
        said = self._upstreams.call(ask, route)
        batches = said.batches
        references = references_of(ask)
        for guard in guards:
            output = OutputGuard(
                guard.ready,
                self._limits,
                self._run,
                mode=guard.mode,
                hold=not ask.stream,
                references=references,
                tools=[tool.name for tool in ask.tools],
            )
            passing.append((guard, output))
            batches = output.pass_on(batches)
        for link in links:  # behind the guardrails: what they mask is scanned as it leaves
            batches = link.pass_on(batches)

        def judged() -> tuple[Judged, ...]:
            return tuple(self._judged(account_id, guard, output.evaluation) for guard, output in passing if output.evaluation is not None)

        return Answering(ask, passed.questions, batches, judged, said, links)

    async def _question(self, account_id: str, guard: Guard, ask: Ask) -> tuple[Judged, Ask]:
        pieces = pieces_of(ask, guard)
        blocks = [piece.block for piece in pieces]
        evaluation, latency_ms = await self._evaluated(guard, blocks)
        judged = self._judged(account_id, guard, evaluation, latency_ms)
        if evaluation.outcome.action == "BLOCK":
            return judged, ask
        changed = dict(zip(evaluation.guarded, outputs(evaluation), strict=True)) if evaluation.outcome.action == "ANONYMIZE" else {}
        hidden = await self._decoded(account_id, guard, [(blocks[each], changed.get(each, "")) for each in evaluation.guarded])
        if hidden is not None:
            return hidden, ask
        return judged, masked(ask, pieces, changed) if changed else ask

    async def _decoded(self, account_id: str, guard: Guard, said: Sequence[tuple[Block, str]]) -> Judged | None:
        """Judge what JSON texts say once they are decoded, of each block as it goes on; return what blocks it, if anything does.

        Raises:
            Unmaskable: something in them would have to be masked.
        """
        blocks = [Block(text, block.qualifiers, block.origin) for block, changed in said if (text := unescaped(changed or block.text))]
        if not blocks:
            return None
        evaluation, latency_ms = await self._evaluated(guard, blocks)
        if evaluation.outcome.action == "ANONYMIZE":
            raise Unmaskable("a JSON text holds, behind escapes, what is to be masked")
        return self._judged(account_id, guard, evaluation, latency_ms) if evaluation.outcome.action == "BLOCK" else None

    async def _evaluated(self, guard: Guard, blocks: Sequence[Block]) -> tuple[Evaluation, int]:
        """Evaluate what a question says; return what was found, and the milliseconds it took."""
        guardrail = guard.ready.guardrail
        weight = guardrail.plans["INPUT"].weight(sum(len(block.text) for block in blocks))
        return await self._workers.run(weight, lambda: evaluate(guardrail, "INPUT", blocks, self._limits))

    def _judged(self, account_id: str, guard: Guard, evaluation: Evaluation, latency_ms: int = 0) -> Judged:
        kept = record(evaluation, guard.ready.applied, lambda data: self._keys.digest(account_id, data))
        return Judged(guard=guard, evaluation=evaluation, latency_ms=latency_ms, record=kept)

    async def _run(self, characters: int, work: Callable[[], _Result]) -> _Result:
        done, _ = await self._workers.run(characters, work)
        return done


def _refuse_unjudged(ask: Ask) -> None:
    for part in unjudged(ask):
        raise ContentRefused(
            f"the question holds content of the kind {part.kind}, which no guardrail of ringwall judges",
            remedy="send text only, or ask without a guardrail where the account enforces none",
        )


async def _canned(ask: Ask, message: str) -> Batches:
    yield [MessageStart("", ask.model), *message_block(0, message), MessageStop("guardrail_intervened"), Usage(0, 0)]
