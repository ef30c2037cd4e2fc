"""Pages and the native API answer only under names that are ours."""

from __future__ import annotations

import pytest

from ringwall.api.hosts import Hosts, UnknownHost, host_name
from ringwall.wire import HttpRequest


def request(*headers: tuple[str, str]) -> HttpRequest:
    return HttpRequest("GET", b"/console", b"", headers, b"", secure=False)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.0.0.1:8741",
        "localhost:1",
        "LOCALHOST",
        "localhost.",
        "[::1]:8741",
        "10.0.0.7:8741",
        "guard.example",
        "Guard.Example:443",
    ],
)
def test_our_names_pass(host: str) -> None:
    Hosts("10.0.0.7", ["guard.example"]).check(request(("host", host)))


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:8741",
        "evil.example:127.0.0.1",
        "0.0.0.0",
        "[::2]:8741",
        "10.0.0.8",
        "guard.example.evil",
        "[::1].evil.example",
        "[::1]evil.example:8741",
        "user@localhost",
        "localhost/evil.example",
        "localhost:8741:8741",
        "[localhost]",
    ],
)
def test_other_names_are_refused(host: str) -> None:
    with pytest.raises(UnknownHost):
        Hosts("10.0.0.7", ["guard.example"]).check(request(("host", host)))


def test_a_request_without_a_host_is_refused() -> None:
    with pytest.raises(UnknownHost):
        Hosts("127.0.0.1", []).check(request())


@pytest.mark.parametrize("other", ["host", ":authority"])
def test_a_second_host_must_be_ours_too(other: str) -> None:
    with pytest.raises(UnknownHost):
        Hosts("127.0.0.1", []).check(request(("host", "localhost"), (other, "evil.example")))
    Hosts("127.0.0.1", []).check(request(("host", "localhost"), (other, "localhost:8741")))


def test_http2_authority_stands_for_the_host() -> None:
    Hosts("127.0.0.1", []).check(request((":authority", "localhost:8741")))


@pytest.mark.parametrize("bound", ["0.0.0.0", "::", "[::]"])
def test_a_wildcard_address_is_no_name(bound: str) -> None:
    with pytest.raises(UnknownHost):
        Hosts(bound, []).check(request(("host", "192.0.2.1")))
    Hosts(bound, []).check(request(("host", "localhost")))


@pytest.mark.parametrize(("host", "name"), [("A.b:1", "a.b"), ("[FE80::1]:2", "fe80::1"), ("a.", "a"), ("", ""), ("[", "")])
def test_the_name_is_taken_from_the_header(host: str, name: str) -> None:
    assert host_name(host) == name
