"""Who may read the metrics."""

from __future__ import annotations

import hmac
import json

import pytest

from ringwall.api.hosts import Hosts
from ringwall.api.metrics import Metrics, Rendered
from ringwall.wire import HttpRequest, HttpResponse

pytestmark = pytest.mark.anyio

TOKEN = "a-token-of-24-characters"
HOSTS = Hosts("127.0.0.1", ["ringwall.example.com"])


async def render(accept: str) -> Rendered:
    return Rendered("text/plain", f"page {accept}".encode())


def knows(token: str) -> bool:
    return hmac.compare_digest(token.encode(), TOKEN.encode())


async def asked(door: Metrics, *headers: tuple[str, str], source_ip: str = "127.0.0.1", host: str = "127.0.0.1:8741") -> HttpResponse:
    request = HttpRequest("GET", b"/metrics", b"", (("host", host), *headers), b"", secure=False)
    return await door.answer(request, source_ip=source_ip, request_id="r-1")


@pytest.mark.parametrize("source_ip", ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"])
async def test_this_machine_may_read(source_ip: str) -> None:
    answer = await asked(Metrics(render, hosts=HOSTS), ("accept", "x"), source_ip=source_ip)
    assert (answer.status, answer.body, dict(answer.headers)["content-type"]) == (200, b"page x", "text/plain")


@pytest.mark.parametrize(
    "case",
    {
        "another machine": ((), {"source_ip": "192.0.2.7"}),
        "another machine, mapped": ((), {"source_ip": "::ffff:192.0.2.7"}),
        "no address": ((), {"source_ip": ""}),
        "a proxy that says so": ((("x-forwarded-for", "192.0.2.7"),), {}),
        "a proxy in the words of RFC 7239": ((("forwarded", "for=192.0.2.7"),), {}),
        "a proxy that tells the scheme": ((("x-forwarded-proto", "https"),), {}),
        "a proxy that names itself": ((("via", "1.1 proxy"),), {}),
        "a token that nobody asked for": ((("authorization", f"Bearer {TOKEN}"),), {"source_ip": "192.0.2.7"}),
    }.items(),
    ids=lambda case: case[0],
)
async def test_nobody_else_may(case: tuple[str, tuple[tuple[tuple[str, str], ...], dict[str, str]]]) -> None:
    headers, options = case[1]
    answer = await asked(Metrics(render, hosts=HOSTS), *headers, **options)
    assert (answer.status, json.loads(answer.body)["type"]) == (401, "urn:ringwall:metrics-refused")
    assert dict(answer.headers)["www-authenticate"] == "Bearer"


async def test_a_rebound_name_is_refused() -> None:
    answer = await asked(Metrics(render, hosts=HOSTS), host="evil.example.org")
    assert (answer.status, json.loads(answer.body)["type"]) == (421, "urn:ringwall:unknown-host")


async def test_whoever_has_the_token_may_read_from_anywhere() -> None:
    door = Metrics(render, hosts=HOSTS, knows=knows)
    answer = await asked(door, ("authorization", f"Bearer {TOKEN}"), source_ip="192.0.2.7", host="10.0.0.3:8741")
    assert answer.status == 200


@pytest.mark.parametrize(
    "headers",
    [
        (),
        (("authorization", "Bearer"),),
        (("authorization", "Bearer "),),
        (("authorization", f"Basic {TOKEN}"),),
        (("authorization", f"Bearer {TOKEN}x"),),
        (("authorization", f"Bearer {TOKEN[:-1]}"),),
        (("authorization", f"Bearer {TOKEN}"), ("authorization", f"Bearer {TOKEN}")),
        (("authorization", "Bearer \xff\xfe"),),
    ],
)
async def test_with_a_token_set_not_even_this_machine_reads_without(headers: tuple[tuple[str, str], ...]) -> None:
    assert (await asked(Metrics(render, hosts=HOSTS, knows=knows), *headers)).status == 401


async def test_there_may_be_no_metrics() -> None:
    answer = await asked(Metrics(None, hosts=HOSTS))
    assert (answer.status, json.loads(answer.body)["type"]) == (404, "urn:ringwall:metrics-unserved")
