"""Runs beside the openai and anthropic packages: serves what it is given, asks for it as an application does, and tells what both sides saw.

    python script.py FOLDER     FOLDER has `cases.json`: [{"sdk", "stream", "body", "answer"}]; answers are text

Prints one JSON line: for each case the body of the request and what the package made of the answer.
"""

from __future__ import annotations

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import anthropic
import openai

SEEN: list[dict] = []
CASE: dict = {}


class Answers(BaseHTTPRequestHandler):
    """Answers every request with the case's answer."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        SEEN.append({"path": self.path, "body": json.loads(self.rfile.read(int(self.headers["content-length"])))})
        answer = CASE["answer"].encode()
        self.send_response(200)
        self.send_header("content-type", "text/event-stream" if CASE["stream"] else "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def ask_openai(url: str, body: dict, stream: bool) -> dict:
    client = openai.OpenAI(base_url=url + "/v1", api_key="none", max_retries=0)
    if not stream:
        return client.chat.completions.create(**body).to_dict(exclude_unset=False)
    with client.chat.completions.stream(**body) as events:
        kinds = sorted({event.type for event in events})
        return {"kinds": kinds, "final": events.get_final_completion().to_dict(exclude_unset=False)}


def ask_anthropic(url: str, body: dict, stream: bool) -> dict:
    client = anthropic.Anthropic(base_url=url, api_key="none", max_retries=0)
    if not stream:
        return client.messages.create(**body).to_dict(exclude_unset=False)
    with client.messages.stream(**body) as events:
        kinds = sorted({event.type for event in events})
        return {"kinds": kinds, "final": events.get_final_message().to_dict(exclude_unset=False)}


def main() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    told = []
    for case in json.loads((Path(sys.argv[1]) / "cases.json").read_text(encoding="utf-8")):
        CASE.clear()
        CASE.update(case)
        ask = {"openai": ask_openai, "anthropic": ask_anthropic}[case["sdk"]]
        try:
            told.append({"answer": ask(url, case["body"], case["stream"])})
        except (openai.APIError, anthropic.APIError) as error:
            told.append({"error": f"{type(error).__module__.partition('.')[0]}: {error}"})
    print(json.dumps({"told": told, "seen": SEEN}, default=str))
    server.shutdown()


main()
