"""CBOR bodies: one tag, text keys, nothing twice, nothing after the end."""

from __future__ import annotations

import struct
from datetime import UTC, datetime

import cbor2
import pytest

from ringwall.errors import LimitExceeded
from ringwall.wire import MalformedRequest
from ringwall.wire.strict_cbor import CBOR_BYTES, decode_cbor

REFUSED = {
    "a key twice": b"\xa2\x61a\x01\x61a\x02",
    "a key twice, of indefinite length": b"\xbf\x61a\x01\x61a\x02\xff",
    "a key that is a number": b"\xa1\x01\x02",
    "a key that is a list": b"\xa1\x80\x02",
    "bytes after the end": b"\xa0\x00",
    "nothing": b"",
    "an array that ends too early": b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
    "a byte string that ends too early": b"\x5b\x00\x00\x7f\xff\xff\xff\xff\xff\x00",
    "invalid UTF-8": b"\x61\xff",
    "a surrogate in UTF-8": b"\x63\xed\xa0\x80",
    "a reserved length": b"\x1c",
    "a break where nothing is open": b"\xff",
    "a regular expression": b"\xd8\x23\x61a",
    "a shared value": b"\xd8\x1c\x80",
    "a moment that is text": b"\xc1\x61a",
    "a moment that is true": b"\xc1\xf5",
    "a moment that is NaN": b"\xc1\xfb\x7f\xf8\x00\x00\x00\x00\x00\x00",
    "a moment that is infinite": b"\xc1\xfb\x7f\xf0\x00\x00\x00\x00\x00\x00",
    "a moment out of range": b"\xc1\x1b\xff\xff\xff\xff\xff\xff\xff\xff",
    "a moment inside a moment": b"\xc1\xc1\x00",
}


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedRequest):
        decode_cbor(body, 64)


def test_every_tag_but_that_of_a_moment_is_refused() -> None:
    for tag in [*range(1100), 43000, 55799, 65535, 2**32, 2**64 - 1]:
        for inner in (b"\x00", b"\x61a", b"\x41a", b"\x80", b"\x82\x00\x01"):
            head = cbor2.dumps(cbor2.CBORTag(tag, 0))[:-1]
            if tag == 1 and inner == b"\x00":
                assert decode_cbor(head + inner, 64) == datetime(1970, 1, 1, tzinfo=UTC)
                continue
            with pytest.raises(MalformedRequest):
                decode_cbor(head + inner, 64)


def test_what_is_read() -> None:
    body = b"\xbf\x61a\x9f\x01\x20\xff\x61b\x7f\x61x\x61y\xff\x61c\x5f\x41z\xff\x61d\xf9\x3c\x00\x61e\xf6\xff"
    assert decode_cbor(body, 64) == {"a": [1, -1], "b": "xy", "c": b"z", "d": 1.0, "e": None}


def test_depth_and_length_have_bounds() -> None:
    assert decode_cbor(b"\x81" * 60 + b"\x00", 64)
    with pytest.raises(LimitExceeded):
        decode_cbor(b"\x81" * 65 + b"\x00", 64)
    with pytest.raises(LimitExceeded):
        decode_cbor(b"\x9f" * 100_000, 64)
    with pytest.raises(LimitExceeded):
        decode_cbor(b"\x5a" + struct.pack("!I", CBOR_BYTES) + b"x" * CBOR_BYTES, 64)
