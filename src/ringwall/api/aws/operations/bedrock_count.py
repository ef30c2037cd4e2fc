"""Amazon Bedrock, runtime: CountTokens, of a Converse request or of an InvokeModel body.

The count is the upstream's own, or the built-in model's: where nobody counts exactly, the request is refused. Nothing is asked of a model,
so no guardrail judges it and no budget of tokens or cost is used; limits on requests hold. What is counted goes to the upstream as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ringwall.api.aws.asking import model_resource
from ringwall.api.aws.operation import Call, Operation
from ringwall.api.aws.operations.bedrock_converse import ROUTE
from ringwall.api.aws.operations.bedrock_invoke import read_body
from ringwall.errors import InvalidRequest
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
        tokens = await call.rooms.upstreams.count_tokens(ask, place)
    finally:
        await grant.settle(Usage())
    call.record.update({"model": ask.model, "dialect": ask.dialect, "inputTokens": tokens, **grant.record})
    return {"inputTokens": tokens}


OPERATIONS: tuple[Operation, ...] = (Operation("bedrock-runtime", "CountTokens", "bedrock:CountTokens", _count, _model, read_only=True),)
