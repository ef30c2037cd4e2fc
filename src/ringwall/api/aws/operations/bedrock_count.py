"""Amazon Bedrock, runtime: CountTokens, of a Converse request or of an InvokeModel body.

The count is the upstream's own, or the built-in model's: where nobody counts exactly, the request is refused. What is counted goes to the
upstream, so the guardrails that the account enforces and the one that the key carries judge it first: what they mask is counted masked,
what they block is not counted. No model thinks, so no budget of tokens or cost is used; limits on requests hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ringwall.api.aws.asking import model_resource
from ringwall.api.aws.operation import Call, Operation
from ringwall.api.aws.operations.bedrock_converse import ROUTE
from ringwall.api.aws.operations.bedrock_invoke import read_body
from ringwall.errors import InvalidRequest
from ringwall.inference.errors import ContentBlocked
from ringwall.inference.gateway import Passed
from ringwall.inference.limits import Subject, Usage, counted_key
from ringwall.wire.dialects.converse.dialect import Converse
from ringwall.wire.dialects.model import Ask

_CONVERSE = Converse()


def _model(call: Call, request: dict[str, Any]) -> Sequence[str]:
    return model_resource(call, request["modelId"])


def _read(call: Call, request: dict[str, Any]) -> Ask:
    model, given = request["modelId"], request["input"]
    if given.get("converse") is not None:
        return _CONVERSE.read_request(given["converse"], model=model)
    if given.get("invokeModel") is not None:
        _, ask, _ = read_body(call, given["invokeModel"]["body"], model, stream=False)
        return ask
    raise InvalidRequest("`input` must have `converse` or `invokeModel`")


async def _count(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    ask = _read(call, request)
    place = await call.rooms.upstreams.models.find(call.account_id, ask.model)
    model = ask.model if place.row.is_pattern else place.row.id
    if model != ask.model:
        assert call.authorize is not None
        await call.authorize(model_resource(call, model))
    subject = Subject(account_id=call.account_id, key_id=counted_key(call.principal), model_id=model, route=ROUTE)
    grant = await call.rooms.budgets.admit(subject, Usage(), counts_tokens=False)
    try:
        passed = await _judge(call, ask, (model, *place.row.aliases))
        tokens = await call.rooms.upstreams.count_tokens(passed.ask, place)
    finally:
        await grant.settle(Usage())
    call.record.update({"model": ask.model, "dialect": ask.dialect, "inputTokens": tokens, **grant.record})
    return {"inputTokens": tokens}


async def _judge(call: Call, ask: Ask, names: tuple[str, ...]) -> Passed:
    """Have what leaves for the upstream judged, as a question would be.

    Raises:
        ContentBlocked: a guardrail blocks it. ContentRefused: it holds what no guardrail judges.
    """
    guards = await call.rooms.guardrails.questions.guards(call.account_id, names, None, call.principal.guardrail)
    passed = await call.rooms.gateway.judge(call.account_id, ask, guards)
    call.record["input"] = [judged.record for judged in passed.questions]
    if passed.blocked is not None:
        raise ContentBlocked(passed.blocked)
    return passed


OPERATIONS: tuple[Operation, ...] = (Operation("bedrock-runtime", "CountTokens", "bedrock:CountTokens", _count, _model, read_only=True),)
