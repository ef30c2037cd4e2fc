"""`/v1/models` and `/v1/models/ID`: the models that the caller may ask, under the names that requests give them.

A name is told to whoever may invoke the model under it (`bedrock:InvokeModel`); a row that is a pattern has no name to tell, but a
name that fits it can be asked for. Where a policy allows a model under a guardrail only, the request names that as a question does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec

from ringwall.api.aws.asking import guardrail_condition, model_resource
from ringwall.api.aws.operation import Call, Operation
from ringwall.api.exchange import Exchange
from ringwall.api.faces.endpoint import JSON_HEADERS
from ringwall.errors import AccessDenied
from ringwall.inference.gateway import Wanted
from ringwall.inference.upstreams.errors import ModelNotFound
from ringwall.inference.upstreams.models import Named, is_model_name
from ringwall.vocabulary import Limits
from ringwall.wire import HttpResponse

PATH = b"/v1/models"
_VENDOR = "openai"
_SERVICE = "bedrock-runtime"
_ACTION = "bedrock:InvokeModel"
_CLASSIC = "sagemaker"
"""Endpoints that are asked by InvokeEndpoint, under an action of its own."""
_AT_ONCE = 50
"""Names that are decided on before others have their turn: an account may have some sixteen thousand."""


class ModelList:
    """The list; an `Endpoint`."""

    vendor = _VENDOR
    method = "GET"

    def __init__(self) -> None:
        self.operation = Operation(
            _SERVICE, "ListModels", _ACTION, _list, lambda *_: ("*",), read_only=True, authorized=False, conditions=_list_conditions
        )

    def read(self, exchange: Exchange, wanted: Wanted | None, limits: Limits) -> tuple[Operation, Any]:  # noqa: ARG002 - an endpoint's method
        """Take the guardrail's name alone: there is no more to read."""
        return self.operation, wanted

    def write(self, exchange: Exchange) -> HttpResponse:
        """Render the list."""
        found: list[Named] = exchange.output
        return HttpResponse(200, JSON_HEADERS, msgspec.json.encode({"object": "list", "data": [_shown(one) for one in found]}))


class OneModel:
    """One model, named by the path; an `Endpoint`."""

    vendor = _VENDOR
    method = "GET"

    def __init__(self) -> None:
        self.operation = Operation(
            _SERVICE, "RetrieveModel", _ACTION, _retrieve, _resource, read_only=True, authorized=False, conditions=_one_conditions
        )

    def read(self, exchange: Exchange, wanted: Wanted | None, limits: Limits) -> tuple[Operation, Any]:  # noqa: ARG002 - an endpoint's method
        """Read the model's name, percent-encoded or not."""
        name = unquote_to_bytes(exchange.request.raw_path.removeprefix(PATH + b"/")).decode("ascii", "replace")
        return self.operation, (name, wanted)

    def write(self, exchange: Exchange) -> HttpResponse:
        """Render the model."""
        return HttpResponse(200, JSON_HEADERS, msgspec.json.encode(_shown(exchange.output)))


def _shown(model: Named) -> dict[str, Any]:
    """Source: OpenAI API reference, "Models". `created` is when an account's own row was changed last; the settings' rows tell no time."""
    created = int(model.changed_at.timestamp()) if model.changed_at is not None else 0
    return {"id": model.name, "object": "model", "created": created, "owned_by": model.owner or "ringwall"}


async def _list(call: Call, _: Wanted | None) -> list[Named]:
    found: list[Named] = []
    for number, model in enumerate(await call.rooms.upstreams.models.named(call.account_id)):
        if number % _AT_ONCE == _AT_ONCE - 1:
            await asyncio.sleep(0)
        if await _may_ask(call, model):
            found.append(model)
    call.record["models"] = len(found)
    return found


async def _retrieve(call: Call, given: tuple[str, Wanted | None]) -> Named:
    """Return a model; one that the caller may not ask is refused as one that is not there, which it may not be."""
    name, _ = given
    if is_model_name(name):
        model = await call.rooms.upstreams.models.describe(call.account_id, name)
        if await _may_ask(call, model):
            return model
    raise ModelNotFound("no model of this name that the caller may invoke")


async def _may_ask(call: Call, model: Named) -> bool:
    """Say whether the caller may ask a language model under a name: by the name, and by the model's own."""
    assert call.authorize is not None
    if model.address.kind == _CLASSIC:
        return False
    names = dict.fromkeys((model.name, model.name if model.row.is_pattern else model.row.id))
    resources = [arn for name in names for arn in model_resource(call, name)]
    try:
        await call.authorize(resources)
    except AccessDenied:
        return False
    return True


def _list_conditions(call: Call, wanted: Wanted | None) -> dict[str, Any]:
    return guardrail_condition(call, wanted)


def _one_conditions(call: Call, given: tuple[str, Wanted | None]) -> dict[str, Any]:
    return guardrail_condition(call, given[1])


def _resource(call: Call, given: tuple[str, Wanted | None]) -> Sequence[str]:
    return model_resource(call, given[0])
