"""An answer's body, read only as fast as its events are taken, within bounds of time and size."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from functools import partial
from typing import Any, TypeVar

import aiohttp

from ringwall.errors import LimitExceeded, RingwallError
from ringwall.inference.upstreams.connections import timed_out
from ringwall.inference.upstreams.errors import UpstreamBrokeOff
from ringwall.inference.upstreams.row import Timeouts
from ringwall.wire.dialects.dialect import Dialect
from ringwall.wire.dialects.errors import MalformedAnswer
from ringwall.wire.dialects.model import Event, MessageStop
from ringwall.wire.errors import MalformedRequest
from ringwall.wire.strict_json import decode_json

WHOLE_BYTES = 16 * 1024 * 1024
STREAM_BYTES = 64 * 1024 * 1024
JSON_DEPTH = 64
TAIL_S = 2.0
"""How long the rest of a stream is waited for after its `MessageStop`: usage, and the end of the connection's use."""

Timer = Callable[[], float]
_Read = TypeVar("_Read")


class Body:
    """The bytes of one answer. `whole`: they came to their end, so that the connection can be used again."""

    def __init__(self, response: aiohttp.ClientResponse, times: Timeouts, *, deadline: float, timer: Timer, limit_bytes: int) -> None:
        self._response = response
        self._times = times
        self._deadline = deadline
        self._timer = timer
        self._left = limit_bytes
        self.whole = False

    async def read(self, *, most_s: float | None = None) -> bytes:
        """Return the next piece; b"" at the end.

        Raises:
            UpstreamTimeout: nothing came for too long. UpstreamBrokeOff: the connection ended in the middle.
            MalformedAnswer: more bytes than an answer may have.
        """
        left = self._deadline - self._timer()
        idle = self._times.idle_s if most_s is None else most_s
        if left <= 0:
            raise timed_out("total", self._times, slow_reader=True)
        content = self._response.content
        failure: RingwallError
        try:
            if content.is_eof():  # all of it is here: nothing has to be waited for
                piece = content.read_nowait()
            else:
                async with asyncio.timeout(min(idle, left)):
                    piece = await content.readany()
        except TimeoutError:  # aiohttp's own, too
            failure = timed_out("idle" if idle < left else "total", self._times)
        except (aiohttp.ClientError, OSError, RuntimeError):  # RuntimeError: aiohttp's word for a session that was closed meanwhile
            failure = UpstreamBrokeOff("the upstream ended the connection in the middle of its answer")
        else:
            self._left -= len(piece)
            if self._left < 0:
                raise MalformedAnswer("the upstream's answer is larger than ringwall reads", remedy="ask for a shorter answer")
            self.whole = not piece
            return piece
        raise failure


async def read_stream(body: Body, dialect: Dialect, input_is: Callable[[int], None]) -> AsyncGenerator[list[Event], None]:
    """Yield a stream's events as they come, those that one piece brought together.

    Args:
        body: the stream's bytes.
        dialect: which it is in.
        input_is: told what the stream has said of the question's tokens, which counts where the client leaves before the end.

    Raises:
        MalformedAnswer, UpstreamFailed: the dialect's reader refuses it. UpstreamTimeout, UpstreamBrokeOff: see `Body.read`.
    """
    reader = dialect.stream_reader()
    stopped = False
    while not body.whole:
        try:
            piece = await body.read(most_s=TAIL_S if stopped else None)
        except RingwallError:
            if stopped:
                break  # the answer is whole; only the connection is not
            raise
        if piece:
            events = _as_answer(partial(reader.feed, piece))
            input_is(reader.input_tokens)
            stopped = stopped or any(isinstance(event, MessageStop) for event in events)
            yield events
    yield _as_answer(reader.end)


async def read_whole(body: Body, dialect: Dialect) -> AsyncGenerator[list[Event], None]:
    """Yield a whole answer's events at once; raises as `read_stream` does."""
    pieces = []
    while not body.whole:
        pieces.append(await body.read())
    yield _as_answer(partial(_read_json, b"".join(pieces), dialect))


async def read_object(body: Body) -> dict[str, Any]:
    """Return a whole answer that is a JSON object; raises as `read_stream` does."""
    pieces = []
    while not body.whole:
        pieces.append(await body.read())
    return _as_answer(partial(_object, b"".join(pieces)))


def _read_json(data: bytes, dialect: Dialect) -> list[Event]:
    return dialect.read_answer(_object(data))


def _object(data: bytes) -> dict[str, Any]:
    value = decode_json(data, JSON_DEPTH)
    if not isinstance(value, dict):
        raise MalformedAnswer("the upstream's answer is JSON, but no object")
    return value


def _as_answer(read: Callable[[], _Read]) -> _Read:
    """Read what an upstream sent: what would be a caller's mistake in a request is the upstream's here.

    Raises:
        MalformedAnswer: also in the place of MalformedRequest and LimitExceeded, whose messages may quote what was read.
    """
    failure: RingwallError
    try:
        return read()
    except LimitExceeded:
        failure = MalformedAnswer("the upstream's answer is larger or deeper than ringwall reads", remedy="ask for a shorter answer")
    except MalformedRequest:
        failure = MalformedAnswer("the upstream's answer cannot be read")
    raise failure
