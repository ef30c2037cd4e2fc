"""Malformed, oversized and ambiguous requests on raw sockets: a typed refusal, bounded memory, a record, and a server that goes on."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from typing import Any

import pytest

from .conftest import MEGABYTE, Attacked

TEXT = b'{"text": "hi"}'
BLOCK = b'{"text": {"text": "a b"}}'


def content(blocks: bytes) -> bytes:
    return b'{"source": "INPUT", "content": ' + blocks + b"}"


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (content(b'[{"text": {"text": "\xff"}}]'), 400, "SerializationException"),
        (content(b'[{"text": {"text": "\xed\xa0\x80"}}]'), 400, "SerializationException"),
        (content(b'[{"text": {"text": "\\ud800"}}]'), 400, "SerializationException"),
        (content(b'[{"text": {"text": "\\udc00\\ud800"}}]'), 400, "SerializationException"),
        (content(b"[" * 100_000 + b"]" * 100_000), 400, "ValidationException"),
        (content(b'{"a":' * 100_000 + b"1" + b"}" * 100_000), 400, "ValidationException"),
        (content(b"[" * 100_000), 400, "ValidationException"),
        (content(b"[" + b",".join([BLOCK] * 100_000) + b"]"), 400, "ValidationException"),
        (content(b"[" + b",".join([BLOCK] * 1_001) + b"]"), 400, "ValidationException"),
        (content(b"[" + b"[]," * 2_000_000 + b"[]]"), 400, "ValidationException"),
        (content(b"[]") + b"x", 400, "SerializationException"),
        (content(b'[], "content": [' + BLOCK + b"]"), 400, "SerializationException"),
        (content(b'[{"image": {"format": "png", "source": {"bytes": "eA=="}}}]'), 400, "ValidationException"),
        (content(b'[{"text": {"text": "hi", "qualifiers": ["nobody"]}}]'), 400, "ValidationException"),
        (content(b"[{}]"), 400, "ValidationException"),
        (b"", 400, "ValidationException"),
        (b"null", 400, "SerializationException"),
    ],
    ids=[
        "invalid UTF-8",
        "a surrogate in UTF-8",
        "a lone surrogate",
        "surrogates the wrong way round",
        "100,000 nested lists",
        "100,000 nested objects",
        "100,000 open lists",
        "100,000 content blocks",
        "1,001 content blocks",
        "two million empty lists",
        "something behind the end",
        "a name twice",
        "an image",
        "an unknown qualifier",
        "an empty block",
        "nothing",
        "null",
    ],
)
def test_a_body_that_cannot_be_judged_is_refused_by_name_and_recorded(attacked: Attacked, body: bytes, status: int, error: str) -> None:
    before = attacked.memory_bytes()
    assert attacked.post(attacked.apply_path, body)[0] == status
    record = attacked.last_record()
    assert (record["eventName"], record["errorCode"]) == ("ApplyGuardrail", error)
    assert attacked.memory_bytes() - before < 150 * MEGABYTE


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"text": "\xff"}', "malformed-json"),
        (b'{"text": "\\ud800"}', "malformed-json"),
        (b'{"text": "safe", "text": "other"}', "malformed-json"),
        (b'{"text":' * 100_000, "malformed-json"),
        (b'{"a": [' + b"[]," * 2_000_000 + b"[]]}", "malformed-json"),
        (b'{"text": 5}', "invalid-request"),
        (b'{"text": "hi", "more": 1}', "invalid-request"),
        (b"", "invalid-request"),
    ],
    ids=["invalid UTF-8", "a lone surrogate", "a name twice", "nesting", "two million lists", "a number", "an unknown member", "nothing"],
)
def test_the_native_face_refuses_with_problem_details(attacked: Attacked, body: bytes, code: str) -> None:
    before = attacked.memory_bytes()
    status, answer = attacked.post(attacked.native_path, body)
    assert (status, json.loads(answer)["type"]) == (400, f"urn:ringwall:{code}")
    assert attacked.last_record()["errorCode"] == code
    assert attacked.memory_bytes() - before < 150 * MEGABYTE


@pytest.mark.parametrize(("path", "status"), [("apply_path", 400), ("native_path", 413)])
def test_a_declared_length_above_the_limit_is_refused_before_it_is_sent(attacked: Attacked, path: str, status: int) -> None:
    target: bytes = getattr(attacked, path)
    head = b"POST %s HTTP/1.1\r\nhost: %s\r\ncontent-length: 99999999999\r\n\r\n" % (target, attacked.authority)
    answered, body = attacked.send(head)
    assert answered == status
    assert b"exceeds the maximum" in body


def test_a_body_without_a_length_is_given_up_at_the_limit(attacked: Attacked) -> None:
    before = attacked.memory_bytes()
    head = b"POST %s HTTP/1.1\r\nhost: %s\r\ntransfer-encoding: chunked\r\n\r\n" % (attacked.native_path, attacked.authority)
    chunk = b"100000\r\n" + b"a" * MEGABYTE + b"\r\n"
    assert attacked.send(head, *[chunk] * 24)[0] in {0, 413}
    assert attacked.memory_bytes() - before < 100 * MEGABYTE
    assert attacked.answers()


@pytest.mark.parametrize(
    ("headers", "statuses"),
    [
        ([b"x-%d: a" % number for number in range(200)], {431}),
        ([b"x-long: " + b"a" * 120_000], {431}),
        ([b"x-long: " + b"a" * 4_000_000], {0, 431}),
        ([b"authorization: Bearer other"], {403}),
        ([b"content-length: 3"], {400}),
        ([b"bad name: 1"], {400}),
        ([b"content-encoding: gzip"], {415}),
    ],
    ids=["200 headers", "a long one", "a very long one", "two credentials", "two lengths", "a malformed one", "a packed body"],
)
def test_hostile_headers_are_refused(attacked: Attacked, headers: list[bytes], statuses: set[int]) -> None:
    assert attacked.post(attacked.native_path, TEXT, *headers)[0] in statuses


@pytest.mark.parametrize(
    "hosts",
    [
        lambda own: [b"evil.example"],
        lambda own: [own, b"evil.example"],
        lambda own: [b"evil.example", own],
        lambda own: [b"[::1].evil.example"],
        lambda own: [b"evil.example@127.0.0.1"],
        lambda own: [b""],
    ],
    ids=["a foreign one", "a second one", "a foreign one first", "behind brackets", "behind user information", "empty"],
)
@pytest.mark.parametrize("path", [b"/console", b"/ringwall/v1/guardrails", b"/ringwall/v1/openapi.json"])
def test_a_foreign_host_gets_neither_pages_nor_the_native_api(
    attacked: Attacked, hosts: Callable[[bytes], list[bytes]], path: bytes
) -> None:
    names = b"".join(b"host: %s\r\n" % name for name in hosts(attacked.authority))
    key = attacked.live.ready["apiKey"].encode()
    assert attacked.send(b"GET %s HTTP/1.1\r\n%sauthorization: Bearer %s\r\n\r\n" % (path, names, key))[0] in {400, 421}


@pytest.mark.parametrize(
    ("form", "origin", "status"),
    [
        (b"access_key_id=&secret=x", None, 403),
        (b"access_key_id=&secret=x", b"http://evil.example", 403),
        (b"access_key_id=&secret=x", b"null", 403),
        (b"access_key_id=&secret=x", b"own", 403),
        (b"secret=%ff", b"own", 400),
        (b"secret=a&secret=b", b"own", 400),
        (b"&".join(b"f%d=1" % number for number in range(5_000)), b"own", 400),
        (b"access_key_id=%E9%80%80&secret=%E9%80%80%00%0d%0aX:%201", b"own", 403),
        (b"secret=" + b"a" * 1_000_000, b"own", 403),
    ],
    ids=[
        "no origin",
        "another origin",
        "the null origin",
        "a wrong key",
        "not UTF-8",
        "a field twice",
        "5,000 fields",
        "a key of other characters",
        "a long key",
    ],
)
def test_the_console_refuses_a_sign_in_it_cannot_trust(attacked: Attacked, form: bytes, origin: bytes | None, status: int) -> None:
    said = b"" if origin is None else b"origin: %s\r\n" % (b"http://" + attacked.authority if origin == b"own" else origin)
    head = b"POST /console/login HTTP/1.1\r\nhost: %s\r\n%scontent-type: application/x-www-form-urlencoded\r\ncontent-length: %d\r\n\r\n"
    assert attacked.send(head % (attacked.authority, said, len(form)) + form)[0] == status


@pytest.mark.parametrize(
    "cookie", [b"ringwall=\xff\xfe", b"ringwall=" + b"a" * 64, b"ringwall=a; ringwall=b", b"ringwall=" + b"0" * 60_000]
)
def test_a_forged_session_is_sent_to_the_sign_in(attacked: Attacked, cookie: bytes) -> None:
    assert attacked.send(b"GET /console HTTP/1.1\r\nhost: %s\r\ncookie: %s\r\n\r\n" % (attacked.authority, cookie))[0] == 303


@pytest.mark.parametrize(
    "target",
    [b"/ringwall/v1/guardrails/%ff", b"/ringwall/v1/guardrails/%00", b"/guardrails/%00", b"/guardrails?maxResults=" + b"9" * 400,
     b"/guardrails?nextToken=%ff", b"/ringwall/v1/records?limit=-1", b"/ringwall/v1/records?start=" + b"9" * 30, b"/ringwall/v1/records?x",
     b"/console/guardrails/%ff", b"/console?a=%ff", b"/guardrails?" + b"a=1&" * 20_000],
)  # fmt: skip
def test_a_hostile_target_is_the_callers_error(attacked: Attacked, target: bytes) -> None:
    key = attacked.live.ready["apiKey"].encode()
    status, _ = attacked.send(b"GET %s HTTP/1.1\r\nhost: %s\r\nauthorization: Bearer %s\r\n\r\n" % (target, attacked.authority, key))
    assert 300 <= status < 500


def test_connections_that_say_nothing_do_not_keep_others_out(attacked: Attacked) -> None:
    idle: list[socket.socket] = []
    try:
        for number in range(200):
            connection = socket.create_connection(attacked.address, timeout=10)
            connection.sendall([b"", b"POST / HT", b"POST / HTTP/1.1\r\ncontent-length: 1000000\r\n\r\nab"][number % 3])
            idle.append(connection)
        assert attacked.answers()
    finally:
        for connection in idle:
            connection.close()


def test_nothing_a_caller_sent_stands_in_the_log(attacked: Attacked) -> None:
    canary = "canary-5b1f-in-the-text"
    bodies: list[Any] = [{"text": canary}, {"text": 5, canary: canary}, {"content": [{"text": {"text": canary, "qualifiers": [canary]}}]}]
    for body in bodies:
        attacked.post(attacked.native_path, json.dumps(body).encode())
        attacked.post(attacked.apply_path, json.dumps(body).encode())
    attacked.post(b"/%s" % canary.encode(), b'{"a": ' + canary.encode())
    assert canary not in attacked.log
    assert canary not in json.dumps(attacked.native("/records?limit=20"))
