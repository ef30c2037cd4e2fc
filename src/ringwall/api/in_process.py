"""Native operations for callers inside this process: the console, and the command line where no server runs.

They pass the same permission check and leave the same record as a request over HTTP; only bytes and signatures are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ringwall.api.aws.operation import Operation
from ringwall.api.counting import observe
from ringwall.api.exchange import Exchange
from ringwall.api.native.registry import BY_NAME
from ringwall.api.pipeline import STEPS_IN_PROCESS, walk
from ringwall.api.request_id import new_uuid
from ringwall.api.rooms import Rooms
from ringwall.errors import Bug, RingwallError
from ringwall.vocabulary import Principal
from ringwall.wire import HttpRequest, HttpResponse


class _LocalFace:
    """What the pipeline asks of a face, for a caller that has no wire."""

    def __init__(self, name: str, read: Callable[[], Any]) -> None:
        self._name = name
        self._read = read

    @property
    def name(self) -> str:
        return self._name

    def route(self, exchange: Exchange) -> None:
        raise Bug(f"{exchange.request_id} was routed, but came without a wire")

    async def authenticate(self, exchange: Exchange) -> None:
        raise Bug(f"{exchange.request_id} was authenticated, but came without a wire")

    def endpoint(self, exchange: Exchange) -> str | None:
        raise Bug(f"{exchange.request_id} was screened, but came without a wire")

    def decode(self, exchange: Exchange) -> None:
        exchange.input = self._read()

    def encode(self, exchange: Exchange) -> HttpResponse:
        raise Bug(f"{exchange.request_id} was encoded, but came without a wire")

    def refuse(self, exchange: Exchange, error: RingwallError) -> HttpResponse:
        raise Bug(f"{exchange.request_id} was refused over a wire it has not: {error.code}")

    def error_code(self, exchange: Exchange, error: RingwallError) -> str:  # noqa: ARG002 - a face's method; the code needs no exchange here
        return error.code


class Caller:
    """Who calls, from where, as the record has it."""

    __slots__ = ("face", "principal", "request_id", "secure", "source_ip", "user_agent")

    def __init__(self, principal: Principal, *, face: str, source_ip: str, user_agent: str, secure: bool, request_id: str = "") -> None:
        self.principal = principal
        self.face = face
        self.source_ip = source_ip
        self.user_agent = user_agent
        self.secure = secure
        self.request_id = request_id or new_uuid()


class InProcess:
    """Calls native operations by name."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    async def call(self, name: str, caller: Caller, members: Mapping[str, Any]) -> Any:
        """Do one operation.

        Args:
            name: of a native operation.
            caller: who asks; already authenticated by whoever calls this.
            members: the operation's input.

        Returns:
            the operation's output, after its record is durable.

        Raises:
            RingwallError: the refusal, after its record is durable.
        """
        native = BY_NAME[name]
        return await self.run(native.row, caller, lambda: native.convert(members))

    async def run(self, row: Operation, caller: Caller, read: Callable[[], Any]) -> Any:
        """Do what one row says; `read` makes its input, and may refuse to."""
        exchange = Exchange(
            face=_LocalFace(caller.face, read),
            rooms=self._rooms,
            request_id=caller.request_id,
            now=self._rooms.clock(),
            source_ip=caller.source_ip,
            request=HttpRequest("CALL", b"/", b"", (("user-agent", caller.user_agent),), b"", caller.secure),
            operation=row,
            principal=caller.principal,
        )
        await walk(exchange, STEPS_IN_PROCESS)
        observe(exchange, 200 if exchange.error is None else exchange.error.status)
        if exchange.error is not None:
            raise exchange.error
        return exchange.output
