"""Call an ASGI application without a server: one request in, one whole answer out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec


@dataclass(frozen=True)
class Answer:
    """What the application sent."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body as JSON."""
        return msgspec.json.decode(self.body)


async def send_request(
    application: Any,
    method: str,
    path: str,
    *,
    headers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
    body: bytes | Sequence[bytes] = b"",
    host: str | None = "127.0.0.1:8741",
    client: str = "127.0.0.1",
    scheme: str = "http",
    then_wait: bool = False,
) -> Answer | None:
    """Send one request; None if the application sent nothing.

    Args:
        application: the ASGI application.
        method: such as GET.
        path: with its query, as on the wire.
        headers: beside `host`.
        body: whole, or in the pieces that the server would hand over.
        host: the Host header; None leaves it out.
        client: the peer's address.
        scheme: http or https.
        then_wait: after the last piece say that more comes, and send nothing.
    """
    raw_path, _, query = path.partition("?")
    pairs = list(headers.items()) if isinstance(headers, Mapping) else list(headers)
    if host is not None:
        pairs.insert(0, ("host", host))
    pieces = [body] if isinstance(body, bytes) else list(body)
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": scheme,
        "path": raw_path,
        "raw_path": raw_path.encode(),
        "query_string": query.encode(),
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs],
        "client": (client, 40000),
        "server": ("127.0.0.1", 8741),
    }
    sent: list[dict[str, Any]] = []
    messages = [
        {"type": "http.request", "body": piece, "more_body": then_wait or index < len(pieces) - 1} for index, piece in enumerate(pieces)
    ]

    async def receive() -> dict[str, Any]:
        if messages:
            return messages.pop(0)
        if then_wait:
            await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await application(scope, receive, send)
    if not sent:
        return None
    start = sent[0]
    answered = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
    return Answer(start["status"], answered, b"".join(message.get("body", b"") for message in sent[1:]))
