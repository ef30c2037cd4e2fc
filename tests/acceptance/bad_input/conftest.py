"""What the hostile caller's tests share: the live server as raw sockets see it, its memory, and its audit record."""

from __future__ import annotations

import json
import re
import socket
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.live import Live, start

MEGABYTE = 1 << 20


@dataclass
class Attacked:
    """A server under attack."""

    live: Live

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        return "127.0.0.1", int(self.live.url.rpartition(":")[2])

    @property
    def authority(self) -> bytes:
        """What a client puts into its Host header."""
        return b"127.0.0.1:%d" % self.address[1]

    def send(self, *pieces: bytes) -> tuple[int, bytes]:
        """Send bytes as they are and return (status, body) of the first answer; status 0 where the connection was closed without one."""
        with socket.create_connection(self.address, timeout=120) as connection:
            try:
                for piece in pieces:
                    connection.sendall(piece)
            except (BrokenPipeError, ConnectionResetError):
                return 0, b""  # refused while it was still being sent
            return _first_answer(connection)

    def post(self, path: bytes, body: bytes, *headers: bytes, host: bytes | None = None, key: str | None = None) -> tuple[int, bytes]:
        """POST JSON with the administrator's API key."""
        lines = (
            b"POST %s HTTP/1.1" % path,
            b"host: %s" % (host or self.authority),
            b"authorization: Bearer %s" % (key or self.live.ready["apiKey"]).encode(),
            b"content-type: application/json",
            b"content-length: %d" % len(body),
            *headers,
        )
        return self.send(b"\r\n".join(lines) + b"\r\n\r\n" + body)

    @property
    def apply_path(self) -> bytes:
        """ApplyGuardrail of the demo guardrail, on the AWS face."""
        return b"/guardrail/%s/version/DRAFT/apply" % self.live.ready["guardrailId"].encode()

    @property
    def native_path(self) -> bytes:
        """The same on the native face."""
        return b"/ringwall/v1/guardrails/%s/apply" % self.live.ready["guardrailId"].encode()

    def native(self, path: str) -> Any:
        """GET from the native API."""
        request = urllib.request.Request(
            f"{self.live.url}/ringwall/v1{path}", headers={"authorization": f"Bearer {self.live.ready['apiKey']}"}
        )
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.loads(answer.read())

    def last_record(self) -> Any:
        """The newest audit record."""
        return self.native("/records?limit=1")["records"][0]

    def answers(self) -> bool:
        """Whether it still judges, and says so."""
        status, body = self.post(self.native_path, b'{"text": "mail bob@example.com"}')
        return status == 200 and json.loads(body)["judgement"]["action"] == "ANONYMIZE"

    def memory_bytes(self, field: str = "VmRSS") -> int:
        """Resident memory of the server process (`VmHWM`: the most it ever was)."""
        found = re.search(rf"^{field}:\s+(\d+) kB", Path(f"/proc/{self.live.process.pid}/status").read_text(), re.MULTILINE)
        assert found is not None
        return int(found[1]) * 1024

    @property
    def log(self) -> str:
        """What the server wrote to its log."""
        return (self.live.data_dir.parent / f"{self.live.data_dir.name}.log").read_text()


def _first_answer(connection: socket.socket) -> tuple[int, bytes]:
    received = b""
    while b"\r\n\r\n" not in received:
        try:
            more = connection.recv(65536)
        except ConnectionResetError:
            return 0, b""
        if not more:
            return 0, b""
        received += more
    head, _, body = received.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    while length and len(body) < int(length[1]):
        more = connection.recv(65536)
        if not more:
            break
        body += more
    return int(head.split(b" ")[1]), body


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    """A server of its own; after the attacks it still answers, logs no failure of its own, and stops cleanly."""
    live = start(tmp_path_factory.mktemp("attacked") / "var")
    server = Attacked(live)
    yield server
    assert server.answers()
    assert live.stop() == 0
    for trace in ("Traceback", "api.request.bug", "console.page.bug", "api.record.failed"):
        assert trace not in server.log
