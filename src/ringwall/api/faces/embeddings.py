"""`/v1/embeddings`: vectors of texts, under the guardrails, limits and records that questions stand under."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from ringwall.api.aws.asking import guardrail_condition, model_resource
from ringwall.api.aws.embedding import Vectors, embed
from ringwall.api.aws.operation import Call, Operation
from ringwall.api.exchange import Exchange
from ringwall.api.faces.bodies import read_object
from ringwall.api.faces.endpoint import JSON_HEADERS
from ringwall.inference.gateway import Wanted
from ringwall.vocabulary import Limits
from ringwall.wire import HttpResponse
from ringwall.wire.dialects.openai_embeddings import EmbeddingQuestion, read_question, write_vectors

_VENDOR = "openai"
_Given = tuple[EmbeddingQuestion, Wanted | None]


class Embeddings:
    """The operation; an `Endpoint`."""

    vendor = _VENDOR
    method = "POST"

    def __init__(self) -> None:
        self.operation = Operation(
            "bedrock-runtime", "Embeddings", "bedrock:InvokeModel", _embed, _model, read_only=True, conditions=_conditions
        )

    def read(self, exchange: Exchange, wanted: Wanted | None, limits: Limits) -> tuple[Operation, Any]:
        """Read the texts, or the token ids."""
        return self.operation, (read_question(read_object(exchange, limits)), wanted)

    def write(self, exchange: Exchange) -> HttpResponse:
        """Write the vectors in the encoding that was asked for."""
        return HttpResponse(200, JSON_HEADERS, exchange.output)


async def _embed(call: Call, given: _Given) -> bytes:
    """Return the answer's body: vectors that do not fit the encoding fail the request while it can still be recorded so."""
    question, wanted = given
    vectors: Vectors = await embed(call, question, wanted, route=_VENDOR)
    return msgspec.json.encode(write_vectors(vectors.embedded, question, vectors.input_tokens))


def _model(call: Call, given: _Given) -> Sequence[str]:
    return model_resource(call, given[0].ask.model)


def _conditions(call: Call, given: _Given) -> dict[str, Any]:
    return guardrail_condition(call, given[1])
