"""Amazon Bedrock, runtime: CountTokens, of a Converse request or of an InvokeModel body (`token_count.py`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ringwall.api.aws.asking import model_resource
from ringwall.api.aws.operation import Call, Operation
from ringwall.api.aws.operations.bedrock_converse import ROUTE
from ringwall.api.aws.operations.bedrock_invoke import read_body
from ringwall.api.aws.token_count import count_tokens
from ringwall.errors import InvalidRequest
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
    return {"inputTokens": await count_tokens(call, _read(call, request), None, route=ROUTE)}


OPERATIONS: tuple[Operation, ...] = (Operation("bedrock-runtime", "CountTokens", "bedrock:CountTokens", _count, _model, read_only=True),)
