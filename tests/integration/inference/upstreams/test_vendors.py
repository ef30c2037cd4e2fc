"""The three kinds of upstream with their own words: a question read from any dialect, an answer as each vendor sends it."""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import Any

import msgspec
import pytest

from ringwall.errors import DependencyError
from ringwall.inference.upstreams.breaker import BreakerRules
from ringwall.inference.upstreams.errors import UpstreamBrokeOff, UpstreamUnreachable
from ringwall.inference.upstreams.retries import RetryRules
from ringwall.inference.upstreams.upstreams import UpstreamRules
from ringwall.wire.dialects.errors import MalformedAnswer, UpstreamFailed
from ringwall.wire.dialects.model import BlockDelta, BlockStart, MessageStop, Usage
from ringwall.wire.dialects.table import DIALECTS
from ringwall.wire.event_stream import encode_message
from tests.integration.inference.upstreams.conftest import World, route_of, row_of
from tests.integration.inference.upstreams.servers import LAST_CHUNK, Visit, serving, whole

pytestmark = pytest.mark.anyio

ASKED: dict[str, dict[str, Any]] = {
    "openai_chat": {
        "model": "m",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Good morning"}],
        "max_tokens": 50,
    },
    "anthropic_messages": {
        "model": "m",
        "system": "Be brief.",
        "messages": [{"role": "user", "content": "Good morning"}],
        "max_tokens": 50,
    },
    "converse": {
        "system": [{"text": "Be brief."}],
        "messages": [{"role": "user", "content": [{"text": "Good morning"}]}],
        "inferenceConfig": {"maxTokens": 50},
    },
}
KINDS = {"openai": "openai_chat", "anthropic": "anthropic_messages", "bedrock": "converse"}


def sse(*items: tuple[str, dict[str, Any]] | str) -> bytes:
    lines = []
    for item in items:
        if isinstance(item, str):
            lines.append(f"data: {item}\n\n")
        else:
            name, data = item
            lines.append((f"event: {name}\n" if name else "") + f"data: {json.dumps(data)}\n\n")
    return "".join(lines).encode()


def choice(delta: dict[str, Any], reason: str | None = None) -> tuple[str, dict[str, Any]]:
    return "", {
        "id": "c1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "delta": delta, "finish_reason": reason}],
    }


def event(name: str, payload: dict[str, Any]) -> bytes:
    headers = {":message-type": "event", ":event-type": name, ":content-type": "application/json"}
    return encode_message(headers, json.dumps(payload).encode())


STREAMS = {
    "openai": (
        b"text/event-stream",
        sse(
            choice({"role": "assistant", "content": ""}),
            choice({"content": "Good "}),
            choice({"content": "day"}),
            choice({}, "stop"),
            ("", {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}}),
            "[DONE]",
        ),
    ),
    "anthropic": (
        b"text/event-stream; charset=utf-8",
        sse(
            ("message_start", {"type": "message_start", "message": {"id": "a1", "type": "message", "role": "assistant", "content": [], "model": "m", "stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 9, "output_tokens": 1}}}),
            ("content_block_start", {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
            ("ping", {"type": "ping"}),
            ("content_block_delta", {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Good "}}),
            ("content_block_delta", {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "day"}}),
            ("content_block_stop", {"type": "content_block_stop", "index": 0}),
            ("message_delta", {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": {"output_tokens": 2}}),
            ("message_stop", {"type": "message_stop"}),
        ),
    ),
    "bedrock": (
        b"application/vnd.amazon.eventstream",
        event("messageStart", {"role": "assistant"})
        + event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "Good "}})
        + event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "day"}})
        + event("contentBlockStop", {"contentBlockIndex": 0})
        + event("messageStop", {"stopReason": "end_turn"})
        + event("metadata", {"usage": {"inputTokens": 9, "outputTokens": 2, "totalTokens": 11}, "metrics": {"latencyMs": 5}}),
    ),
}  # fmt: skip
WHOLE: dict[str, dict[str, Any]] = {
    "openai": {
        "id": "c1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Good day"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11},
    },
    "anthropic": {
        "id": "a1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [{"type": "text", "text": "Good day"}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 9, "output_tokens": 2},
    },
    "bedrock": {
        "output": {"message": {"role": "assistant", "content": [{"text": "Good day"}]}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 9, "outputTokens": 2, "totalTokens": 11},
        "metrics": {"latencyMs": 5},
    },
}


def streaming(kind: str, *, cut: int) -> Any:
    media, data = STREAMS[kind]

    async def script(visit: Visit) -> None:
        await visit.say(b"HTTP/1.1 200 OK\r\ncontent-type: " + media + b"\r\ntransfer-encoding: chunked\r\n\r\n")
        for at in range(0, len(data), cut):
            await visit.chunk(data[at : at + cut])
        await visit.say(LAST_CHUNK)

    return script


async def ask(world: World, kind: str, asked_in: str, script: Any, *, stream: bool) -> tuple[list[Any], dict[str, Any]]:
    body = ASKED[asked_in] | ({"stream": True} if stream and asked_in != "converse" else {})
    question = DIALECTS[asked_in].read_request(body, model="m")
    if asked_in == "converse":
        question = msgspec.structs.replace(question, stream=stream)  # its path says so, not its body
    async with serving(script) as server, world.upstreams(dialects=DIALECTS) as upstreams:
        events = [event async for event in upstreams.call(question, route_of(row_of(server.port, kind=kind)))]
        return events, json.loads(server.bodies[0])


@pytest.mark.parametrize("asked_in", ASKED)
@pytest.mark.parametrize("kind", KINDS)
async def test_a_stream(kind: str, asked_in: str, world: World) -> None:
    events, sent = await ask(world, kind, asked_in, streaming(kind, cut=37), stream=True)
    assert "".join(event.text for event in events if isinstance(event, BlockDelta)) == "Good day"
    assert [event.kind for event in events if isinstance(event, BlockStart)] == ["text"]
    assert [event.reason for event in events if isinstance(event, MessageStop)] == ["end_turn"]
    assert [(event.input_tokens, event.output_tokens) for event in events if isinstance(event, Usage)] == [(9, 2)]
    read = DIALECTS[KINDS[kind]].read_request(sent, model="m")
    assert read.sampling.max_tokens == 50
    assert [part.text for part in (*read.system, *read.turns[0].parts)] == ["Be brief.", "Good morning"]
    assert (sent.get("stream"), "stream_options" in sent) == {"openai": (True, True), "anthropic": (True, False), "bedrock": (None, False)}[
        kind
    ]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_whole_answer(kind: str, world: World) -> None:
    async def script(visit: Visit) -> None:
        await visit.say(whole(json.dumps(WHOLE[kind]).encode()))

    events, sent = await ask(world, kind, KINDS[kind], script, stream=False)
    assert "".join(event.text for event in events if isinstance(event, BlockDelta)) == "Good day"
    assert not sent.get("stream")
    assert [(event.input_tokens, event.output_tokens) for event in events if isinstance(event, Usage)] == [(9, 2)]


@pytest.mark.parametrize("kind", KINDS)
async def test_another_vendor_s_words_are_no_answer(kind: str, world: World) -> None:
    other = {"openai": "anthropic", "anthropic": "bedrock", "bedrock": "openai"}[kind]

    async def script(visit: Visit) -> None:
        await visit.say(whole(json.dumps(WHOLE[other]).encode()))

    with pytest.raises(MalformedAnswer):
        await ask(world, kind, KINDS[kind], script, stream=False)


@pytest.mark.parametrize("kind", KINDS)
async def test_wherever_the_bytes_end_or_change_there_is_a_whole_answer_or_one_typed_error(kind: str, world: World) -> None:
    """The server's whole answer, head and all, is cut off or has one byte changed, at places all over it."""
    media, data = STREAMS[kind]
    head = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: " + media + b"\r\ntransfer-encoding: chunked\r\n\r\n"
    raw = head + b"".join(b"%x\r\n%s\r\n" % (len(data[at : at + 50]), data[at : at + 50]) for at in range(0, len(data), 50)) + LAST_CHUNK
    drawn = random.Random(5)
    said: list[bytes] = []

    async def script(visit: Visit) -> None:
        await visit.say(said[-1])
        visit.writer.close()

    question = msgspec.structs.replace(DIALECTS[KINDS[kind]].read_request(ASKED[KINDS[kind]], model="m"), stream=True)
    rules = UpstreamRules(breaker=BreakerRules(least=10_000), retries=RetryRules(attempts=1))
    outcomes = Counter()
    async with serving(script) as server, world.upstreams(dialects=DIALECTS, rules=rules) as upstreams:
        route = route_of(row_of(server.port, kind=kind))
        for number in range(120):
            at = drawn.randrange(len(raw))
            said.append(raw[:at] if number % 2 else raw[:at] + bytes([raw[at] ^ (1 << drawn.randrange(8))]) + raw[at + 1 :])
            try:
                events = [event async for event in upstreams.call(question, route)]
            except DependencyError as error:
                outcomes[error.code] += 1
            else:
                assert any(isinstance(event, MessageStop) for event in events[-2:])
                outcomes["whole"] += 1
        assert server.connections > 110  # a changed byte may keep one open
    assert outcomes["upstream-broke-off"] >= 10
    assert outcomes["malformed-answer"] >= 5


async def test_a_room_that_is_closed_breaks_its_answers_off_and_asks_no_more(world: World) -> None:
    async def script(visit: Visit) -> None:
        await visit.say(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        await visit.chunk(sse(choice({"role": "assistant", "content": "Good "})))
        await visit.wait_for_the_end()

    question = msgspec.structs.replace(DIALECTS["openai_chat"].read_request(ASKED["openai_chat"], model="m"), stream=True)
    async with serving(script) as server, world.upstreams(dialects=DIALECTS) as upstreams:
        route = route_of(row_of(server.port))
        answer = upstreams.call(question, route)
        await anext(answer)
        await upstreams.close()
        with pytest.raises(UpstreamBrokeOff):
            async for _ in answer:
                pass
        with pytest.raises(UpstreamUnreachable):
            await anext(upstreams.call(question, route))
        assert len(server.bodies) == 1


async def test_a_stream_that_says_that_it_failed(world: World) -> None:
    failed = encode_message({":message-type": "exception", ":exception-type": "modelStreamErrorException"}, b'{"message": "canary"}')

    async def script(visit: Visit) -> None:
        await visit.say(b"HTTP/1.1 200 OK\r\ncontent-type: application/vnd.amazon.eventstream\r\ntransfer-encoding: chunked\r\n\r\n")
        await visit.chunk(event("messageStart", {"role": "assistant"}) + failed)
        await visit.say(LAST_CHUNK)

    with pytest.raises(UpstreamFailed) as caught:
        await ask(world, "bedrock", "converse", script, stream=True)
    assert "canary" not in f"{caught.value}{caught.value.facts}"
