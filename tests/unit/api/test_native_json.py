"""The native API reads JSON as strictly as the AWS face: what two readers could read differently is refused."""

from __future__ import annotations

import gzip

import pytest

from ringwall.api.native.operation import MalformedJson, parse_object
from ringwall.api.native.registry import BY_NAME
from ringwall.wire import HttpRequest
from ringwall.wire.errors import UnsupportedEncoding


@pytest.mark.parametrize(
    "body",
    [
        b'{"text": "safe", "text": "other"}',
        b'{"wordPolicyConfig": {"wordsConfig": []}, "wordPolicyConfig": {}}',
        b'{"a": {"b": 1, "b": 2}}',
        b'{"text": "\\ud800"}',
        b'{"text": "\\udc00\\ud800"}',
        b'{"text": "\xff"}',
        b'{"text": "\xed\xa0\x80"}',
        b'{"score": NaN}',
        b'{"a": ' + b"[" * 65 + b"]" * 65 + b"}",
        b'{"a": [' + b"[]," * 300_000 + b"[]]}",
        b"\xef\xbb\xbf{}",
        b"{} {}",
        b'"text"',
    ],
    ids=[
        "a name twice",
        "a policy twice",
        "a name twice, deeper",
        "a lone surrogate",
        "surrogates the wrong way round",
        "no UTF-8",
        "a surrogate in UTF-8",
        "not a number",
        "65 levels",
        "300,000 values",
        "a byte order mark",
        "two values",
        "no object",
    ],
)
def test_json_that_can_be_read_in_two_ways_or_costs_too_much_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedJson):
        parse_object(body)


def test_a_surrogate_pair_is_a_character() -> None:
    assert parse_object(b'{"text": "\\ud83d\\ude00"}') == {"text": "\U0001f600"}


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip"])
def test_a_packed_body_is_refused_whatever_it_holds(encoding: str) -> None:
    check = BY_NAME["Check"]
    for body in (gzip.compress(b'{"text": "hi"}'), b'{"text": "hi"}'):
        request = HttpRequest("POST", b"/ringwall/v1/check", b"", (("content-encoding", encoding),), body, secure=False)
        with pytest.raises(UnsupportedEncoding):
            check.read(request, {})
