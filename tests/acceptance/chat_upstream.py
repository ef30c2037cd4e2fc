"""A model's server on loopback, in OpenAI's dialect over HTTP/1.1: it says what a test lets it say, whole or in pieces, and breaks off when told."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Said:
    """One answer: a text, or a call of the tool `run` with JSON; `breaks`: after so many pieces of a stream the connection ends."""

    text: str = ""
    call: str = ""
    breaks: int | None = None


@dataclass
class ChatUpstream:
    """The server. `piece`: characters of a piece. `pace_s`: seconds between two. `fails`: how many of the next requests get a 503.

    `headers`: of each request that came.
    """

    answer: Callable[[str], Said]
    piece: int
    pace_s: float
    usage: dict[str, int] | None
    port: int = 0
    fails: int = 0
    headers: list[dict[str, str]] = field(default_factory=list)

    def row(self, name: str) -> dict[str, object]:
        """Return the row of the model table that leads here."""
        return {"id": name, "upstream": f"openai+http://127.0.0.1:{self.port}/v1", "allow_private": True}


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, upstream: ChatUpstream) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = upstream

    def handle_error(self, *_: object) -> None:
        """Connections that are cut are what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        upstream = self.server.upstream
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        upstream.headers.append({name.lower(): value for name, value in self.headers.items()})
        if upstream.fails:
            upstream.fails -= 1
            self._whole(503, {})
            return
        content = asked["messages"][-1]["content"]
        said = upstream.answer(content if isinstance(content, str) else "".join(part.get("text", "") for part in content))
        head = {"id": "1", "created": 1, "model": asked["model"]}
        if asked.get("stream"):
            self._stream({**head, "object": "chat.completion.chunk"}, said)
        else:
            message: dict[str, Any] = {"role": "assistant", "content": said.text}
            if said.call:
                message |= {"content": None, "tool_calls": [_call(said.call)]}
            choice = {"index": 0, "message": message, "finish_reason": _reason(said)}
            counted = {"usage": upstream.usage} if upstream.usage else {}
            self._whole(200, {**head, "object": "chat.completion", "choices": [choice], **counted})

    def _whole(self, status: int, answer: dict[str, Any]) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, head: dict[str, Any], said: Said) -> None:
        upstream = self.server.upstream
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        try:
            for number, delta in enumerate(_deltas(said, upstream.piece)):
                if number == said.breaks:
                    self.close_connection = True
                    return
                self._event({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
                time.sleep(upstream.pace_s)
            self._event({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": _reason(said)}]})
            if upstream.usage:
                self._event({**head, "choices": [], "usage": upstream.usage})
            self._chunk(b"data: [DONE]\n\n")
            self.wfile.write(b"0\r\n\r\n")
        except OSError:  # whoever asked has gone
            self.close_connection = True

    def _event(self, event: dict[str, Any]) -> None:
        self._chunk(b"data: " + json.dumps(event).encode() + b"\n\n")

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def finish(self) -> None:
        try:
            super().finish()
        except OSError:  # it was broken off
            return


def _deltas(said: Said, piece: int) -> Iterator[dict[str, Any]]:
    yield {"role": "assistant", "content": None if said.call else ""}
    if said.call:
        yield {"tool_calls": [{"index": 0, **_call("")}]}
        for part in _pieces(said.call, piece):
            yield {"tool_calls": [{"index": 0, "function": {"arguments": part}}]}
    else:
        for part in _pieces(said.text, piece):
            yield {"content": part}


def _pieces(text: str, piece: int) -> list[str]:
    return [text[at : at + piece] for at in range(0, len(text), piece)]


def _call(arguments: str) -> dict[str, Any]:
    return {"id": "call_1", "type": "function", "function": {"name": "run", "arguments": arguments}}


def _reason(said: Said) -> str:
    return "tool_calls" if said.call else "stop"


@contextmanager
def chat_upstream(
    answer: Callable[[str], Said], *, piece: int = 7, pace_s: float = 0.0, usage: dict[str, int] | None = None
) -> Iterator[ChatUpstream]:
    """Serve while the block runs: to the text of each question's last message, what `answer` says."""
    upstream = ChatUpstream(answer, piece, pace_s, usage)
    server = _Server(upstream)
    upstream.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield upstream
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
