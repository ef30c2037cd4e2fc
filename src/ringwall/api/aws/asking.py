"""What every face does with a question for a model: limits, guardrails, the answer's events, and the record of how it ended."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import aclosing
from typing import Any, NamedTuple

import msgspec

from ringwall.api.aws.operation import Call
from ringwall.api.noting import note_answer, note_model, note_usage
from ringwall.errors import Bug, RingwallError
from ringwall.inference.gateway import Answering, Guard, Passed, Wanted
from ringwall.inference.gateway.batches import Batches
from ringwall.inference.limits import Grant, Subject, Usage, counted_key
from ringwall.inference.monitors import Watched
from ringwall.inference.prompts.errors import PromptNotKept
from ringwall.inference.prompts.keeping import Keeping
from ringwall.inference.prompts.prompts import Who
from ringwall.inference.upstreams.models import Route, is_model_name
from ringwall.telemetry import Notes
from ringwall.vocabulary.principal import KeyGuardrail
from ringwall.wire.dialects.model import Ask, BlockDelta, Event, MessageStop, Text
from ringwall.wire.dialects.model import Usage as AnswerUsage
from ringwall.wire.dialects.texts import judged_texts

ANSWER_TOKENS = 4096
"""What an answer is taken to cost before it is known, where the question sets no limit."""
_TOKEN_CHARS = 4
APPLY_GUARDRAIL = "bedrock:ApplyGuardrail"


class Asked(msgspec.Struct, frozen=True):
    """A question that was admitted and judged; take its answer once, whole or as it comes.

    answering: says what was decided. keeping: the sealed record of question and answer, where the account keeps them.
    """

    call: Call
    answering: Answering
    grant: Grant
    watched: Watched | None = None
    keeping: Keeping | None = None

    async def whole(self) -> list[Event]:
        """Return every event of the answer."""
        notes = note_answer(self.answering.counted)
        ended, taken = "left", list[Event]()
        try:
            async with aclosing(self.answering.batches()) as batches:
                taken = [event async for batch in batches for event in batch]
            notes.finish = next((event.reason for event in reversed(taken) if isinstance(event, MessageStop)), "")
            ended = ""
        except RingwallError as error:
            ended = error.code
            raise
        except Exception:  # only to say so in the sealed record: it goes on to the face
            ended = Bug.code
            raise
        finally:
            notes.upstream_ended = time.monotonic()
            self.call.record.update(self.answering.record())
            await self._settle_limits(ended)
            self.call.record.update(await self._counted())
            if self.keeping is not None:
                await self._keep(self.keeping, taken, ended)
        return taken

    async def _keep(self, keeping: Keeping, taken: list[Event], ended: str) -> None:
        """Seal a whole answer; the failure that kept it from being one, if there was one, is more worth telling than this one's."""
        for event in taken:
            keeping.note(event)
        try:
            self.call.record.update(await keeping.finish(self.answering.answers, ended=ended, released=not ended))
        except PromptNotKept:
            if not ended:
                raise

    async def streamed(self) -> Batches:
        """Yield the answer's events, those together that may leave together; the last ones after the record of how it ended, which is
        written however it ends.
        """
        last: list[Event] = []
        ended = "left"
        notes = note_answer(self.answering.counted)
        try:
            async with aclosing(self.answering.batches()) as batches:
                async for batch in batches:
                    now, ending = self._parted(batch, notes)
                    last += ending
                    if now:
                        yield now
            ended = ""
        except RingwallError as error:
            ended = error.code
            raise
        except Exception:  # only to say so in the record: it goes on to the face
            ended = Bug.code
            raise
        finally:
            notes.upstream_ended, notes.ended = time.monotonic(), ended
            await self.call.rooms.settling.to_the_end(self._settle(ended))
        if last:
            yield last

    def _parted(self, batch: list[Event], notes: Notes) -> tuple[list[Event], list[Event]]:
        """Take note of events; return those that leave now, and those that end the answer."""
        now: list[Event] = []
        ending: list[Event] = []
        for event in batch:
            if self.keeping is not None:
                self.keeping.note(event)
            if isinstance(event, MessageStop | AnswerUsage):
                ending.append(event)
                if isinstance(event, MessageStop):
                    notes.finish = event.reason
            else:
                if not notes.first_token and isinstance(event, BlockDelta):
                    notes.first_token = time.monotonic()
                now.append(event)
        return now, ending

    async def _settle(self, ended: str) -> None:
        await self._settle_limits(ended)
        details = {**self.answering.record(), **await self._counted()}
        refused: PromptNotKept | None = None
        if self.keeping is not None:
            try:
                details |= await self.keeping.finish(self.answering.answers, ended=ended)
            except PromptNotKept as error:  # what was released is out; the rest is not, and the record says why
                ended, refused = (ended, None) if ended else (error.code, error)
        assert self.call.settle is not None
        await self.call.settle({**details, **({"ended": ended} if ended else {})})
        if refused is not None:
            raise refused

    async def _counted(self) -> dict[str, Any]:
        """Count the question, where the account watches the model, and return what that set off."""
        if self.watched is None:
            return {}
        judged = (*self.answering.questions, *self.answering.answers)
        intervened = any(each.evaluation.outcome.action != "NONE" for each in judged)
        await self.watched.saw_text(latest_words(self.answering.ask), intervened=intervened)
        return self.watched.record

    async def _settle_limits(self, ended: str) -> None:
        counted = self.answering.counted
        if counted is None:  # no model was asked
            await self.grant.settle(Usage())
        elif ended == "left" and counted.estimated and not counted.output_tokens:
            note_usage(counted)
            await self.grant.release()  # the model may think on for nobody: what was taken for the answer stands
        else:
            note_usage(counted)
            await self.grant.settle(Usage(tokens_in=counted.input_tokens, tokens_out=counted.output_tokens))


def model_resource(call: Call, model: str) -> Sequence[str]:
    """Return the ARN a model's name stands for, as IAM policies name it (service authorization reference, `foundation-model`).

    What cannot be a model's name stands for none, and is not repeated: it may be anyone's words.
    """
    if not is_model_name(model):
        return ("*",)
    return (model,) if model.startswith("arn:") else (f"arn:aws:bedrock:{call.region}::foundation-model/{model}",)


def guardrail_condition(call: Call, wanted: Wanted | None) -> dict[str, Any]:
    """Return the condition key that says under which guardrail a question is asked: the request's, else the key's.

    Source: service authorization reference, Amazon Bedrock, `bedrock:GuardrailIdentifier`.
    """
    if wanted is not None:
        arn, version = _guardrail_arn(call, wanted), wanted.version
    elif (standing := call.principal.guardrail) is not None:
        arn, version = _key_guardrail_arn(call, standing), standing.version
    else:
        return {}
    return {"bedrock:GuardrailIdentifier": arn if version == "DRAFT" else f"{arn}:{version}"}


def _key_guardrail_arn(call: Call, standing: KeyGuardrail) -> str:
    return f"arn:aws:bedrock:{call.region}:{standing.account_id}:guardrail/{standing.identifier}"


def _guardrail_arn(call: Call, wanted: Wanted) -> str:
    name = wanted.identifier
    return name if name.startswith("arn:") else f"arn:aws:bedrock:{call.region}:{call.account_id}:guardrail/{name}"


class Admitted(NamedTuple):
    """A question that may be judged: where its model is, what it stands under, and what it was let in on."""

    place: Route
    guards: list[Guard]
    grant: Grant
    watched: Watched | None


async def admit(call: Call, ask: Ask, wanted: Wanted | None, *, route: str, estimate: Usage) -> Admitted:
    """Admit a question under the account's limits, and find every guardrail that it stands under.

    Whoever names a guardrail must be allowed to apply it. (Source: Amazon Bedrock user guide, "Set up permissions to use Amazon Bedrock
    Guardrails": model inference with a guardrail takes `bedrock:ApplyGuardrail` on its ARN.) What the account enforces takes no permission.

    A model is one model under all its names: whoever asks by an alias must be allowed the model itself too, what is enforced for one name
    is enforced for all, and limits know it by its id. Under a pattern each name is a model of its own.

    Args:
        call: who asks.
        ask: the question.
        wanted: the guardrail that the request names.
        route: the endpoint it came by, as limits and web ACLs name it.
        estimate: what it is taken to use.
    """
    assert call.authorize is not None
    if wanted is not None:
        await call.authorize((_guardrail_arn(call, wanted),), APPLY_GUARDRAIL)
    place = await call.rooms.upstreams.models.find(call.account_id, ask.model)
    note_model(ask, place)
    model = ask.model if place.row.is_pattern else place.row.id
    if model != ask.model:
        await call.authorize(model_resource(call, model))
    watched = await _admit_watched(call, model, ask)
    subject = Subject(
        account_id=call.account_id,
        key_id=counted_key(call.principal),
        model_id=model,
        route=route,
        upstream_model=place.name if place.owner and place.address.kind != "development" else "",
    )
    grant = await call.rooms.budgets.admit(subject, estimate)
    call.give_back.append(grant.release)
    try:
        guards = await call.rooms.guardrails.questions.guards(
            call.account_id, (model, *place.row.aliases), wanted, call.principal.guardrail
        )
    except BaseException:  # raised on: nothing was asked of a model, so nothing is used
        await grant.settle(Usage())
        raise
    return Admitted(place, guards, grant, watched)


async def open_answer(call: Call, ask: Ask, wanted: Wanted | None, *, route: str) -> Asked:
    """Admit a question and judge it under every guardrail it stands under; no model is asked before the answer's events are.

    Args:
        call: who asks.
        ask: the question.
        wanted: the guardrail that the request names.
        route: the endpoint it came by, as limits and web ACLs name it.
    """
    place, guards, grant, watched = await admit(call, ask, wanted, route=route, estimate=_estimate(ask))
    try:
        answering = await call.rooms.gateway.open(call.account_id, ask, place, guards)
        call.record.update(answering.record())
        keeping = await begin_keeping(call, ask, answering, route)
    except BaseException:  # raised on: nothing was asked of a model, so nothing is used
        await grant.settle(Usage())
        raise
    call.record.update(standing_record(call, grant))
    return Asked(call, answering, grant, watched, keeping)


def standing_record(call: Call, grant: Grant) -> dict[str, Any]:
    """Return what the audit record keeps of what a question was admitted under."""
    standing = call.principal.guardrail
    if standing is None:
        return grant.record
    return {**grant.record, "keyGuardrail": {"arn": _key_guardrail_arn(call, standing), "version": standing.version}}


async def begin_keeping(call: Call, ask: Ask, answering: Answering | Passed, route: str) -> Keeping | None:
    """Begin the sealed record of a question that was judged; None where the account keeps none."""
    policy = await call.rooms.prompts.policy(call.account_id)
    if policy is None:
        return None
    who = Who(account_id=call.account_id, request_id=call.request_id, at=call.now, principal=call.principal.arn, route=route)
    return await call.rooms.prompts.keep(who, ask, answering, policy)


def latest_words(ask: Ask) -> str:
    """Return the text of the last turn: what came before was counted when it was new."""
    return " ".join(part.text for turn in ask.turns[-1:] for part in turn.parts if isinstance(part, Text))


async def _admit_watched(call: Call, model: str, ask: Ask) -> Watched | None:
    """Let the monitors that watch the model look at what the account did lately; None where nothing watches it."""
    watched = await call.rooms.monitors.watched(call.account_id, model, call.now)
    if watched is not None:
        try:
            await watched.admit(latest_words(ask))
        finally:
            call.record.update(watched.record)
    return watched


def _estimate(ask: Ask) -> Usage:
    characters = sum(len(text.text) for text in judged_texts(ask))
    return Usage(tokens_in=-(-characters // _TOKEN_CHARS), tokens_out=ask.sampling.max_tokens or ANSWER_TOKENS)
