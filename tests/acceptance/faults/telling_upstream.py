"""An OpenAI-compatible upstream on this machine that tells what no client may hear, line by line, and breaks off when it is told to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PACE_S = 0.004
"""Between two pieces of a stream: slow enough to be cut in the middle."""


def told(lines: int) -> str:
    """What the upstream says."""
    return "".join(f"Number {at} is at ada{at}@example.com today.\n" for at in range(lines))


def guarded(lines: int) -> str:
    """The same as a guardrail that masks addresses lets it go."""
    return "".join(f"Number {at} is at {{EMAIL}} today.\n" for at in range(lines))


class _Model(BaseHTTPRequestHandler):
    """Answers the last message: `LINES`, or `LINES break PIECES`, after which the connection ends in the middle."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        words = str(body["messages"][-1]["content"]).split()
        text, breaks = told(int(words[0])), int(words[2]) if len(words) > 2 else None
        self.send_response(200)
        if body.get("stream"):
            self.send_header("content-type", "text/event-stream")
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            self._stream(text, breaks)
            return
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        whole = json.dumps({"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}).encode()
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(whole)))
        self.end_headers()
        self.wfile.write(whole)

    def _stream(self, text: str, breaks: int | None) -> None:
        pieces = [text[at : at + 9] for at in range(0, len(text), 9)]
        try:
            for number, piece in enumerate(pieces):
                if number == breaks:
                    self.close_connection = True
                    return
                self._chunk({"content": piece}, None)
                time.sleep(PACE_S)
            self._chunk({}, "stop")
            self._write(b"data: [DONE]\n\n")
            self.wfile.write(b"0\r\n\r\n")
        except OSError:  # whoever asked has gone
            self.close_connection = True

    def _chunk(self, delta: dict[str, str], reason: str | None) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
        self._write(b"data: " + json.dumps(chunk).encode() + b"\n\n")

    def _write(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def finish(self) -> None:
        try:
            super().finish()
        except OSError:  # it was broken off
            return


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    asked = 0

    def process_request(self, request: object, client_address: object) -> None:
        self.asked += 1
        super().process_request(request, client_address)  # type: ignore[arg-type]

    def handle_error(self, *_: object) -> None:
        """A connection that was cut is what these tests are about."""


@dataclass
class Upstream:
    """Where it listens, and how many connections asked it."""

    server: _Server

    @property
    def row(self) -> dict[str, object]:
        """The row of the model table that leads here."""
        upstream = f"openai+http://127.0.0.1:{self.server.server_port}/v1"
        return {"id": "telling", "upstream": upstream, "allow_private": True}

    @property
    def asked(self) -> int:
        return self.server.asked


@contextmanager
def telling() -> Iterator[Upstream]:
    """Serve while the block runs."""
    server = _Server(("127.0.0.1", 0), _Model)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Upstream(server)
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
