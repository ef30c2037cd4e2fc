"""The ASGI application: one port for AWS, OpenAI and Anthropic clients (`/v1`), the native API (`/ringwall/v1`), the console, `/health`,
and `/metrics`.

On the AWS path there is nothing between the server and the pipeline: no framework, no middleware.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Protocol

import msgspec

from ringwall.api.asgi import Disconnected, Intake, Receive, Scope, Send, TooManyHeaders, respond
from ringwall.api.counting import observe
from ringwall.api.exchange import Exchange, Face
from ringwall.api.faces.chat import is_chat
from ringwall.api.faces.native import NativeFace
from ringwall.api.faces.problem import problem
from ringwall.api.hosts import Hosts
from ringwall.api.logs import locate
from ringwall.api.metrics import PATH as METRICS_PATH
from ringwall.api.metrics import Metrics
from ringwall.api.pipeline import answer, release
from ringwall.api.request_id import new_uuid
from ringwall.api.rooms import Rooms
from ringwall.errors import RingwallError
from ringwall.wire import HttpRequest, HttpResponse

log = logging.getLogger("ringwall.api")

NATIVE_PREFIX = b"/ringwall/v1/"
OPENAPI_PATH = b"/ringwall/v1/openapi.json"
CONSOLE_PREFIX = b"/console"


class Pages(Protocol):
    """The console: whole requests in, whole pages out; it calls operations in process."""

    async def answer(self, request: HttpRequest, *, source_ip: str, request_id: str) -> HttpResponse:
        """Answer one request; never raises."""
        ...

    def refuse(self, error: RingwallError, request_id: str) -> HttpResponse:
        """Render a refusal that was made before a page was looked for."""
        ...


@dataclass(frozen=True, slots=True)
class Faces:
    """What the application serves."""

    aws: Face
    native: NativeFace
    chat: Face
    console: Pages
    metrics: Metrics


class Application:
    """Takes each request to the face that its path names."""

    def __init__(self, rooms: Rooms, faces: Faces, *, intake: Intake, hosts: Hosts, instance: str) -> None:
        self._rooms = rooms
        self._faces = faces
        self._intake = intake
        self._hosts = hosts
        self._instance = instance

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] != "http":
            await _serve_protocol(scope, receive, send)
            return
        path: bytes = scope["raw_path"]
        if path == CONSOLE_PREFIX or path.startswith(b"/console/") or _is_browser_at_the_door(scope, path):
            await self._serve_console(scope, receive, send)
        elif path == b"/health":
            await respond(send, await self._health(), new_uuid(), method=scope["method"])
        elif path == METRICS_PATH and scope["method"] in {"GET", "HEAD"}:
            await self._serve_metrics(scope, send)
        elif path == OPENAPI_PATH and scope["method"] in {"GET", "HEAD"}:
            await respond(send, self._describe(scope), new_uuid(), method=scope["method"])
        else:
            await self._serve_face(scope, receive, send, self._face(path))

    def _face(self, path: bytes) -> Face:
        if path.startswith(NATIVE_PREFIX):
            return self._faces.native
        return self._faces.chat if is_chat(path) else self._faces.aws

    async def _serve_face(self, scope: Scope, receive: Receive, send: Send, face: Face) -> None:
        request_id = new_uuid()
        try:
            request = self._intake.head(scope)
        except TooManyHeaders as error:
            exchange = self._exchange(scope, face, self._intake.truncated_head(scope), request_id)
            await self._finish(send, exchange, face.refuse(exchange, error))
            return
        exchange = self._exchange(scope, face, request, request_id)
        try:
            if face is self._faces.native:
                self._hosts.check(request)
            exchange.request = await self._intake.body(request, receive)
        except Disconnected:
            return
        except RingwallError as error:
            await self._finish(send, exchange, face.refuse(exchange, error))
            return
        try:
            await self._finish(send, exchange, await answer(exchange), receive)
        finally:
            self._intake.release(exchange.request)
            await release(exchange)
            observe(exchange, 200)  # only what is not counted yet: a stream that nobody began to read

    def _exchange(self, scope: Scope, face: Face, request: HttpRequest, request_id: str) -> Exchange:
        exchange = Exchange(
            face=face,
            rooms=self._rooms,
            request_id=request_id,
            now=self._rooms.clock(),
            source_ip=_source_ip(scope),
            request=request,
        )
        if self._rooms.watching.trace is not None:
            exchange.notes.trace = self._rooms.watching.trace(request)
        return exchange

    async def _finish(self, send: Send, exchange: Exchange, response: HttpResponse, receive: Receive | None = None) -> None:
        if response.stream is None:
            observe(exchange, response.status)
        await respond(send, response, exchange.request_id, method=exchange.request.method, receive=receive)

    async def _serve_console(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = new_uuid()
        pages = self._faces.console
        method = scope["method"]
        try:
            head = self._intake.head(scope)
            self._hosts.check(head)
            request = await self._intake.body(head, receive)
        except Disconnected:
            return
        except RingwallError as error:
            await respond(send, pages.refuse(error, request_id), request_id, method=method)
            return
        try:
            await respond(send, await pages.answer(request, source_ip=_source_ip(scope), request_id=request_id), request_id, method=method)
        finally:
            self._intake.release(request)

    async def _serve_metrics(self, scope: Scope, send: Send) -> None:
        request_id = new_uuid()
        try:
            head = self._intake.head(scope)
        except TooManyHeaders as error:
            await respond(send, problem(error, request_id), request_id, method=scope["method"])
            return
        answered = await self._faces.metrics.answer(head, source_ip=_source_ip(scope), request_id=request_id)
        await respond(send, answered, request_id, method=scope["method"])

    def _describe(self, scope: Scope) -> HttpResponse:
        """Return the native API's description, which needs no key."""
        try:
            self._hosts.check(self._intake.head(scope))
        except RingwallError as error:
            return problem(error, new_uuid())
        return self._faces.native.describe()

    async def _health(self) -> HttpResponse:
        """Answer whether storage answers."""
        try:
            await self._rooms.storage.generation()
            status, word = 200, "ok"
        except Exception as error:  # noqa: BLE001 - the request rim: a health check reports what is wrong, it does not fail
            log.error("api.health.failed %s", locate(error))  # noqa: TRY400 - a traceback would quote texts
            status, word = 503, "storage does not answer"
        body = msgspec.json.encode({"status": word, "instance": self._instance})
        return HttpResponse(status, (("content-type", "application/json"),), body)


def _source_ip(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""


def _is_browser_at_the_door(scope: Scope, path: bytes) -> bool:
    """Recognise a person who typed the address: an unsigned GET of `/` that asks for HTML. AWS clients never send one."""
    if path != b"/" or scope["method"] != "GET" or scope["query_string"]:
        return False
    headers = dict(scope["headers"])
    return b"authorization" not in headers and b"text/html" in headers.get(b"accept", b"")


async def _serve_protocol(scope: Scope, receive: Receive, send: Send) -> None:
    """Agree to the server's start and stop; refuse websockets."""
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
    elif scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1000})
