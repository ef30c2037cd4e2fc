"""A question asked by Responses reaches every kind of upstream in that upstream's own words, and its answer comes back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ringwall.wire.dialects.model import Event
from ringwall.wire.dialects.table import APPLICATION_DIALECTS, DIALECTS
from tests.integration.inference.upstreams.conftest import World, route_of, row_of
from tests.integration.inference.upstreams.servers import Visit, serving, whole
from tests.integration.inference.upstreams.test_vendors import KINDS, WHOLE, streaming
from tests.property.wire.responses_reader import read_stream

pytestmark = pytest.mark.anyio

RESPONSES = APPLICATION_DIALECTS["openai_responses"]
BODY: dict[str, Any] = {
    "model": "m",
    "instructions": "Be brief.",
    "input": [
        {"role": "user", "content": "Good morning"},
        {"type": "function_call", "call_id": "call_1", "name": "clock", "arguments": '{"city":"Oslo"}'},
        {"type": "function_call_output", "call_id": "call_1", "output": "noon"},
    ],
    "tools": [{"type": "function", "name": "clock", "description": "Tells.", "parameters": {"type": "object"}}],
    "max_output_tokens": 50,
}


async def ask(world: World, kind: str, script: Any, *, stream: bool) -> tuple[list[Event], dict[str, Any]]:
    question = RESPONSES.read_request(BODY | {"stream": stream})
    async with serving(script) as server, world.upstreams(dialects=DIALECTS) as upstreams:
        events = [event async for event in upstreams.call(question, route_of(row_of(server.port, kind=kind)))]
        return events, json.loads(server.bodies[0])


@pytest.mark.parametrize("kind", KINDS)
async def test_a_stream(kind: str, world: World) -> None:
    events, sent = await ask(world, kind, streaming(kind, cut=37), stream=True)
    writer = RESPONSES.stream_writer(RESPONSES.read_request(BODY), answer_id="a", created=1)
    told = read_stream(b"".join([writer.write(event) for event in events]) + writer.end())
    assert [part["text"] for item in told["output"] for part in item["content"]] == ["Good day"]
    assert (told["status"], told["usage"]["input_tokens"], told["usage"]["output_tokens"]) == ("completed", 9, 2)
    read = DIALECTS[KINDS[kind]].read_request(sent, model="m")
    assert [part.text for part in read.system] == ["Be brief."]
    assert [turn.role for turn in read.turns] == ["user", "assistant", "user"]
    assert (read.sampling.max_tokens, [tool.name for tool in read.tools]) == (50, ["clock"])


@pytest.mark.parametrize("kind", KINDS)
async def test_a_whole_answer(kind: str, world: World) -> None:
    async def script(visit: Visit) -> None:
        await visit.say(whole(json.dumps(WHOLE[kind]).encode()))

    events, sent = await ask(world, kind, script, stream=False)
    told = RESPONSES.write_answer(events, RESPONSES.read_request(BODY), answer_id="a", created=1)
    assert [part["text"] for item in told["output"] for part in item["content"]] == ["Good day"]
    assert not sent.get("stream")
