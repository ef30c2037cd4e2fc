"""An OpenAI-compatible upstream that answers with the last user message, whole or a word at a time."""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMON = {"id": "echo-1", "created": 0, "model": "echo"}
USAGE = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}


class Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        said = asked["messages"][-1]["content"]
        text = said if isinstance(said, str) else "".join(part.get("text", "") for part in said)
        if asked.get("stream"):
            self.answer("text/event-stream", b"".join(b"data: %s\n\n" % each for each in events(text)))
            return
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
        self.answer("application/json", json.dumps({**COMMON, "object": "chat.completion", "choices": [choice], "usage": USAGE}).encode())

    def answer(self, media: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("content-type", media)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


def events(text: str) -> list[bytes]:
    """Return the stream's events: a piece for every three characters, so that nothing worth masking comes in one."""
    pieces = [{"content": text[at : at + 3]} for at in range(0, len(text), 3)]
    choices = [{"index": 0, "delta": each, "finish_reason": None} for each in [{"role": "assistant", "content": ""}, *pieces]]
    choices.append({"index": 0, "delta": {}, "finish_reason": "stop"})
    chunks = [{**COMMON, "object": "chat.completion.chunk", "choices": [each]} for each in choices]
    chunks.append({**COMMON, "object": "chat.completion.chunk", "choices": [], "usage": USAGE})
    return [*(json.dumps(each).encode() for each in chunks), b"[DONE]"]


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    print(server.server_port, flush=True)
    sys.exit(server.serve_forever())
