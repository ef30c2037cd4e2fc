"""Anthropic's `/v1/messages/count_tokens`: a question counted as its model's upstream counts it, and not asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from ringwall.api.aws.asking import guardrail_condition, model_resource
from ringwall.api.aws.operation import Call, Operation
from ringwall.api.aws.token_count import count_tokens
from ringwall.api.exchange import Exchange
from ringwall.api.faces.bodies import read_object
from ringwall.api.faces.endpoint import JSON_HEADERS
from ringwall.inference.gateway import Wanted
from ringwall.vocabulary import Limits
from ringwall.wire import HttpResponse
from ringwall.wire.dialects.model import Ask
from ringwall.wire.dialects.table import APPLICATION_DIALECTS

_VENDOR = "anthropic"
_Given = tuple[Ask, Wanted | None]


class TokenCounts:
    """The operation; an `Endpoint`."""

    vendor = _VENDOR
    method = "POST"

    def __init__(self) -> None:
        self._dialect = APPLICATION_DIALECTS["anthropic_messages"]
        self.operation = Operation(
            "bedrock-runtime", "MessagesCountTokens", "bedrock:CountTokens", _count, _model, read_only=True, conditions=_conditions
        )

    def read(self, exchange: Exchange, wanted: Wanted | None, limits: Limits) -> tuple[Operation, Any]:
        """Read the question."""
        body = {"max_tokens": 1} | read_object(exchange, limits)  # what is not asked need not say how long its answer may be
        return self.operation, (self._dialect.read_request(body), wanted)

    def write(self, exchange: Exchange) -> HttpResponse:
        """Write the count."""
        return HttpResponse(200, JSON_HEADERS, msgspec.json.encode({"input_tokens": exchange.output}))


async def _count(call: Call, given: _Given) -> int:
    ask, wanted = given
    return await count_tokens(call, ask, wanted, route=_VENDOR)


def _model(call: Call, given: _Given) -> Sequence[str]:
    return model_resource(call, given[0].model)


def _conditions(call: Call, given: _Given) -> dict[str, Any]:
    return guardrail_condition(call, given[1])
