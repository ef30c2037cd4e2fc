"""A witness of our own, with C2SP's rules, for one log: in this process, or on a port."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from ringwall.crypto import verify_consistency
from ringwall.crypto.base64_text import decode_base64
from ringwall.crypto.checkpoint import Checkpoint, parse_checkpoint
from ringwall.crypto.log_policy import Witness
from ringwall.crypto.notes import COSIGNATURE_V1, Ed25519Signer, NoteKey, open_note, signature_line
from ringwall.errors import IntegrityError
from ringwall.ledger.witness import SIZE_TYPE, Answer

TIME = 1_700_000_000


class OwnWitness:
    """Keeps the rules of tlog-witness for one log."""

    def __init__(self, name: str, seed: int, log_keys: Sequence[NoteKey]) -> None:
        self.signer = Ed25519Signer(name, bytes([seed]) * 32, COSIGNATURE_V1)
        self.witness = Witness(name.partition(".")[0], self.signer.key, f"https://{name}/")
        self.latest: Checkpoint | None = None
        self.requests: list[tuple[str, bytes]] = []
        self._log_keys = log_keys

    async def post(self, url: str, body: bytes) -> Answer:
        """Answer one question."""
        self.requests.append((url, body))
        head, _, note = body.partition(b"\n\n")
        old_line, *proof = head.decode().split("\n")
        old_size = int(old_line.removeprefix("old "))
        checkpoint = parse_checkpoint(open_note(note, self._log_keys).text)
        known = self.latest.size if self.latest else 0
        if old_size != known or (known == checkpoint.size and self.latest and self.latest.root != checkpoint.root):
            return Answer(409, SIZE_TYPE, b"%d\n" % known)
        if self.latest is not None and known != checkpoint.size:
            hashes = [decode_base64(each, "hash") for each in proof]
            try:
                verify_consistency(known, self.latest.root, checkpoint.size, checkpoint.root, hashes)
            except IntegrityError:
                return Answer(422, "text/plain", b"inconsistent\n")
        self.latest = checkpoint
        return Answer(200, "text/plain", signature_line(self.signer.key, self.signer.sign(checkpoint.text(), TIME)).encode())


@contextmanager
def served(own: OwnWitness) -> Iterator[str]:
    """Serve a witness on a port of this machine; gives its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            answer = asyncio.run(own.post(self.path, body))
            self.send_response(answer.status)
            self.send_header("content-type", answer.content_type)
            self.send_header("content-length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
