"""Amazon Bedrock, runtime: InvokeModel and InvokeModelWithResponseStream, in the body of whichever vendor's dialect the caller writes.

A body with `anthropic_version` is Anthropic's, another with `messages` OpenAI's; what is neither is refused. Members that begin with
`amazon-bedrock-` are Bedrock's own and reach no model. The answer carries `amazon-bedrock-guardrailAction` and, where it is asked for,
`amazon-bedrock-trace` (Source: Amazon Bedrock user guide, "Use a guardrail with the InvokeModel API").
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

import msgspec

from ringwall.api.aws.asking import Asked, guardrail_condition, model_resource, open_answer
from ringwall.api.aws.operation import Call, Operation, Streamed
from ringwall.api.aws.operations.bedrock_converse import ROUTE, trace_of
from ringwall.errors import InvalidRequest
from ringwall.inference.gateway import Answering, Wanted
from ringwall.wire.dialects.dialect import Dialect
from ringwall.wire.dialects.input_tags import read_input_tags
from ringwall.wire.dialects.model import Ask, MessageStop
from ringwall.wire.dialects.sse import SseReader
from ringwall.wire.dialects.table import DIALECTS
from ringwall.wire.strict_json import decode_json

_SERVICE = "bedrock-runtime"
_OWN = "amazon-bedrock-"
_CONFIG = "amazon-bedrock-guardrailConfig"
_VERSION = "anthropic_version"  # Bedrock's member, not Anthropic's own
_MODES: dict[str, Any] = {"SYNCHRONOUS": "sync", "ASYNCHRONOUS": "async"}
_TRACED = frozenset({"ENABLED", "ENABLED_FULL"})
_JSON = "application/json"


class _Read(msgspec.Struct, frozen=True):
    """A body, read: in which dialect, what it asks, and under which guardrail."""

    dialect: Dialect
    ask: Ask
    wanted: Wanted | None


def _model(call: Call, request: dict[str, Any]) -> Sequence[str]:
    return model_resource(call, request["modelId"])


def _read(call: Call, request: dict[str, Any], *, stream: bool) -> _Read:
    if request.get("contentType", _JSON).partition(";")[0].strip().lower() != _JSON:
        raise InvalidRequest("the body must be application/json")
    dialect, ask, config = read_body(call, request.get("body") or b"", request["modelId"], stream=stream)
    return _Read(dialect, ask, _wanted(request, config))


def read_body(call: Call, data: bytes, model: str, *, stream: bool) -> tuple[Dialect, Ask, dict[str, Any] | None]:
    """Read a body in its vendor's dialect, without its input tags, and what it says of guardrails.

    Raises:
        InvalidRequest: it is of no vendor whose dialect ringwall reads, or its tags cannot be read.
    """
    body = decode_json(data, call.rooms.limits.json_depth)
    if not isinstance(body, dict):
        raise InvalidRequest("the body must be a JSON object")
    config = body.get(_CONFIG)
    if config is not None and not isinstance(config, dict):
        raise InvalidRequest(f"`{_CONFIG}` must be an object")
    dialect = _dialect_of(body)
    members = {name: value for name, value in body.items() if not name.startswith(_OWN) and name != _VERSION}
    ask = dialect.read_request(members | {"stream": stream}, model=model)
    if config and config.get("tagSuffix") is not None:
        ask = read_input_tags(ask, config["tagSuffix"])
    return dialect, ask, config


def _dialect_of(body: dict[str, Any]) -> Dialect:
    if _VERSION in body:
        return DIALECTS["anthropic_messages"]
    if "messages" in body:
        return DIALECTS["openai_chat"]
    raise InvalidRequest(
        "the body is of a vendor whose dialect ringwall does not read",
        remedy="use Converse, or the body of Anthropic's messages or of OpenAI's chat completions",
    )


def _wanted(request: dict[str, Any], config: dict[str, Any] | None) -> Wanted | None:
    identifier, version = request.get("guardrailIdentifier"), request.get("guardrailVersion")
    if not identifier and not version:
        if config is not None:
            raise InvalidRequest(f"`{_CONFIG}` is there, and the request names no guardrail")
        return None
    if not identifier or not version:
        raise InvalidRequest("a guardrail's identifier and its version go together")
    mode = _MODES.get((config or {}).get("streamProcessingMode", "SYNCHRONOUS"))
    if mode is None:
        raise InvalidRequest("`streamProcessingMode` must be SYNCHRONOUS or ASYNCHRONOUS")
    return Wanted(identifier=identifier, version=version, mode=mode)


def _conditions(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    return guardrail_condition(call, _wanted(request, None))


def _own_members(request: dict[str, Any], answering: Answering) -> dict[str, Any]:
    judged = [*answering.questions, *answering.answers]
    if not judged and not answering.code_reason:
        return {}
    acted = bool(answering.code_reason) or any(each.evaluation.outcome.action != "NONE" for each in judged)
    own: dict[str, Any] = {"amazon-bedrock-guardrailAction": "INTERVENED" if acted else "NONE"}
    if request.get("trace") in _TRACED:
        own["amazon-bedrock-trace"] = _trace(answering)
    return own


def _trace(answering: Answering) -> dict[str, Any]:
    trace = trace_of(answering)["guardrail"]
    outputs = [{key: assessments[0]} for key, assessments in trace["outputAssessments"].items()]
    return {"guardrail": {"input": trace["inputAssessment"], "outputs": outputs, "actionReason": trace.get("actionReason", "")}}


async def _invoke(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    read = _read(call, request, stream=False)
    asked = await open_answer(call, read.ask, read.wanted, route=ROUTE)
    events, answering = await asked.whole(), asked.answering
    body = read.dialect.write_answer(events, answering.ask, answer_id=call.request_id, created=int(call.now.timestamp()))
    return {"body": msgspec.json.encode(body | _own_members(request, answering)), "contentType": _JSON}


async def _invoke_stream(call: Call, request: dict[str, Any]) -> Streamed:
    read = _read(call, request, stream=True)
    asked = await open_answer(call, read.ask, read.wanted, route=ROUTE)
    return Streamed({"contentType": _JSON}, _chunks(request, read.dialect, asked))


async def _chunks(request: dict[str, Any], dialect: Dialect, asked: Asked) -> AsyncGenerator[tuple[str, dict[str, Any]], None]:
    """Write events as the vendor's stream has them, each event's data as a chunk of its own, without the frame of server-sent events."""
    answering, call = asked.answering, asked.call
    writer = dialect.stream_writer(answering.ask, answer_id=call.request_id, created=int(call.now.timestamp()))
    reader = SseReader()
    own: dict[str, Any] = {}
    async with aclosing(asked.streamed()) as batches:
        async for batch in batches:
            for event in batch:
                if isinstance(event, MessageStop):
                    own = _own_members(request, answering)
                for data in _data_of(reader, writer.write(event)):
                    yield "chunk", {"bytes": data}
        for data in _data_of(reader, writer.end()):
            yield "chunk", {"bytes": data}
    if own:
        yield "chunk", {"bytes": msgspec.json.encode(own)}


def _data_of(reader: SseReader, frames: bytes) -> list[bytes]:
    return [event.data for event in reader.feed(frames) if event.data != b"[DONE]"]


OPERATIONS: tuple[Operation, ...] = (
    Operation(_SERVICE, "InvokeModel", "bedrock:InvokeModel", _invoke, _model, read_only=True, conditions=_conditions),
    Operation(
        _SERVICE,
        "InvokeModelWithResponseStream",
        "bedrock:InvokeModelWithResponseStream",
        _invoke_stream,
        _model,
        read_only=True,
        conditions=_conditions,
    ),
)
