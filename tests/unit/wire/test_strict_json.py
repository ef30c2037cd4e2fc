"""JSON bodies: what RFC 8259 leaves open is refused."""

from __future__ import annotations

import pytest

from ringwall.errors import LimitExceeded
from ringwall.wire import MalformedRequest
from ringwall.wire.strict_json import MOST_VALUES, decode_json

REFUSED = {
    "a name twice": b'{"a":1,"a":2}',
    "a name twice, once escaped": b'{"a":1,"\\u0061":2}',
    "a name twice, far down": b'{"x":[{"y":{"a":1,"b":2,"a":3}}]}',
    "a name twice beside colons in text": b'{"t":"x: y: z","a":1,"a":2}',
    "a name twice beside a quoted colon in text": b'{"t":"\\"x\\":","a":1,"a":2}',
    "a name twice with spaces before the colons": b'{"a" : 1, "a"\t: 2}',
    "a lone high surrogate": b'{"a":"\\ud800"}',
    "a lone low surrogate": b'{"a":"\\udc00 and more"}',
    "a surrogate in UTF-8": b'"\xed\xa0\x80"',
    "invalid UTF-8": b'{"a":"\xff"}',
    "an overlong encoding": b'"\xc0\xaf"',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "NaN": b'{"a":NaN}',
    "Infinity": b"[Infinity]",
    "a number out of range": b"1e999",
    "an integer out of range": b"1" * 5000,
    "a leading zero": b"01",
    "a trailing comma": b'{"a":1,}',
    "something after the end": b"{} x",
    "a raw control character": b'"a\x00b"',
    "nothing": b"",
    "single quotes": b"{'a':1}",
}


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedRequest):
        decode_json(body, 64)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"t":"a: \\"b\\": {[","u":[{"v":1},{"v":2}]}', {"t": 'a: "b": {[', "u": [{"v": 1}, {"v": 2}]}),
        (b'"\\ud83d\\ude00"', "😀"),
        (b' [1, -0.5, 1e3, true, null, ""] ', [1, -0.5, 1000.0, True, None, ""]),
        (b'{"a" : {"a" : {"a" :1}}}', {"a": {"a": {"a": 1}}}),
    ],
)
def test_what_is_read(body: bytes, value: object) -> None:
    assert decode_json(body, 64) == value


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":'])
def test_depth_has_a_bound_that_is_exact(opening: bytes) -> None:
    closing = opening.replace(b'"a":', b"").translate(bytes.maketrans(b"[{", b"]}"))[::-1]
    levels = len(closing)
    assert decode_json(opening * (64 // levels) + b"0" + closing * (64 // levels), 64) is not None
    with pytest.raises(LimitExceeded):
        decode_json(opening * (64 // levels + 1) + b"0" + closing * (64 // levels + 1), 64)
    with pytest.raises(LimitExceeded):
        decode_json(opening * 500_00 + b"0" + closing * 500_00, 64)


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000, b"]" * 1000, b"[" * 100_000 + b"]" * 64])
def test_brackets_that_do_not_close_are_refused(body: bytes) -> None:
    with pytest.raises((LimitExceeded, MalformedRequest)):
        decode_json(body, 64)


def test_brackets_inside_strings_are_text() -> None:
    assert decode_json(b'["' + b"[" * 100_000 + b'"]', 64) == ["[" * 100_000]


def test_the_number_of_values_has_a_bound() -> None:
    with pytest.raises(LimitExceeded):
        decode_json(b"[" + b"{}," * MOST_VALUES + b"{}]", 64)
    assert decode_json(b'["' + b"," * (MOST_VALUES + 1) + b'"]', 64) == ["," * (MOST_VALUES + 1)]
