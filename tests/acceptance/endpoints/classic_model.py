"""A small server with a classic model, as SageMaker's containers have it: the class of the nearest of four centres, and how sure it is."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ringwall.wire.tabular.npy import Array, write_npy
from ringwall.wire.tabular.rows import read_rows
from tests.unit.inference.monitors.examples import CENTRES


def confidences(vector: tuple[float, ...]) -> list[float]:
    if len(vector) != len(CENTRES[0]):
        return [0.25] * 4
    apart = [math.dist(vector, centre) for centre in CENTRES]
    weights = [math.exp((min(apart) - each) / 100) for each in apart]
    return [each / sum(weights) for each in weights]


class _Model(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked: list[dict[str, Any]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.asked.append({"path": self.path, "headers": {name.lower(): value for name, value in self.headers.items()}, "body": body})
        if self.path == "/broken":
            self._answer(500, "text/plain", b"a stack trace with the numbers in it")
            return
        if self.path == "/large":
            self._answer(200, "text/csv", b"1," * 4_000_000)
            return
        kind = self.headers["content-type"]
        if self.path == "/echo":
            self._answer(200, kind, body)
            return
        made = [confidences(row) for row in read_rows(kind, body)]
        if kind == "text/csv":
            self._answer(200, kind, "".join(f"{','.join(map(repr, row))}\n" for row in made).encode())
        elif kind == "application/x-npy":
            flat = tuple(each for row in made for each in row)
            self._answer(200, kind, write_npy(Array(descr="<f8", shape=(len(made), 4), values=flat)))
        else:
            self._answer(200, kind, json.dumps({"predictions": made}).encode())

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        for name, value in (
            ("content-type", kind),
            ("content-length", str(len(body))),
            ("x-amzn-sagemaker-custom-attributes", "seen=1"),
            ("x-amzn-invoked-production-variant", "blue"),
            ("x-secret", "of the server"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def served() -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Yield its port, and what it was asked."""
    asked: list[dict[str, Any]] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Model", (_Model,), {"asked": asked}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1]), asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
