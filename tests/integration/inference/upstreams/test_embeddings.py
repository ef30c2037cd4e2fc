"""Vectors from OpenAI-compatible servers over real sockets: what is asked, what is believed of the answer, and who is never asked."""

from __future__ import annotations

import base64
import json
import struct
from typing import Any

import pytest

from ringwall.inference.upstreams.breaker import BreakerRules
from ringwall.inference.upstreams.endpoints import Sent
from ringwall.inference.upstreams.errors import CircuitOpen, EmbeddingsUnserved, UpstreamBusy, UpstreamRefused
from ringwall.inference.upstreams.retries import RetryRules
from ringwall.inference.upstreams.upstreams import UpstreamRules
from ringwall.wire.dialects.errors import MalformedAnswer, UpstreamFailed
from ringwall.wire.dialects.openai_embeddings import Embedded, read_question
from tests.integration.inference.upstreams.conftest import World, route_of, row_of
from tests.integration.inference.upstreams.servers import Server, Visit, serving, whole

pytestmark = pytest.mark.anyio

BODY: dict[str, Any] = {"model": "m", "input": ["a", "b"], "dimensions": 2, "user": "u-1", "encoding_format": "float"}
ANSWER = {
    "object": "list",
    "model": "theirs",
    "data": [{"object": "embedding", "index": index, "embedding": [index, 0.5]} for index in (1, 0)],
    "usage": {"prompt_tokens": 4, "total_tokens": 4},
}


async def embed(
    world: World, answer: Any, *, body: dict[str, Any] | None = None, status: int = 200, kind: bytes = b"application/json", **row: Any
) -> tuple[Embedded, Server]:
    raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()

    async def script(visit: Visit) -> None:
        await visit.say(whole(raw, status=status, kind=kind))

    rules = UpstreamRules(retries=RetryRules(attempts=1))
    async with serving(script) as server, world.upstreams(rules=rules) as upstreams:
        sent = Sent()
        found = await upstreams.embed(read_question(body or BODY), route_of(row_of(server.port, **row)), sent)
        assert sent.sent
        return found, server


async def test_the_body_goes_on_as_it_came_and_vectors_come_in_the_order_of_the_inputs(world: World) -> None:
    found, server = await embed(world, ANSWER, model="theirs")
    assert found == Embedded(([0.0, 0.5], [1.0, 0.5]), 4)
    assert server.heads[0].startswith(b"POST /v1/embeddings ")
    assert b"authorization: bearer canary-credential-7f3a" in server.heads[0].lower()
    assert json.loads(server.bodies[0]) == BODY | {"model": "theirs"}


async def test_base64_and_token_ids_go_both_ways(world: World) -> None:
    packed = base64.b64encode(struct.pack("<2f", 1, 0.5)).decode()
    answer = {"data": [{"index": 0, "embedding": packed}]}
    found, server = await embed(world, answer, body={"model": "m", "input": [1, 2], "encoding_format": "base64"})
    assert found == Embedded((struct.pack("<2f", 1, 0.5),), None)
    assert json.loads(server.bodies[0])["input"] == [1, 2]


BAD_ANSWERS: tuple[Any, ...] = (
    b"no JSON",
    b"[]",
    b'"canary words"',
    {"error": {"message": "canary words"}},
    {"data": []},
    {"data": ANSWER["data"][:1]},
    {"data": [ANSWER["data"][0], ANSWER["data"][0]]},
    {"data": [{"index": 0, "embedding": []}, {"index": 1, "embedding": []}]},
    {"data": [{"index": 0, "embedding": [1]}, {"index": 1, "embedding": [1, 2]}]},
    {"data": [{"index": 0, "embedding": "canary words"}, {"index": 1, "embedding": "AAAA"}]},
    {"data": [{"index": 0, "embedding": "AAAAAAA="}, {"index": 1, "embedding": "AAAAAAA="}]},
    {"data": [{"index": number, "embedding": base64.b64encode(struct.pack("<f", float("nan"))).decode()} for number in (0, 1)]},
    {"data": [{"index": number, "embedding": ["canary words"]} for number in (0, 1)]},
    b'{"data": [{"index": 0, "embedding": [1e999]}, {"index": 1, "embedding": [1]}]}',
)


async def test_what_is_no_answer_is_refused_and_not_repeated(world: World) -> None:
    said: list[bytes] = []

    async def script(visit: Visit) -> None:
        await visit.say(whole(said[-1]))

    rules = UpstreamRules(breaker=BreakerRules(least=10_000), retries=RetryRules(attempts=1))
    async with serving(script) as server, world.upstreams(rules=rules) as upstreams:
        for answer in BAD_ANSWERS:
            said.append(answer if isinstance(answer, bytes) else json.dumps(answer).encode())
            with pytest.raises(MalformedAnswer) as refusal:
                await upstreams.embed(read_question(BODY), route_of(row_of(server.port)), Sent())
            assert "canary words" not in refusal.value.message
            assert refusal.value.__cause__ is None
            assert "canary words" not in repr(refusal.value.__context__)


async def test_an_answer_of_another_type_and_refusals(world: World) -> None:
    with pytest.raises(MalformedAnswer):
        await embed(world, ANSWER, kind=b"text/html")
    for status, kind in ((400, UpstreamRefused), (404, UpstreamRefused), (429, UpstreamBusy), (500, UpstreamFailed)):
        with pytest.raises(kind):
            await embed(world, ANSWER, status=status)


async def test_a_server_that_keeps_failing_is_left_alone(world: World) -> None:
    async def script(visit: Visit) -> None:
        await visit.say(whole(b"{}"))

    async with serving(script) as server, world.upstreams() as upstreams:
        route = route_of(row_of(server.port))
        kinds = []
        for _ in range(40):
            try:
                await upstreams.embed(read_question(BODY), route, Sent())
            except (MalformedAnswer, CircuitOpen) as error:
                kinds.append(type(error))
        assert kinds[-1] is CircuitOpen
        assert len(server.bodies) < 40


@pytest.mark.parametrize("kind", ["anthropic", "bedrock"])
async def test_upstreams_without_embeddings_are_not_asked(kind: str, world: World) -> None:
    async def script(visit: Visit) -> None:
        await visit.say(whole(json.dumps(ANSWER).encode()))

    async with serving(script) as server, world.upstreams() as upstreams:
        sent = Sent()
        with pytest.raises(EmbeddingsUnserved) as refusal:
            await upstreams.embed(read_question(BODY), route_of(row_of(server.port, kind=kind)), sent)
        assert (refusal.value.status, server.connections, sent.sent) == (501, 0, False)
