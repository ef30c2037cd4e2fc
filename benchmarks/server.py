"""What the server spends on one ApplyGuardrail call, besides the rules: `python benchmarks/server.py [--calls N] [--json]`.

Starts `ringwall up` on a fresh data directory, then again on the same one (the start that counts), makes a guardrail with one denied word
that is looked for in INPUT alone, and sends signed requests over keep-alive connections from this process: each with a text of its own,
signed as boto3 signs and written out before the clock runs, so that the client takes as little of the processors as it can. The server's
CPU is user and system time of its whole process tree, from /proc. The same calls with source OUTPUT, where no filter is enabled, cost what
a call costs besides the rules: protocol, identity, limits, record, event loop.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import selectors
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

ROOT = Path(__file__).resolve().parent.parent
TICK_S = 1 / os.sysconf("SC_CLK_TCK")
POLICY = {
    "name": "trivial",
    "blockedInputMessaging": "blocked",
    "blockedOutputsMessaging": "blocked",
    "wordPolicyConfig": {"wordsConfig": [{"text": "xylomancy", "inputEnabled": True, "outputEnabled": False}]},
}
SENTENCE = "The committee asked for a shorter report and a clear table of costs, and for call number {0} to be answered. "
SIZES = (100, 1_000)
CONCURRENCIES = (1, 16, 64)
ROUNDS = 3


class Server:
    """A `ringwall up` of its own."""

    def __init__(self, directory: Path) -> None:
        began = time.monotonic()
        command = [sys.executable, "-m", "ringwall", "up", "--port", "0", "--data-dir", str(directory), "--json"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT)
        assert self.process.stdout is not None
        self.said = json.loads(self.process.stdout.readline() or "{}")
        self.ready_s = time.monotonic() - began
        if "url" not in self.said:
            sys.exit("the server did not start")

    def cpu_s(self) -> float:
        """User and system time of the process and its children."""
        spent = 0.0
        for pid in self._tree():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            spent += sum(int(field) for field in fields[11:15]) * TICK_S
        return spent

    def rss_mb(self) -> float:
        pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in self._tree())
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def _tree(self) -> list[int]:
        found = [self.process.pid]
        for pid in found:
            for task in Path(f"/proc/{pid}/task").iterdir():
                found += [int(child) for child in (task / "children").read_text().split()]
        return found

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


class Client:
    """Signs requests ahead and sends them."""

    def __init__(self, said: dict[str, Any], secret: str) -> None:
        self._host = said["url"].partition("//")[2]
        self._url = said["url"]
        self._credentials = Credentials(said["accessKeyId"], secret)

    def sign(self, method: str, path: str, body: bytes) -> tuple[str, str, bytes, dict[str, str]]:
        request = AWSRequest(method, self._url + path, data=body, headers={"Content-Type": "application/json"})
        SigV4Auth(self._credentials, "bedrock", "us-east-1").add_auth(request)
        return method, path, body, {**dict(request.headers.items()), "User-Agent": "Boto3/1.42.0 md/Botocore#1.42.0 lang/python#3.11"}

    def send(self, requests: list[tuple[str, str, bytes, dict[str, str]]]) -> list[bytes]:
        """Send requests one after the other over one connection."""
        connection = http.client.HTTPConnection(self._host, timeout=60)
        answers = []
        for request in requests:
            connection.request(*request)
            response = connection.getresponse()
            answers.append(response.read())
            if response.status // 100 != 2:
                raise RuntimeError(f"{response.status}: {answers[-1][:300]!r}")
        connection.close()
        return answers

    def drive(self, requests: list[bytes], connections: int) -> list[bytes]:
        """Send written requests over several connections at once, each connection its next when it has been answered."""
        host, _, port = self._host.partition(":")
        selector = selectors.DefaultSelector()
        for start in range(connections):
            lane = iter(requests[start::connections])
            channel = socket.create_connection((host, int(port)))
            channel.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            channel.sendall(next(lane))
            selector.register(channel, selectors.EVENT_READ, lane)
        answers = []
        while selector.get_map():
            for key, _ in selector.select():
                channel = key.fileobj
                answers.append(_answer(channel))
                following = next(key.data, None)
                if following is None:
                    selector.unregister(channel)
                    channel.close()
                else:
                    channel.sendall(following)
        return answers

    def write(self, path: str, body: bytes) -> bytes:
        """Return a signed POST as it goes over the wire."""
        _, _, _, headers = self.sign("POST", path, body)
        lines = {"Host": self._host, **headers, "Content-Length": str(len(body))}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        return f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + body


def _answer(channel: socket.socket) -> bytes:
    """Read one answer and return its body."""
    received = channel.recv(65_536)
    head, _, body = received.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    while len(body) < length:
        body += channel.recv(65_536)
    if not head.startswith(b"HTTP/1.1 2"):
        raise RuntimeError(f"{head[:40]!r}: {body[:300]!r}")
    return body


def texts(size: int, count: int) -> list[str]:
    return [(SENTENCE.format(number) * (size // len(SENTENCE) + 2))[:size] for number in range(count)]


def measure(server: Server, client: Client, path: str, *, source: str, size: int, concurrency: int, calls: int) -> tuple[float, float]:
    """Return microseconds of server CPU a call, and calls a second."""
    bodies = [json.dumps({"source": source, "content": [{"text": {"text": text}}]}).encode() for text in texts(size, calls)]
    written = [client.write(path, body) for body in bodies]
    client.drive(written[: 10 * concurrency], concurrency)
    cpu, began = server.cpu_s(), time.monotonic()
    answers = client.drive(written, concurrency)
    took, spent = time.monotonic() - began, server.cpu_s() - cpu
    assert all(json.loads(body)["action"] == "NONE" for body in answers)
    return spent / calls * 1e6, calls / took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=1_000, help="timed calls of each of three rounds, per row and source")
    parser.add_argument("--json", action="store_true", help="one JSON object in place of the table")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        first = Server(Path(folder))
        secret = first.said["secretAccessKey"]
        first.stop()
        server = Server(Path(folder))
        try:
            client = Client(server.said, secret)
            made = json.loads(client.send([client.sign("POST", "/guardrails", json.dumps(POLICY).encode())])[0])
            path = f"/guardrail/{made['guardrailId']}/version/DRAFT/apply"
            rows = []
            for size in SIZES:
                for concurrency in CONCURRENCIES:
                    spent = {"INPUT": [], "OUTPUT": []}
                    rate = []
                    for source in ("INPUT", "OUTPUT") * ROUNDS:
                        cost, calls_s = measure(server, client, path, source=source, size=size, concurrency=concurrency, calls=given.calls)
                        spent[source].append(cost)
                        rate += [calls_s] if source == "INPUT" else []
                    whole, besides = statistics.median(spent["INPUT"]), statistics.median(spent["OUTPUT"])
                    rows.append(
                        {
                            "characters": size,
                            "connections": concurrency,
                            "server_us": whole,
                            "besides_rules_us": besides,
                            "rules_share": 1 - besides / whole,
                            "calls_s": statistics.median(rate),
                        }
                    )
            figures = {"first_start_s": first.ready_s, "ready_s": server.ready_s, "rss_mb": server.rss_mb(), "rows": rows}
        finally:
            server.stop()
    if given.json:
        print(json.dumps(figures))
        return
    print(f"ready after {figures['first_start_s']:.2f} s (first start), {figures['ready_s']:.2f} s (later); RSS {figures['rss_mb']:.0f} MB")
    print(f"{'characters':>10} {'connections':>12} {'server us':>10} {'besides rules us':>17} {'rules share':>12} {'calls/s':>8}")
    for row in rows:
        print(
            f"{row['characters']:>10} {row['connections']:>12} {row['server_us']:>10.0f} {row['besides_rules_us']:>17.0f}"
            f" {row['rules_share']:>12.0%} {row['calls_s']:>8.0f}"
        )


if __name__ == "__main__":
    main()
