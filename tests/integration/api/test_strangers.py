"""Failed authentications by source address: who has to wait, who goes on, and that nothing is learned of keys by it."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from ringwall.api.strangers import KNOWN_MAX, Strangers, TooManyFailures, claim_of, mark_of
from ringwall.bootstrap.house import open_house
from ringwall.bootstrap.settings import load_settings
from ringwall.errors import SettingsError
from ringwall.wire import HttpRequest
from tests.asgi import send_request
from tests.integration.api.conftest import Home, opened

pytestmark = pytest.mark.anyio

FAR, NEAR = "203.0.113.7", "198.51.100.9"
GUARDRAILS = ("GET", "/guardrails")
NETWORKS = ("127.0.0.0/8", "10.0.0.0/8")


async def fail(home: Home, number: int, *, client: str = FAR, **options: Any) -> list[int]:
    return [(await home.aws(*GUARDRAILS, secret="wrong", client=client, **options)).status for _ in range(number)]


async def test_an_address_that_fails_too_often_waits_and_others_do_not(tmp_path: Path) -> None:
    async with opened(tmp_path, failed_authentications_per_minute=5) as home:
        assert await fail(home, 7) == [403] * 5 + [429] * 2
        told = await home.aws(*GUARDRAILS, secret="wrong", client=FAR)
        assert told.headers["x-amzn-errortype"] == "ThrottlingException"
        assert await fail(home, 1, client=NEAR) == [403]
        assert (await home.aws(*GUARDRAILS, client=NEAR)).status == 200
        assert (await home.aws(*GUARDRAILS, client=FAR)).status == 429, "who comes new has to wait, whatever the key"
        native = await home.native("GET", "/stats", client=FAR, key="ABSK" + "x" * 40)
        assert (native.status, native.json()["type"]) == (429, "urn:ringwall:too-many-failures")
        chat = await send_request(
            home.house.application, "POST", "/v1/chat/completions", headers={"x-api-key": "nothing"}, body=b"{}", client=FAR
        )
        assert chat is not None
        assert (chat.status, chat.json()["error"]["type"]) == (429, "rate_limit_error")
        assert 0 < int(chat.headers["retry-after"]) <= 12
        assert (await home.native("GET", "/stats", client=FAR, key="")).status == 403, "who shows nothing guesses nothing"


async def test_who_was_there_before_goes_on_and_existing_keys_look_like_others(tmp_path: Path) -> None:
    async with opened(tmp_path, failed_authentications_per_minute=3) as home:
        assert await fail(home, 1) == [403]
        assert (await home.aws(*GUARDRAILS, client=FAR)).status == 200
        assert (await home.native("GET", "/stats", client=FAR)).status == 200
        assert await fail(home, 3) == [403, 403, 429]
        assert (await home.aws(*GUARDRAILS, client=FAR)).status == 200
        assert (await home.native("GET", "/stats", client=FAR)).status == 200
        known = await home.aws(*GUARDRAILS, secret="wrong", client=FAR)
        unknown = await home.aws(*GUARDRAILS, key_id="AKIAAAAAAAAAAAAAAAAA", secret="wrong", client=FAR)
        assert known.status == unknown.status == 429
        assert known.body == unknown.body


async def test_networks_that_stand_for_many_are_not_counted_nor_anything_where_the_bound_is_none(tmp_path: Path) -> None:
    async with opened(tmp_path / "one", failed_authentications_per_minute=2) as home:
        assert set(await fail(home, 5, client="127.0.0.1") + await fail(home, 5, client="10.1.2.3")) == {403}
        assert await fail(home, 3, client="::ffff:203.0.113.7") == [403, 403, 429]
        assert await fail(home, 1) == [429]
    async with opened(tmp_path / "two", failed_authentications_per_minute=0) as home:
        assert set(await fail(home, 90)) == {403}


async def test_the_consoles_sign_in_counts(tmp_path: Path) -> None:
    async with opened(tmp_path, failed_authentications_per_minute=2) as home:
        form = {"content-type": "application/x-www-form-urlencoded", "origin": "http://127.0.0.1:8741"}

        async def sign_in(secret: str, client: str) -> int:
            body = urlencode({"access_key_id": home.first.access_key_id, "secret": secret}).encode()
            answer = await send_request(home.house.application, "POST", "/console/login", headers=form, body=body, client=client)
            assert answer is not None
            return answer.status

        assert [await sign_in("wrong", FAR) for _ in range(4)] == [403, 403, 429, 429]
        assert await sign_in(str(home.first.secret_access_key), NEAR) == 303


async def test_a_network_that_is_none_stops_the_start(tmp_path: Path) -> None:
    settings = load_settings(
        {}, directory=tmp_path, flags={"data_dir": str(tmp_path / "var"), "shared_networks": ("10.0.0.0/33",)}
    ).settings
    with pytest.raises(SettingsError, match="shared_networks"):
        await open_house(settings)


def test_failures_decay_and_a_clock_that_goes_back_forgives_nothing() -> None:
    strangers = Strangers(6, NETWORKS)
    for _ in range(6):
        strangers.failed(FAR, 1000.0)
    for moment in (1000.0, 900.0, 1009.0):
        with pytest.raises(TooManyFailures) as caught:
            strangers.admit(FAR, b"", moment)
        assert 1 <= caught.value.facts["retry_after_s"] <= 11
    strangers.admit(FAR, b"", 1011.0)
    strangers.failed(FAR, 1011.0)
    with pytest.raises(TooManyFailures):
        strangers.failed(FAR, 1012.0)


def test_memory_is_bounded_and_the_longest_quiet_is_forgotten() -> None:
    strangers = Strangers(1, NETWORKS, addresses_max=3)
    for number in (1, 2, 3, 1, 4):
        try:
            strangers.failed(f"203.0.113.{number}", 0.0)
        except TooManyFailures:
            assert number == 1
    assert [strangers.watches(f"203.0.113.{number}") for number in (1, 2, 3, 4)] == [True, False, True, True]
    for number in range(KNOWN_MAX + 1):
        strangers.held("203.0.113.4", bytes([number]))
    with pytest.raises(TooManyFailures):
        strangers.admit("203.0.113.4", bytes([0]), 0.0)
    strangers.admit("203.0.113.4", bytes([1]), 0.0)


def test_of_ipv6_a_customers_network_counts_and_what_is_no_address_does_not() -> None:
    strangers = Strangers(1, NETWORKS)
    strangers.failed("2001:db8:1:2::1", 0.0)
    assert strangers.watches("2001:db8:1:2:ffff::9")
    assert not strangers.watches("2001:db8:1:3::1")
    for nothing in ("", "a socket", "10.0.0.1"):
        strangers.failed(nothing, 0.0)
        strangers.failed(nothing, 0.0)
        assert not strangers.watches(nothing)


def marked(*headers: tuple[str, str]) -> bytes:
    return mark_of(claim_of(HttpRequest("GET", b"/", b"", headers, b"", secure=False)))


def test_credentials_are_known_by_what_cannot_be_guessed_or_by_key_and_session() -> None:
    assert marked(("authorization", "Bearer one")) == marked(("x-api-key", "one")) != marked(("authorization", "Bearer two"))
    assert marked() == marked(("authorization", "Basic x")) == b""
