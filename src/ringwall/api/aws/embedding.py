"""What is done with texts that vectors are wanted for: admitted and judged as every question is, then handed to the model, masked.

Vectors are no text: they are not judged, and leave as they came. A text that is blocked gets none, and neither do those beside it.
"""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import msgspec

from ringwall.api.aws.asking import Admitted, admit, begin_keeping, latest_words, standing_record
from ringwall.api.aws.operation import Call
from ringwall.api.noting import note_answer, note_task, note_usage
from ringwall.errors import Bug, RingwallError
from ringwall.inference.errors import ContentBlocked
from ringwall.inference.gateway import Passed, Wanted
from ringwall.inference.limits import Usage
from ringwall.inference.prompts.errors import PromptNotKept
from ringwall.inference.prompts.keeping import Keeping
from ringwall.inference.upstreams.counting import Counted
from ringwall.inference.upstreams.embeddings import estimated_tokens, refuse_others
from ringwall.inference.upstreams.endpoints import Sent
from ringwall.wire.dialects.openai_embeddings import Embedded, EmbeddingQuestion


class Vectors(NamedTuple):
    """An answer, and the tokens that it cost."""

    embedded: Embedded
    input_tokens: int


class _Judged(NamedTuple):
    """A question that was admitted and judged, and the sealed record of it where the account keeps one."""

    admitted: Admitted
    passed: Passed
    keeping: Keeping | None


async def embed(call: Call, question: EmbeddingQuestion, wanted: Wanted | None, *, route: str) -> Vectors:
    """Return the vectors of a question's texts.

    Args:
        call: who asks.
        question: the texts, or token ids, which are refused under a guardrail.
        wanted: the guardrail that the request names.
        route: the endpoint it came by, as limits and web ACLs name it.

    Raises:
        ContentBlocked: a guardrail blocks a text. ContentRefused: token ids under a guardrail. EmbeddingsUnserved: no model of this kind.
    """
    note_task("embeddings")
    judged = await _judge(call, question, wanted, route)
    sent, ended = Sent(), "left"
    embedded: Embedded | None = None
    try:
        embedded = await _ask(call, question, judged, sent)
        ended = ""
    except RingwallError as error:
        ended = error.code
        raise
    except Exception:  # only to say so in the sealed record: it goes on to the face
        ended = Bug.code
        raise
    finally:
        counted = _count(question, embedded, sent)
        await _settle(call, judged, counted, ended)
    return Vectors(embedded, counted.input_tokens)


async def _judge(call: Call, question: EmbeddingQuestion, wanted: Wanted | None, route: str) -> _Judged:
    ask = question.ask
    admitted = await admit(call, ask, wanted, route=route, estimate=Usage(tokens_in=estimated_tokens(question)))
    try:
        refuse_others(admitted.place.address)
        passed = await call.rooms.gateway.judge(call.account_id, ask, admitted.guards)
        call.record.update(_record(passed))
        keeping = await begin_keeping(call, ask, passed, route)
    except BaseException:  # raised on: nothing was asked of a model, so nothing is used
        await admitted.grant.settle(Usage())
        raise
    call.record.update(standing_record(call, admitted.grant))
    return _Judged(admitted, passed, keeping)


def _record(passed: Passed) -> dict[str, Any]:
    return {"model": passed.ask.model, "dialect": passed.ask.dialect, "input": [judged.record for judged in passed.questions], "output": []}


async def _ask(call: Call, question: EmbeddingQuestion, judged: _Judged, sent: Sent) -> Embedded:
    if judged.passed.blocked is not None:
        raise ContentBlocked(judged.passed.blocked)
    notes = note_answer(Counted(input_tokens=0, output_tokens=0, estimated=False))
    given = msgspec.structs.replace(question, ask=judged.passed.ask)
    try:
        return await call.rooms.upstreams.embed(given, judged.admitted.place, sent)
    finally:
        notes.upstream_ended = time.monotonic()


def _count(question: EmbeddingQuestion, embedded: Embedded | None, sent: Sent) -> Counted:
    """Return what a question cost: what the upstream says, or an estimate where it may have thought and has not said."""
    if embedded is not None and embedded.input_tokens is not None:
        return Counted(input_tokens=embedded.input_tokens, output_tokens=0, estimated=False)
    return Counted(input_tokens=estimated_tokens(question) if sent.sent else 0, output_tokens=0, estimated=sent.sent)


async def _settle(call: Call, judged: _Judged, counted: Counted, ended: str) -> None:
    """Write down how it ended, whoever waits for that: limits, monitors, the sealed record, the audit record.

    Raises:
        PromptNotKept: the account's policy requires the texts to be kept, and they cannot be; where something else went wrong before,
            that is told instead.
    """
    _, _, grant, watched = judged.admitted
    note_usage(counted)
    if counted.input_tokens:
        call.record["usage"] = {"inputTokens": counted.input_tokens, "outputTokens": 0, "estimated": counted.estimated}
    await grant.settle(Usage(tokens_in=counted.input_tokens))
    if watched is not None:
        intervened = any(each.evaluation.outcome.action != "NONE" for each in judged.passed.questions)
        await watched.saw_text(latest_words(judged.passed.ask), intervened=intervened)
        call.record.update(watched.record)
    if judged.keeping is not None:
        try:
            call.record.update(await judged.keeping.finish((), ended=ended, released=not ended))
        except PromptNotKept:
            if not ended:
                raise
