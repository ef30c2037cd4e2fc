"""Requests are received whole, within their limits, or refused; nothing that was refused is held."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ringwall.api.asgi import Busy, Disconnected, Intake, ReceiveTimeout, TooManyHeaders
from ringwall.errors import LimitExceeded
from ringwall.vocabulary import Limits
from ringwall.wire import HttpRequest

LIMITS = Limits(body_bytes=100, header_bytes=200, header_count=4)


def intake(*, in_flight: int = 1000, timeout_s: float = 5.0) -> Intake:
    return Intake(LIMITS, in_flight_bytes=in_flight, timeout_s=timeout_s)


def scope(*headers: tuple[bytes, bytes], path: bytes = b"/a%2Fb", query: bytes = b"q=1") -> dict[str, Any]:
    return {"method": "POST", "raw_path": path, "query_string": query, "headers": list(headers), "scheme": "https"}


def pieces(*chunks: bytes, disconnect: bool = False) -> Any:
    messages: list[dict[str, Any]] = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    if messages and not disconnect:
        messages[-1]["more_body"] = False

    async def receive() -> dict[str, Any]:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    return receive


def receive(given: Intake, source: Any, *headers: tuple[str, str]) -> HttpRequest:
    return asyncio.run(given.body(HttpRequest("POST", b"/", b"", headers, b"", secure=False), source))


def test_a_head_is_read_as_it_stood_on_the_wire() -> None:
    head = intake().head(scope((b"Host", b"h"), (b"x", b"\xe9")))
    assert (head.method, head.raw_path, head.query, head.secure) == ("POST", b"/a%2Fb", b"q=1", True)
    assert head.headers == (("host", "h"), ("x", "é"))


@pytest.mark.parametrize(
    "given",
    [scope(*[(b"a", b"b")] * 5), scope((b"a", b"b" * 201)), scope(path=b"/" + b"a" * 200), scope(query=b"a" * 201)],
    ids=["too many headers", "a long header", "a long path", "a long query"],
)
def test_a_head_above_the_limits_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(TooManyHeaders):
        intake().head(given)


def test_a_body_is_joined_from_its_pieces() -> None:
    assert receive(intake(), pieces(b"abc", b"", b"def")).body == b"abcdef"
    assert receive(intake(), pieces(b"x" * 100)).body == b"x" * 100
    assert receive(intake(), pieces(b"")).body == b""


@pytest.mark.parametrize(
    ("source", "headers"),
    [
        (pieces(b"x" * 101), ()),
        (pieces(b"x" * 60, b"y" * 60), ()),
        (pieces(b"", disconnect=True), (("content-length", "101"),)),
        (pieces(b"", disconnect=True), (("content-length", "9" * 40),)),
    ],
    ids=["in one piece", "in two", "declared", "declared absurdly"],
)
def test_a_body_above_the_limit_is_refused(source: Any, headers: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(LimitExceeded, match="exceeds the maximum of 100 bytes"):
        receive(intake(), source, *headers)


def test_a_client_that_leaves_is_not_answered() -> None:
    with pytest.raises(Disconnected):
        receive(intake(), pieces(b"abc", disconnect=True))


def test_a_body_that_trickles_in_is_given_up() -> None:
    async def never() -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(ReceiveTimeout):
        receive(intake(timeout_s=0.01), never)


def test_a_request_that_the_server_drops_is_no_timeout() -> None:
    async def scenario() -> None:
        async def never() -> dict[str, Any]:
            await asyncio.Event().wait()
            raise AssertionError

        given = intake()
        task = asyncio.create_task(given.body(given.head(scope()), never))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(scenario())


def test_bodies_in_flight_are_bounded_and_released() -> None:
    given = intake(in_flight=150)
    first = receive(given, pieces(b"x" * 100))
    with pytest.raises(Busy):
        receive(given, pieces(b"y" * 60))
    given.release(first)
    second = receive(given, pieces(b"y" * 60, b"z" * 40))
    given.release(second)
    assert receive(given, pieces(b"w" * 100)).body == b"w" * 100


def test_refused_bodies_are_not_counted_as_held() -> None:
    given = intake(in_flight=150)
    for _ in range(5):
        with pytest.raises(LimitExceeded):
            receive(given, pieces(b"x" * 60, b"y" * 60))
        with pytest.raises(Disconnected):
            receive(given, pieces(b"x" * 60, disconnect=True))
    assert receive(given, pieces(b"z" * 100)).body == b"z" * 100


@pytest.mark.parametrize("declared", ["\xb2", "-1", "1e9", "0x0", " 0", ""])
def test_a_length_that_is_no_number_is_not_believed(declared: str) -> None:
    assert receive(intake(), pieces(b"abc"), ("content-length", declared)).body == b"abc"


@pytest.mark.parametrize("declared", ["101", "9" * 19, "9" * 5000])
def test_a_declared_length_above_the_limit_is_refused_before_a_byte_is_read(declared: str) -> None:
    with pytest.raises(LimitExceeded):
        receive(intake(), pieces(disconnect=True), ("content-length", declared))
