"""Between the ASGI server and values: receive a whole request within its limits, send a whole response."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, MutableMapping
from contextlib import aclosing
from itertools import chain
from typing import Any

from ringwall.errors import Bug, InvalidRequest, LimitExceeded, Throttled
from ringwall.vocabulary import Limits
from ringwall.wire import HttpRequest, HttpResponse

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
_OVERDUE = "ringwall: the body is overdue"
_USUAL_NAMES = {  # as text already: the headers of nearly every request
    name.encode(): name
    for name in (
        "accept",
        "accept-encoding",
        "amz-sdk-invocation-id",
        "amz-sdk-request",
        "authorization",
        "connection",
        "content-length",
        "content-type",
        "host",
        "user-agent",
        "x-amz-content-sha256",
        "x-amz-date",
        "x-amz-security-token",
        "x-amz-target",
        "x-amz-user-agent",
    )
}


class Disconnected(Exception):
    """The client went away before its request was whole: there is no one to answer."""


class TooManyHeaders(LimitExceeded, code="too-many-headers", status=431):
    """The request's headers are more, or larger, than ringwall accepts."""


class Busy(Throttled, code="busy"):
    """ringwall holds as many request bodies as it may; try again."""

    remedy = "retry with backoff, or raise the setting `in_flight_bytes`"


class ReceiveTimeout(InvalidRequest, code="receive-timeout", status=408):
    """The request's body did not arrive in time."""


class Intake:
    """Receives requests within limits.

    Upholds: no body above `limits.body_bytes` is held; all bodies being held together stay below `in_flight_bytes`; a body that
    trickles in is given up after `timeout_s`.
    """

    def __init__(self, limits: Limits, *, in_flight_bytes: int, timeout_s: float) -> None:
        self._limits = limits
        self._in_flight_limit = in_flight_bytes
        self._timeout_s = timeout_s
        self._in_flight = 0

    @property
    def in_flight_bytes(self) -> int:
        """What is held of request bodies now."""
        return self._in_flight

    def head(self, scope: Scope) -> HttpRequest:
        """Read method, path, query and headers; the body is still to come.

        Raises:
            TooManyHeaders: more, or larger, than the limits (`truncated_head` has what a refusal needs).
        """
        headers = scope["headers"]
        if len(headers) > self._limits.header_count:
            raise TooManyHeaders(f"the request has {len(headers)} headers; {self._limits.header_count} are accepted")
        size = len(scope["raw_path"]) + len(scope["query_string"]) + sum(map(len, chain.from_iterable(headers)))
        if size > self._limits.header_bytes:
            raise TooManyHeaders(f"the request's path and headers have {size} bytes; {self._limits.header_bytes} are accepted")
        return _request(scope, headers)

    @staticmethod
    def truncated_head(scope: Scope) -> HttpRequest:
        """Return as much of an oversized head as a refusal needs: method and path, no headers."""
        return _request(scope, [])

    async def body(self, head: HttpRequest, receive: Receive) -> HttpRequest:
        """Receive the body.

        Raises:
            LimitExceeded: larger than `limits.body_bytes`; what the client goes on sending is not read.
            Busy: the bodies in flight are too many. ReceiveTimeout: it did not arrive in time. Disconnected: it never will.
        """
        declared = head.header("content-length")
        if declared is not None and declared.isascii() and declared.isdigit():  # what is no number, the server has refused
            if len(declared) >= 20 or int(declared) > self._limits.body_bytes:
                raise self._too_large()
            if int(declared) == 0:
                return head
        body = await self._collect_in_time(receive)
        return HttpRequest(head.method, head.raw_path, head.query, head.headers, body, head.secure) if body else head

    async def _collect_in_time(self, receive: Receive) -> bytes:
        """Collect the body, or give up; `asyncio.timeout` does the same in four times the time, and every request is timed."""
        task = asyncio.current_task()
        if task is None:
            raise Bug("a body is received by a task")
        overdue = asyncio.get_running_loop().call_later(self._timeout_s, task.cancel, _OVERDUE)
        try:
            return await self._collect(receive)
        except asyncio.CancelledError as cut:
            if cut.args != (_OVERDUE,):
                raise
            task.uncancel()
            raise ReceiveTimeout(f"the request's body did not arrive within {self._timeout_s:g} s") from None
        finally:
            overdue.cancel()

    async def _collect(self, receive: Receive) -> bytes:
        chunks: list[bytes] = []
        size = 0
        try:
            more = True
            while more:
                message = await receive()
                chunk = _chunk(message)
                size += len(chunk)
                self._in_flight += len(chunk)
                self._check_sizes(size)
                chunks.append(chunk)
                more = message.get("more_body", False)
        except BaseException:  # a cancelled or refused request holds no bytes
            self._in_flight -= size
            raise
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def _check_sizes(self, size: int) -> None:
        if size > self._limits.body_bytes:
            raise self._too_large()
        if self._in_flight > self._in_flight_limit:
            raise Busy("too many large requests at once")

    def release(self, request: HttpRequest) -> None:
        """Say that a received request was answered and its body is no longer held."""
        self._in_flight -= len(request.body)

    def _too_large(self) -> LimitExceeded:
        limit = self._limits.body_bytes
        return LimitExceeded(f"the request's body exceeds the maximum of {limit} bytes", remedy="send less, or raise `limits.body_bytes`")


def _chunk(message: Message) -> bytes:
    if message["type"] == "http.disconnect":
        raise Disconnected
    chunk: bytes = message.get("body", b"")
    return chunk


def _request(scope: Scope, headers: list[tuple[bytes, bytes]]) -> HttpRequest:
    return HttpRequest(
        method=scope["method"],
        raw_path=scope["raw_path"],
        query=scope["query_string"],
        headers=tuple([(_USUAL_NAMES.get(name) or name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers]),
        body=b"",
        secure=scope["scheme"] == "https",
    )


async def respond(send: Send, response: HttpResponse, request_id: str, *, method: str = "", receive: Receive | None = None) -> None:
    """Send a response; every one carries its request id, and is kept by no cache; a whole one carries its length.

    A streamed one is sent as it comes and given up when the client leaves (`receive` says so); its generator is closed either way.
    """
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
    names = {name for name, _ in response.headers}
    if "x-amzn-requestid" not in names:
        headers.append((b"x-amzn-requestid", request_id.encode()))
    if "cache-control" not in names:
        headers.append((b"cache-control", b"no-store"))
    if response.stream is not None:
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await _send_stream(send, receive, response.body, response.stream)
        return
    headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else response.body})


async def _send_stream(send: Send, receive: Receive | None, head: bytes, stream: AsyncGenerator[bytes, None]) -> None:
    async def send_all() -> None:
        async with aclosing(stream):
            if head:
                await send({"type": "http.response.body", "body": head, "more_body": True})
            async for piece in stream:
                if piece:
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    if receive is None:
        await send_all()
        return
    sending = asyncio.ensure_future(send_all())
    leaving = asyncio.ensure_future(_left(receive))
    try:
        await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        leaving.cancel()
        if not sending.done():
            sending.cancel()  # the client is gone, or the server stops
        await asyncio.wait({sending, leaving})
    if not sending.cancelled():
        sending.result()


async def _left(receive: Receive) -> None:
    """Return when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
