"""Tokens counted by those who know: each upstream's own operation is asked for what would be sent, and nobody guesses."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from ringwall.errors import RingwallError
from ringwall.inference.upstreams.development import respond
from ringwall.inference.upstreams.errors import ModelRowRefused, UpstreamRefused
from ringwall.inference.upstreams.row import DEVELOPMENT_ROW, ModelRow, check_row
from ringwall.inference.upstreams.token_counts import TokensUncounted
from ringwall.wire.dialects.errors import MalformedAnswer
from ringwall.wire.dialects.model import Usage
from ringwall.wire.dialects.table import DIALECTS
from tests.integration.inference.upstreams.conftest import World, route_of, row_of
from tests.integration.inference.upstreams.servers import Visit, serving, whole
from tests.integration.inference.upstreams.test_vendors import ASKED, KINDS

pytestmark = pytest.mark.anyio

ANSWERS = {"openai": {"count": 17, "max_model_len": 9, "tokens": [1]}, "anthropic": {"input_tokens": 17}, "bedrock": {"inputTokens": 17}}
PATHS = {"openai": b"POST /tokenize ", "anthropic": b"POST /v1/v1/messages/count_tokens ", "bedrock": b"POST /v1/model/m/count-tokens "}
LOOK_UP = {"name": "look_up", "description": "finds", "input_schema": {"type": "object"}}


async def count(
    world: World, kind: str, body: dict[str, Any], *, asked_in: str = "", answer: Any = None, status: int = 200
) -> tuple[int, Any]:
    """Return the count, and what the upstream was asked."""

    async def script(visit: Visit) -> None:
        await visit.say(whole(json.dumps(ANSWERS[kind] if answer is None else answer).encode(), status=status))

    ask = DIALECTS[asked_in or KINDS[kind]].read_request(body, model="m")
    row = row_of(0, kind=kind, tokenize=kind == "openai")
    async with serving(script) as server, world.upstreams(dialects=DIALECTS) as upstreams:
        row = msgspec.structs.replace(row, upstream=row.upstream.replace(":0/", f":{server.port}/"))
        found = await upstreams.count_tokens(ask, route_of(row))
        assert len(server.heads) == 1
        assert server.heads[0].startswith(PATHS[kind])
        assert b"canary-credential" in server.heads[0] or b"AWS4" in server.heads[0]
        return found, json.loads(server.bodies[0])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("asked_in", ASKED)
async def test_an_upstream_counts_what_it_would_be_asked(kind: str, asked_in: str, world: World) -> None:
    found, sent = await count(world, kind, ASKED[asked_in], asked_in=asked_in)
    assert found == 17
    members = sent["input"]["converse"] if kind == "bedrock" else sent
    assert members.keys() - {"model"} <= {"messages", "system"}
    assert "Be brief." in json.dumps(members)
    assert "Good morning" in json.dumps(members)
    assert not {"max_tokens", "inferenceConfig", "max_completion_tokens", "stream"} & members.keys()


async def test_tools_are_counted_too(world: World) -> None:
    body = {**ASKED["anthropic_messages"], "tools": [LOOK_UP], "tool_choice": {"type": "auto"}, "temperature": 0.5}
    _, sent = await count(world, "anthropic", body)
    assert (sent["tools"], sent["tool_choice"]) == ([LOOK_UP], {"type": "auto"})
    _, sent = await count(world, "bedrock", body, asked_in="anthropic_messages")
    assert sent["input"]["converse"]["toolConfig"]["tools"][0]["toolSpec"]["name"] == "look_up"
    _, sent = await count(world, "openai", body, asked_in="anthropic_messages")
    assert sent["tools"][0]["function"]["name"] == "look_up"


@pytest.mark.parametrize(
    ("kind", "members", "named"),
    [
        ("bedrock", {"promptVariables": {"a": {"text": "b"}}}, "promptVariables"),
        ("bedrock", {"outputConfig": {"textFormat": {}}}, "outputConfig"),
        ("openai", {"reasoning_effort": "high"}, "reasoning_effort"),
        ("openai", {"documents": [{"text": "page"}]}, "documents"),
        ("openai", {"tools": [{"type": "function", "function": {"name": "t"}}], "tool_choice": "none"}, "tools"),
    ],
)
async def test_what_may_be_in_the_prompt_and_is_not_counted_is_refused(
    kind: str, members: dict[str, Any], named: str, world: World
) -> None:
    with pytest.raises(TokensUncounted, match=named):
        await count(world, kind, {**ASKED[KINDS[kind]], **members})


@pytest.mark.parametrize("answer", [{}, {"count": True}, {"count": "17"}, {"count": -1}, {"count": 2**31}, {"count": 1.5}, [17], None])
async def test_an_answer_without_a_count_is_none(answer: Any, world: World) -> None:
    with pytest.raises(MalformedAnswer):
        await count(world, "openai", ASKED["openai_chat"], answer={"count": None} if answer is None else answer)


async def test_a_refusal_is_told_without_what_the_upstream_says(world: World) -> None:
    with pytest.raises(UpstreamRefused) as error:
        await count(world, "anthropic", ASKED["anthropic_messages"], status=400, answer={"error": "canary"})
    assert "canary" not in str(error.value)


async def test_nobody_guesses(world: World) -> None:
    async with world.upstreams(dialects=DIALECTS) as upstreams:
        ask = DIALECTS["openai_chat"].read_request(ASKED["openai_chat"], model="m")
        with pytest.raises(TokensUncounted) as error:
            await upstreams.count_tokens(ask, route_of(row_of(1)))
    assert isinstance(error.value, RingwallError)
    assert (error.value.code, error.value.status) == ("tokens-uncounted", 400)


@pytest.mark.parametrize("asked_in", ASKED)
async def test_the_built_in_model_counts_as_its_answers_say(asked_in: str, world: World) -> None:
    ask = DIALECTS[asked_in].read_request(ASKED[asked_in], model="m")
    said = [event.input_tokens for event in respond(ask) if isinstance(event, Usage)]
    async with world.upstreams(dialects=DIALECTS) as upstreams:
        assert [await upstreams.count_tokens(ask, route_of(DEVELOPMENT_ROW))] == said == [4]


@pytest.mark.parametrize("uri", ["anthropic+https://a.example", "bedrock://us-east-1", "development:"])
def test_only_a_server_of_openais_dialect_tokenizes(uri: str) -> None:
    credential = "" if uri == "development:" else "env:KEY"
    with pytest.raises(ModelRowRefused, match="tokenize"):
        check_row(ModelRow(id="m", upstream=uri, credential=credential, tokenize=True))
