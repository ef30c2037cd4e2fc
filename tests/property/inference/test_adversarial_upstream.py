"""An upstream that sends any bytes at all, over a socket, to a whole house: what a client hears was judged, refusals are typed, nothing is left.

Rules this file tests, for answers in three dialects, cut, torn, doubled and spoilt inside their frames and outside, for clients that stay
and clients that leave: no text is released that the guardrail finds fault with; no failure is a bug; no task and no connection outlives it.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ringwall.bootstrap.house import House, open_house
from ringwall.bootstrap.settings import load_settings
from ringwall.guardrails import Block, compile_guardrail, evaluate, parse_config
from ringwall.inference.upstreams.row import ModelRow
from ringwall.vocabulary import Limits
from ringwall.wire.event_stream import encode_message
from tests.integration.inference.upstreams.servers import LAST_CHUNK, Visit, serving
from tests.unit.guardrails.scorers import SCORERS

MESSAGE = "withheld"
POLICY = {
    "name": "wall",
    "blockedInputMessaging": MESSAGE,
    "blockedOutputsMessaging": MESSAGE,
    "wordPolicyConfig": {"wordsConfig": [{"text": "wallaroon deviltry"}]},
    "sensitiveInformationPolicyConfig": {"piiEntitiesConfig": [{"type": "EMAIL", "action": "ANONYMIZE"}]},
}
GUARDRAIL = compile_guardrail(parse_config(POLICY), SCORERS)
ACCOUNT_EVERY = 8  # answers: a circuit opens at ten bad ones of an account
KINDS = ("openai", "anthropic", "bedrock")

PIECES = st.sampled_from(
    (
        "wallaroon ",
        "deviltry",
        "wallaroon deviltry",
        "bob@example.com",
        "bob@",
        "example.com",
        " the pump",
        " and so on" * 60,
        "This sentence ends here. " * 120,
        "\n",
        "\\",
        '"}',
    )
)
SPOILS = (
    b"\n\n",
    b"data: ",
    b"\x00",
    b"\xff",
    b'"',
    b"}",
    b"wallaroon deviltry",
    b"bob@example.com",
    b"\\ud800",
    b"\r",
    b"event: x\n",
    b"[DONE]",
)
TORN = st.tuples(
    st.sampled_from(("flip", "cut", "double", "put", "end")),
    st.sampled_from(range(0, 10_000, 61)),
    st.integers(1, 40),
    st.sampled_from(SPOILS),
)
TEARS = st.sampled_from((0, 0, 1)).flatmap(lambda most: st.lists(TORN, min_size=most, max_size=most))
ENDS = st.sampled_from(("whole", "whole", "no last chunk", "reset"))


def torn(data: bytes, how: tuple[str, int, int, bytes]) -> bytes:
    what, place, length, put = how
    at = place * len(data) // 10_000
    if what == "flip":
        return data[:at] + bytes(byte ^ 1 << length % 8 for byte in data[at : at + 1]) + data[at + 1 :]
    if what == "end":
        return data[:at]
    if what == "cut":
        return data[:at] + data[at + length :]
    return data[: at + length] + data[at:] if what == "double" else data[:at] + put + data[at:]


def payloads(kind: str, pieces: Sequence[str], calls: bool) -> list[tuple[str, bytes]]:
    """Return an answer's events as their names and JSON: a text, and where asked a tool's call with the same words in it."""
    arguments = json.dumps({"words": "".join(pieces)})
    if kind == "openai":
        deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}, *({"content": piece} for piece in pieces)]
        if calls:
            deltas.append(
                {"tool_calls": [{"index": 0, "id": "c", "type": "function", "function": {"name": "run", "arguments": arguments}}]}
            )
        chunks = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
        chunks.append({"index": 0, "delta": {}, "finish_reason": "tool_calls" if calls else "stop"})
        common = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
        return [*(("", json.dumps({**common, "choices": [chunk]}).encode()) for chunk in chunks), ("", b"[DONE]")]
    if kind == "anthropic":
        usage = {"input_tokens": 9, "output_tokens": 1}
        begun = {"id": "a", "type": "message", "role": "assistant", "content": [], "model": "m", "stop_reason": None, "stop_sequence": None}
        events: list[dict[str, Any]] = [{"type": "message_start", "message": {**begun, "usage": usage}}]
        events.append({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}})
        events += [{"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}} for piece in pieces]
        events.append({"type": "content_block_stop", "index": 0})
        if calls:
            block = {"type": "tool_use", "id": "t", "name": "run", "input": {}}
            delta = {"type": "input_json_delta", "partial_json": arguments}
            events.append({"type": "content_block_start", "index": 1, "content_block": block})
            events.append({"type": "content_block_delta", "index": 1, "delta": delta})
            events.append({"type": "content_block_stop", "index": 1})
        reason = {"stop_reason": "tool_use" if calls else "end_turn", "stop_sequence": None}
        events += [{"type": "message_delta", "delta": reason, "usage": {"output_tokens": 2}}, {"type": "message_stop"}]
        return [(each["type"], json.dumps(each).encode()) for each in events]
    named: list[tuple[str, dict[str, Any]]] = [("messageStart", {"role": "assistant"})]
    named += [("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": piece}}) for piece in pieces]
    named.append(("contentBlockStop", {"contentBlockIndex": 0}))
    if calls:
        named.append(("contentBlockStart", {"contentBlockIndex": 1, "start": {"toolUse": {"toolUseId": "t", "name": "run"}}}))
        named.append(("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"toolUse": {"input": arguments}}}))
        named.append(("contentBlockStop", {"contentBlockIndex": 1}))
    named.append(("messageStop", {"stopReason": "tool_use" if calls else "end_turn"}))
    named.append(("metadata", {"usage": {"inputTokens": 9, "outputTokens": 2, "totalTokens": 11}, "metrics": {"latencyMs": 5}}))
    return [(name, json.dumps(payload).encode()) for name, payload in named]


def framed(kind: str, name: str, payload: bytes) -> bytes:
    if kind == "bedrock":
        return encode_message({":message-type": "event", ":event-type": name, ":content-type": "application/json"}, payload)
    return (b"event: %s\n" % name.encode() if name else b"") + b"data: " + payload + b"\n\n"


@st.composite
def answers(draw: st.DrawFn, kind: str) -> tuple[list[bytes], str]:
    """Draw the bytes of a stream in the pieces that they arrive in, and how the connection ends."""
    events = payloads(kind, draw(st.lists(PIECES, min_size=1, max_size=9)), draw(st.booleans()))
    for how in draw(TEARS):  # inside a frame, whose checksum then still holds
        at = how[1] * how[2] % len(events)
        events[at] = events[at][0], torn(events[at][1], how)
    data = b"".join(framed(kind, name, payload) for name, payload in events)
    for how in draw(TEARS):
        data = torn(data, how)
    cuts = sorted({cut % (len(data) + 1) for cut in draw(st.lists(st.integers(0, 4_000), max_size=6))})
    pieces = [data[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    return [piece for piece in pieces if piece], draw(ENDS)


@st.composite
def whole_answers(draw: st.DrawFn, kind: str) -> tuple[list[bytes], str]:
    """Draw the bytes of an answer that does not stream."""
    text = "".join(draw(st.lists(PIECES, min_size=1, max_size=9)))
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if kind == "openai":
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        body: dict[str, Any] = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
    elif kind == "anthropic":
        usage = {"input_tokens": 9, "output_tokens": 2}
        said = [{"type": "text", "text": text}]
        body = {"id": "a", "type": "message", "role": "assistant", "model": "m", "content": said, "stop_reason": "end_turn", "usage": usage}
    else:
        usage = {"inputTokens": 9, "outputTokens": 2, "totalTokens": 11}
        said = [{"text": text}]
        body = {"output": {"message": {"role": "assistant", "content": said}}, "stopReason": "end_turn", "usage": usage}
    data = json.dumps(body).encode()
    for how in draw(TEARS):
        data = torn(data, how)
    return [data] if data else [], draw(ENDS)


class Place:
    """A house, the upstream that sends what it is given, and the key that the current account asks with."""

    def __init__(self) -> None:
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.pieces: list[bytes] = []
        self.end = "whole"
        self.kind = "openai"
        self.streams = True
        self.asked = 0
        self.seen: Counter[str] = Counter()
        self.standing: Counter[str] = Counter()
        self.headers: dict[str, str] = {}
        self.house: House

    async def script(self, visit: Visit) -> None:
        streams = b"application/vnd.amazon.eventstream" if self.kind == "bedrock" else b"text/event-stream"
        media = streams if self.streams else b"application/json"
        await visit.say(b"HTTP/1.1 200 OK\r\ncontent-type: " + media + b"\r\ntransfer-encoding: chunked\r\n\r\n")
        for piece in self.pieces:
            await visit.chunk(piece)
            await asyncio.sleep(0)
            await asyncio.sleep(0)  # so that pieces come one by one
        if self.end == "whole":
            await visit.say(LAST_CHUNK)
        elif self.end == "reset":
            visit.break_off()
        else:
            visit.writer.close()

    async def open(self, folder: Path) -> None:
        server = await self.stack.enter_async_context(serving(self.script))
        at = f"http://127.0.0.1:{server.port}"
        query = {"bedrock": "?region=us-east-1"}
        rows = [
            {"id": f"m-{kind}", "upstream": f"{kind}+{at}/v1{query.get(kind, '')}", "credential": "file:key", "allow_private": True}
            for kind in KINDS
        ]
        given = load_settings({}, directory=folder, flags={"data_dir": str(folder / "var")}).settings
        self.house = await open_house(msgspec.structs.replace(given, models=msgspec.convert(rows, type=tuple[ModelRow, ...])))
        self.stack.push_async_callback(self.house.close)
        credential = folder / "var" / "upstreams" / "key"
        credential.parent.mkdir(mode=0o700, exist_ok=True)
        credential.write_text("AKIDEXAMPLEEXAMPLE00:secret")
        credential.chmod(0o600)
        await self.house.first_start()
        await asyncio.sleep(0.05)
        self.standing = self.under_way()

    async def account(self) -> None:
        """Go on as an account that nothing has failed for yet."""
        identity = self.house.rooms.identity
        made = await identity.create_administrator(f"account-{self.asked}")
        made_id = made.account.account_id
        key = await identity.create_api_key(made_id, made.user.name)
        guardrail = await self.house.rooms.guardrails.create_guardrail(made_id, POLICY)
        self.headers = {
            "host": "127.0.0.1:8741",
            "authorization": f"Bearer {key.token}",
            "content-type": "application/json",
            "x-amzn-bedrock-guardrailidentifier": str(guardrail["guardrailId"]),
            "x-amzn-bedrock-guardrailversion": "DRAFT",
        }

    async def ask(self, *, leaves: int | None) -> tuple[int, bytes]:
        """Ask; return the status and what was heard. leaves: the client goes after so many pieces."""
        if self.asked % ACCOUNT_EVERY == 0:
            await self.account()
        self.asked += 1
        tool = {"type": "function", "function": {"name": "run", "parameters": {"type": "object"}}}
        question = {"model": f"m-{self.kind}", "messages": [{"role": "user", "content": "hello"}], "max_tokens": 100, "tools": [tool]}
        body = json.dumps({**question, "stream": self.streams}).encode()
        sent: list[dict[str, Any]] = []
        gone = asyncio.Event()
        to_come = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            if to_come:
                return to_come.pop()
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)
            if leaves is not None and len(sent) > leaves:
                gone.set()

        await call(self.house.application, self.headers, receive, send)
        heard = b"".join(message.get("body", b"") for message in sent[1:])
        return int(sent[0]["status"]), heard

    def under_way(self) -> Counter[str]:
        """Return the tasks of this loop by what they run, without the upstream's own."""
        here = asyncio.current_task(self.runner.get_loop())
        names = [getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks(self.runner.get_loop()) if task is not here]
        return Counter(name for name in names if name != "Server.serve")

    async def left_over(self) -> list[str]:
        """Return what is still under way, and was not when the house was opened, once everything had its turn."""
        for _ in range(50):
            await asyncio.sleep(0.01)
            sessions = self.house.rooms.upstreams._connections._sessions.values()
            busy = [str(session.connector) for session in sessions if session.connector is not None and session.connector._acquired]
            tasks = [*(self.under_way() - self.standing)]
            if not tasks and not busy:
                return []
        return tasks + busy


async def call(
    application: Any,
    headers: dict[str, str],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/v1/chat/completions",
        "raw_path": b"/v1/chat/completions",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 40000),
        "server": ("127.0.0.1", 8741),
    }
    await application(scope, receive, send)


def words_of(heard: bytes, *, stream: bool) -> tuple[list[str], str]:
    """Return the texts that were heard, each whole, and the code of the error, if it ended with one."""
    if stream:
        lines = [line.removeprefix("data: ") for line in heard.decode().splitlines() if line.startswith("data: ")]
        events = [json.loads(line) for line in lines if line != "[DONE]"]
    else:
        events = [json.loads(heard)]
    code = next((event["error"]["code"] for event in events if "error" in event), "")
    texts: dict[str, str] = {}
    for event in events:
        for choice in event.get("choices", ()):
            said = choice.get("delta") or choice.get("message") or {}
            for member in ("content", "reasoning_content", "refusal"):
                texts[member] = texts.get(member, "") + (said.get(member) or "")
            for tool in said.get("tool_calls") or ():
                place = f"tool {tool.get('index', tool.get('id'))}"
                texts[place] = texts.get(place, "") + (tool["function"].get("arguments") or "")
                texts["names"] = texts.get("names", "") + (tool["function"].get("name") or "")
    return [text for text in texts.values() if text], code


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    made = Place()
    with made.runner:
        made.runner.run(made.open(tmp_path_factory.mktemp("adversary")))
        yield made
        assert made.runner.run(made.left_over()) == []
        assert min(made.seen[each] for each in ("text, ended", "no text, failed")) > 0, "the bytes are too tame, or too wild"
        made.runner.run(made.stack.aclose())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.timeout(1800)
@settings(
    max_examples=settings.default.max_examples // 3, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data())
def test_whatever_bytes_an_upstream_sends(place: Place, kind: str, data: st.DataObject) -> None:
    place.kind, place.streams = kind, data.draw(st.sampled_from((True, True, False)))
    place.pieces, place.end = data.draw(answers(kind) if place.streams else whole_answers(kind))
    leaves = data.draw(st.none() | st.none() | st.integers(1, 6))
    status, heard = place.runner.run(place.ask(leaves=leaves))
    assert status in {200, 400, 429, 502, 503, 504}, heard
    assert b"wallaroon deviltry" not in heard
    assert b"bob@example.com" not in heard
    if leaves is not None and place.streams:  # who left may have heard half an event
        heard = heard[: heard.rfind(b"\n\n") + 2]
    elif leaves is not None and not heard:
        return
    texts, code = words_of(heard, stream=place.streams and status == 200)
    place.seen[f"{'text' if texts else 'no text'}, {'failed' if code else 'ended'}"] += 1
    assert code != "bug"
    assert (status == 200) or code
    for text in texts:
        evaluation = evaluate(GUARDRAIL, "OUTPUT", [Block(text)], Limits())
        assert evaluation.outcome.action == "NONE", (text, code)


def test_two_hundred_broken_streams_leave_no_task_and_no_connection(place: Place) -> None:
    place.streams, filler, begun = True, "This sentence ends here. " * 120, 0
    for number in range(204):
        place.kind = KINDS[number % 3]
        pieces = [filler, "bob@exam", "ple.com, ", filler, "wallaroon ", "deviltry"]
        frames = [framed(place.kind, name, payload) for name, payload in payloads(place.kind, pieces, calls=False)]
        place.pieces, place.end = frames[: 2 + number % 6], ("reset", "no last chunk")[number % 2]
        status, heard = place.runner.run(place.ask(leaves=2 if number % 4 == 0 else None))
        assert b"@exam" not in heard
        assert b"wallaroon" not in heard
        if number % 4:
            texts, code = words_of(heard, stream=status == 200)
            assert code == "upstream-broke-off", heard
            assert all(f"{filler}{{EMAIL}}, {filler}".startswith(text) for text in texts)
            begun += bool(texts)
    assert begun > 50, "many break off after something was heard"
    assert place.runner.run(place.left_over()) == []
