"""Clients that ask over plain HTTP, stream by stream, and keep what they heard however it ended."""

from __future__ import annotations

import http.client
import json
import random
import threading
from dataclasses import dataclass, field
from typing import Any

from tests.live import Live


@dataclass
class Heard:
    """One answer as far as it came. request_id: of the head, empty where none came; whole: it came to its end."""

    lines: int
    request_id: str = ""
    status: int = 0
    text: str = ""
    code: str = ""
    whole: bool = False


@dataclass
class Asker:
    """Where to ask, and with what; it outlives the server."""

    port: int
    api_key: str
    guardrail: str

    def open(self, words: str, *, stream: bool) -> http.client.HTTPConnection:
        """Send a question."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {
            "authorization": f"Bearer {self.api_key}",
            "content-type": "application/json",
            "x-amzn-bedrock-guardrailidentifier": self.guardrail,
            "x-amzn-bedrock-guardrailversion": "DRAFT",
        }
        body = {"model": "telling", "messages": [{"role": "user", "content": words}], "stream": stream}
        try:
            connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
        except OSError:
            connection.close()
            raise
        return connection

    def ask(self, lines: int, *, stream: bool = True, more: str = "") -> Heard:
        """Ask for so many lines and read to the end, or to where it breaks off."""
        heard = Heard(lines)
        connection: http.client.HTTPConnection | None = None
        try:
            connection = self.open(f"{lines}{more}", stream=stream)
            answer = connection.getresponse()
            heard.status, heard.request_id = answer.status, answer.headers["x-amzn-requestid"]
            if stream and answer.status == 200:
                self._read_stream(answer, heard)
            else:
                self._read_whole(json.loads(answer.read()), heard)
        except (OSError, http.client.HTTPException, ValueError):
            pass  # the server is gone: what came is in `heard`
        finally:
            if connection is not None:
                connection.close()
        return heard

    def _read_whole(self, answer: dict[str, Any], heard: Heard) -> None:
        if "error" in answer:
            heard.code = answer["error"]["code"]
            return
        heard.text, heard.whole = answer["choices"][0]["message"]["content"], True

    def _read_stream(self, answer: http.client.HTTPResponse, heard: Heard) -> None:
        for line in answer:
            data = line.decode().removeprefix("data: ").strip()
            if data == "[DONE]":
                heard.whole = True
            elif data:
                event = json.loads(data)
                heard.code = event.get("error", {}).get("code", heard.code)
                heard.text += "".join(choice["delta"].get("content") or "" for choice in event.get("choices", ()))


def asker(live: Live, guardrail: str) -> Asker:
    """Return one for a server's administrator."""
    return Asker(int(live.url.rpartition(":")[2]), live.ready["apiKey"], guardrail)


@dataclass
class Load:
    """Clients that ask one question after the other until they are told to stop, or nobody answers."""

    asker: Asker
    clients: int
    heard: list[Heard] = field(default_factory=list)
    enough: threading.Event = field(default_factory=threading.Event)
    stop: threading.Event = field(default_factory=threading.Event)
    after: int = 0

    def start(self, after: int) -> list[threading.Thread]:
        """Start them; `enough` is set when so many answers came."""
        self.after = after
        threads = [threading.Thread(target=self._go, args=(seed,), daemon=True) for seed in range(self.clients)]
        for thread in threads:
            thread.start()
        return threads

    def _go(self, seed: int) -> None:
        seeded = random.Random(seed)
        while not self.stop.is_set():
            heard = self.asker.ask(seeded.randrange(1, 12), stream=seeded.random() < 0.8)
            self.heard.append(heard)
            if len(self.heard) >= self.after:
                self.enough.set()
            if not heard.request_id:  # nobody answers any more
                return
