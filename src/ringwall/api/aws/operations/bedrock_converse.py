"""Amazon Bedrock, runtime: Converse and ConverseStream.

The answer's trace (Source: Amazon Bedrock API reference, GuardrailTraceAssessment) is there where the request asks for it, under the
guardrails' ids.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

import msgspec

from ringwall.api.aws.asking import Asked, guardrail_condition, model_resource, open_answer
from ringwall.api.aws.operation import Call, Operation, Streamed
from ringwall.errors import InvalidRequest
from ringwall.guardrails.assessment import action_reason
from ringwall.inference.gateway import Answering, Wanted
from ringwall.wire.dialects.converse.dialect import Converse
from ringwall.wire.dialects.model import Ask, Usage

_SERVICE = "bedrock-runtime"
ROUTE = "bedrock"
_CONVERSE = Converse()
_MODES: Mapping[str, Any] = {"async": "async", "sync": "sync"}
_TRACED = frozenset({"enabled", "enabled_full"})


def _model(call: Call, request: dict[str, Any]) -> Sequence[str]:
    return model_resource(call, request["modelId"])


def _read(request: dict[str, Any], *, stream: bool) -> Ask:
    body = {name: value for name, value in request.items() if name != "modelId"}
    return msgspec.structs.replace(_CONVERSE.read_request(body, model=request["modelId"]), stream=stream)


def _wanted(request: dict[str, Any]) -> Wanted | None:
    config = request.get("guardrailConfig")
    if config is None:
        return None
    if not config.get("guardrailIdentifier") or not config.get("guardrailVersion"):
        raise InvalidRequest("`guardrailConfig` must name a guardrail and its version")
    mode = _MODES.get(config.get("streamProcessingMode", "sync"), "sync")
    return Wanted(identifier=config["guardrailIdentifier"], version=config["guardrailVersion"], mode=mode)


def _conditions(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    return guardrail_condition(call, _wanted(request))


def _is_traced(request: dict[str, Any]) -> bool:
    return (request.get("guardrailConfig") or {}).get("trace") in _TRACED


def trace_of(answering: Answering) -> dict[str, Any]:
    """Return what each guardrail found, in the words of GuardrailTraceAssessment."""
    inputs: dict[str, Any] = {}
    for judged in answering.questions:  # where one guardrail stands in two versions, the one that the request named
        inputs.setdefault(judged.guard.ready.applied.guardrail_id, judged.assessment())
    outputs: dict[str, list[Any]] = {}
    for judged in answering.answers:
        outputs.setdefault(judged.guard.ready.applied.guardrail_id, []).append(judged.assessment())
    decisive = [*answering.questions, *answering.answers]
    acted = [judged for judged in decisive if judged.evaluation.outcome.action != "NONE"]
    trace: dict[str, Any] = {"inputAssessment": inputs, "outputAssessments": outputs}
    reasons = [action_reason((acted or decisive)[-1].evaluation)] if decisive else []
    reasons += [answering.code_reason] if answering.code_reason else []  # no assessment of AWS's has a place for code
    if reasons:
        trace["actionReason"] = " ".join(reasons)
    return {"guardrail": trace}


async def _converse(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    begun = time.monotonic()
    asked = await open_answer(call, _read(request, stream=False), _wanted(request), route=ROUTE)
    events, answering = await asked.whole(), asked.answering
    answer = _CONVERSE.write_answer(events, answering.ask, answer_id=call.request_id, created=0)
    answer["metrics"] = {"latencyMs": _since(begun)}
    if _is_traced(request):
        answer["trace"] = trace_of(answering)
    return answer


async def _converse_stream(call: Call, request: dict[str, Any]) -> Streamed:
    begun = time.monotonic()
    asked = await open_answer(call, _read(request, stream=True), _wanted(request), route=ROUTE)
    return Streamed({}, _payloads(asked, begun, traced=_is_traced(request)))


async def _payloads(asked: Asked, begun: float, *, traced: bool) -> AsyncGenerator[tuple[str, dict[str, Any]], None]:
    answering = asked.answering
    writer = _CONVERSE.stream_writer(answering.ask, answer_id="", created=0)
    async with aclosing(asked.streamed()) as batches:
        async for batch in batches:
            for event in batch:
                for name, payload in writer.payloads(event):
                    if isinstance(event, Usage):
                        payload["metrics"] = {"latencyMs": _since(begun)}
                        if traced:
                            payload["trace"] = trace_of(answering)
                    yield name, payload


def _since(begun: float) -> int:
    return round((time.monotonic() - begun) * 1000)


OPERATIONS: tuple[Operation, ...] = (
    Operation(_SERVICE, "Converse", "bedrock:InvokeModel", _converse, _model, read_only=True, conditions=_conditions),
    Operation(
        _SERVICE,
        "ConverseStream",
        "bedrock:InvokeModelWithResponseStream",
        _converse_stream,
        _model,
        read_only=True,
        conditions=_conditions,
    ),
)
