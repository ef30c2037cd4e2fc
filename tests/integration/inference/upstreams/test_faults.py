"""Whatever an upstream does, a caller gets one typed error, which quotes nothing, and no connection or task is left."""

from __future__ import annotations

import asyncio
import json
import logging
import traceback
from collections.abc import Callable

import msgspec
import pytest

from ringwall.errors import DependencyError
from ringwall.inference.upstreams.errors import (
    UpstreamBrokeOff,
    UpstreamBusy,
    UpstreamRefused,
    UpstreamTimeout,
    UpstreamUnreachable,
)
from ringwall.inference.upstreams.row import Timeouts
from ringwall.wire.dialects.errors import MalformedAnswer, UpstreamFailed
from tests.integration.inference.upstreams.conftest import World, route_of, row_of
from tests.integration.inference.upstreams.servers import LAST_CHUNK, STREAM_HEAD, Script, Visit, serving, whole
from tests.integration.inference.upstreams.tiny import line, question

pytestmark = pytest.mark.anyio

SAID = "canary-said-91bd"
ASKED = "canary-asked-20c4"
CREDENTIAL = "canary-credential-7f3a"
SHORT = Timeouts(connect_s=0.5, first_byte_s=0.2, idle_s=0.2, total_s=30)
QUIET = Timeouts(connect_s=5, first_byte_s=20, idle_s=0.2, total_s=30)
BRIEF = Timeouts(connect_s=5, first_byte_s=20, idle_s=20, total_s=0.4)
ERROR_BODY = json.dumps({"error": {"message": SAID}}).encode()


def saying(*pieces: bytes, then: Callable[[Visit], None] | None = None) -> Script:
    async def script(visit: Visit) -> None:
        await visit.say(*pieces)
        (then or (lambda visit: visit.writer.close()))(visit)

    return script


def status(code: int, extra: bytes = b"") -> Script:
    return saying(whole(ERROR_BODY, status=code, extra=extra), then=lambda _: None)


async def closes_at_once(visit: Visit) -> None:
    visit.writer.close()


async def says_nothing(visit: Visit) -> None:
    await visit.wait_for_the_end()


async def stops_talking(visit: Visit) -> None:
    await visit.say(STREAM_HEAD)
    await visit.chunk(line(SAID))
    await visit.wait_for_the_end()


async def talks_without_saying(visit: Visit) -> None:
    await visit.say(STREAM_HEAD)
    while True:
        await visit.chunk(b":\n")
        await asyncio.sleep(0.01)


async def continues_for_ever(visit: Visit) -> None:
    while True:
        await visit.say(b"HTTP/1.1 100 Continue\r\n\r\n")
        await asyncio.sleep(0.01)


async def dies_in_the_middle(visit: Visit) -> None:
    await visit.say(STREAM_HEAD)
    await visit.chunk(line(SAID))
    visit.break_off()


async def has_an_endless_header(visit: Visit) -> None:
    await visit.say(b"HTTP/1.1 200 OK\r\nx-endless: ")
    while True:
        await visit.say(b"x" * 4096)


async def has_endless_headers(visit: Visit) -> None:
    await visit.say(b"HTTP/1.1 200 OK\r\n")
    while True:
        await visit.say(b"x-one-more: 1\r\n" * 100)


def chunked(*lines: bytes) -> bytes:
    return STREAM_HEAD + b"".join(b"%x\r\n%s\r\n" % (len(each), each) for each in lines)


# what the upstream does -> (script, the error, what its facts hold, requests that arrive, timeouts)
STREAMED: dict[str, tuple[Script, type[DependencyError], dict[str, object], int, Timeouts | None]] = {
    "closes at once": (closes_at_once, UpstreamUnreachable, {}, 3, None),
    "says nothing": (says_nothing, UpstreamTimeout, {"phase": "first-byte"}, 1, SHORT),
    "says nothing but that it goes on": (continues_for_ever, UpstreamTimeout, {"phase": "first-byte"}, 1, SHORT),
    "stops talking": (stops_talking, UpstreamTimeout, {"phase": "idle"}, 1, QUIET),
    "talks without saying anything": (talks_without_saying, UpstreamTimeout, {"phase": "total"}, 1, BRIEF),
    "dies in the middle": (dies_in_the_middle, UpstreamBrokeOff, {}, 1, None),
    "closes in the middle": (saying(chunked(line(SAID))), UpstreamBrokeOff, {}, 1, None),
    "closes in the middle of a chunk": (saying(STREAM_HEAD, b"ff\r\nhal"), UpstreamBrokeOff, {}, 1, None),
    "ends in good form, before its end": (saying(chunked(line(SAID)), LAST_CHUNK), MalformedAnswer, {}, 1, None),
    "sends nothing in good form": (saying(STREAM_HEAD, LAST_CHUNK), MalformedAnswer, {}, 1, None),
    "sends garbage for HTTP": (saying(b"\x16\x03\x01 garbage " + SAID.encode() + b"\r\n\r\n"), MalformedAnswer, {}, 1, None),
    "sends garbage in its stream": (saying(chunked(b"{[" + SAID.encode() + b"\n")), MalformedAnswer, {}, 1, None),
    "has an endless header": (has_an_endless_header, MalformedAnswer, {}, 1, None),
    "has endless headers": (has_endless_headers, MalformedAnswer, {}, 1, None),
    "packs its stream": (saying(STREAM_HEAD.replace(b"\r\n\r\n", b"\r\ncontent-encoding: gzip\r\n\r\n")), MalformedAnswer, {}, 1, None),
    "answers whole when asked for a stream": (saying(whole(b'{"text": "x"}')), MalformedAnswer, {}, 1, None),
    "redirects to a metadata address": (
        status(302, b"location: http://169.254.169.254/latest/meta-data/\r\n"),
        UpstreamRefused,
        {"upstream_status": 302},
        1,
        None,
    ),
    "refuses the request": (status(400), UpstreamRefused, {"upstream_status": 400}, 1, None),
    "refuses the credential": (status(401), UpstreamRefused, {"upstream_status": 401}, 1, None),
    "knows no such model": (status(404), UpstreamRefused, {"upstream_status": 404}, 1, None),
    "is busy for long": (status(429, b"retry-after: 7\r\n"), UpstreamBusy, {"retry_after_s": 7.0}, 1, None),
    "is busy": (status(429), UpstreamBusy, {"upstream_status": 429}, 3, None),
    "is overloaded": (status(529), UpstreamBusy, {"upstream_status": 529}, 3, None),
    "fails": (status(500), UpstreamFailed, {"upstream_status": 500}, 3, None),
    "has nothing to say": (saying(b"HTTP/1.1 204 No Content\r\n\r\n"), MalformedAnswer, {"upstream_status": 204}, 1, None),
}
WHOLE: dict[str, tuple[Script, type[DependencyError]]] = {
    "is no JSON": (saying(whole(b"canary " + SAID.encode())), MalformedAnswer),
    "is no object": (saying(whole(b"[1]")), MalformedAnswer),
    "has a name twice": (saying(whole(b'{"text": "a", "text": "%s"}' % SAID.encode())), MalformedAnswer),
    "is nested too deeply": (saying(whole(b"[" * 100 + b"]" * 100)), MalformedAnswer),
    "is not UTF-8": (saying(whole(b'{"text": "\xff"}')), MalformedAnswer),
    "is an answer of another kind": (saying(whole(b'{"txt": "%s"}' % SAID.encode())), MalformedAnswer),
    "is too large": (saying(whole(b" " * (17 * 1024 * 1024))), MalformedAnswer),
    "is a page": (saying(whole(b"<html>", kind=b"text/html")), MalformedAnswer),
    "is shorter than it says": (
        saying(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{"),
        UpstreamBrokeOff,
    ),
}


@pytest.mark.parametrize("what", STREAMED)
async def test_an_upstream_that(what: str, world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    script, error, facts, requests, timeouts = STREAMED[what]
    async with serving(script) as server, world.upstreams() as upstreams:
        row = row_of(server.port, **({"timeouts": timeouts} if timeouts else {}))
        with pytest.raises(error) as caught:
            async for _ in upstreams.call(question(ASKED), route_of(row)):
                pass
        assert len(server.bodies) == requests
    assert facts.items() <= caught.value.facts.items()
    assert type(caught.value) is error
    assert_says_nothing(caught.value, str(server.port))
    assert [word for word in (SAID, ASKED, CREDENTIAL) if word in caplog.text] == []


@pytest.mark.parametrize("what", WHOLE)
async def test_a_whole_answer_that(what: str, world: World) -> None:
    script, error = WHOLE[what]
    async with serving(script) as server, world.upstreams() as upstreams:
        with pytest.raises(error) as caught:
            async for _ in upstreams.call(question(ASKED, stream=False), route_of(row_of(server.port))):
                pass
    assert type(caught.value) is error
    assert_says_nothing(caught.value, str(server.port))


async def test_garbage_for_chunks_is_a_broken_answer_wherever_the_bytes_are_cut(world: World) -> None:
    async with serving(saying(STREAM_HEAD, b"zz\r\n" + SAID.encode() + b"\r\n")) as server, world.upstreams() as upstreams:
        with pytest.raises((UpstreamBrokeOff, MalformedAnswer)) as caught:
            async for _ in upstreams.call(question(ASKED), route_of(row_of(server.port))):
                pass
    assert_says_nothing(caught.value, str(server.port))


async def test_an_upstream_that_is_not_there(world: World) -> None:
    async with serving(says_nothing) as server:
        pass
    async with world.upstreams() as upstreams:
        with pytest.raises(UpstreamUnreachable) as caught:
            await anext(upstreams.call(question(ASKED), route_of(row_of(server.port))))
        assert_says_nothing(caught.value, str(server.port))


async def test_a_name_that_nobody_has(world: World) -> None:
    async with world.upstreams() as upstreams:
        row = row_of(1, allow_private=False)
        named = msgspec.structs.replace(row, upstream="openai+https://no-such-host.invalid/v1")
        with pytest.raises(UpstreamUnreachable):
            await anext(upstreams.call(question(ASKED), route_of(named)))


def assert_says_nothing(error: DependencyError, port: str) -> None:
    """Neither what was asked or said, nor the credential, nor where the upstream is, shows in an error or in its traceback."""
    shown = f"{error} {error.facts} {error.how_to_mend} {''.join(traceback.format_exception_only(error))}"
    assert [word for word in (SAID, ASKED, CREDENTIAL, port, "127.0.0.1", "169.254") if word in shown] == []
    assert error.how_to_mend
    assert error.__cause__ is None
    assert error.__context__ is None or not hasattr(error.__context__, "request_info")
