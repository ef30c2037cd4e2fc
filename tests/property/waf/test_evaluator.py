"""What holds for any bytes, any JSON, and any crowd."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringwall.policies.waf.json_body import read_json
from ringwall.policies.waf.rates import SLOTS, RateTable
from ringwall.policies.waf.request import RequestView, read_address
from ringwall.policies.waf.transformations import TRANSFORMATIONS

ENCODED = st.lists(
    st.sampled_from(
        [b"%41", b"%u0041", b"\\x41", b"\\u0041", b"\\41 ", b"&#65;", b"&lt;", b"/../", b"/*", b"*/", b"\\", b"a", b"\0", b"\n", b"\xff"]
    )
).map(b"".join)

NEVER_LONGER = frozenset(TRANSFORMATIONS) - {"MD5", "SHA256", "UTF8_TO_UNICODE"}
STABLE = frozenset(
    {"NONE", "COMPRESS_WHITE_SPACE", "LOWERCASE", "UPPERCASE", "NORMALIZE_PATH", "NORMALIZE_PATH_WIN", "REMOVE_NULLS", "REPLACE_NULLS"}
    | {"REMOVE_WHITESPACE", "TRIM", "TRIM_LEFT", "TRIM_RIGHT", "CMD_LINE"}
)


@pytest.mark.parametrize("name", sorted(TRANSFORMATIONS))
@given(value=st.binary(max_size=200) | ENCODED)
def test_a_transformation_takes_any_bytes(name: str, value: bytes):
    result = TRANSFORMATIONS[name](value)
    assert isinstance(result, bytes)
    if name in NEVER_LONGER:
        assert len(result) <= len(value)
    if name in STABLE:
        assert TRANSFORMATIONS[name](result) == result


UNITS = [b" ", b"\\", b"%", b"&#65;", b"/*", b"/../", b"\\u0041", b"\xc3\xa9", b'"', b'{"a":', b"\n^"]


@pytest.mark.parametrize("unit", UNITS)
def test_a_long_run_of_anything_is_read_in_one_go(unit: bytes):
    """In time that grows with the square of the length, this would take longer than a test may."""
    value = unit * (500_000 // len(unit))
    for transformation in TRANSFORMATIONS.values():
        transformation(value)
    read_json(value)
    RequestView("GET", b"/", value, (("cookie", value),), b"", "").cookies  # noqa: B018 - reading is what is tested


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def leaves(value: Any, pointer: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], bool, str]]:
    """Walk a parsed value: the independent way to the same elements."""
    if isinstance(value, dict):
        return [one for key, inner in value.items() for one in [((*pointer, key), True, key), *leaves(inner, (*pointer, key))]]
    if isinstance(value, list):
        return [one for index, inner in enumerate(value) for one in leaves(inner, (*pointer, str(index)))]
    return [(pointer, False, value if isinstance(value, str) else json.dumps(value))]


@given(value=st.lists(JSON, max_size=4) | st.dictionaries(st.text(), JSON, max_size=4), indent=st.sampled_from([None, 1]))
def test_the_elements_of_a_valid_body_are_all_of_it(value: Any, indent: int | None):
    found = read_json(json.dumps(value, indent=indent).encode())
    assert found.complete
    assert [(one.pointer, one.is_key, one.text.decode("utf-8", "surrogatepass")) for one in found.elements] == leaves(value)


@given(body=st.binary(max_size=100) | st.lists(st.sampled_from([b"{", b"}", b"[", b"]", b'"a"', b":", b",", b"1", b" "])).map(b"".join))
def test_no_body_breaks_the_reader(body: bytes):
    read_json(body)


@given(text=st.text(max_size=60))
def test_no_text_breaks_the_reading_of_an_address(text: str):
    read_address(text)


@given(query=st.binary(max_size=100), cookie=st.binary(max_size=100), name=st.binary(max_size=10))
def test_no_query_or_cookie_breaks_the_view(query: bytes, cookie: bytes, name: bytes):
    view = RequestView("GET", b"/", query, (("cookie", cookie),), b"", "")
    assert all(isinstance(value, bytes) for value in (*view.argument(name.lower()), *(value for _, value in view.cookies)))


@given(
    asked=st.lists(st.tuples(st.integers(0, 9), st.floats(0, 40)), max_size=120),
    room=st.integers(1, 10),
    window_s=st.sampled_from([60, 120]),
)
def test_a_count_is_never_too_low_however_little_room_there_is(asked: list[tuple[int, float]], room: int, window_s: int):
    rates, now, seen = RateTable(instances_max=room), 0.0, defaultdict(list)
    for who, pause in asked:
        now += pause
        seen[who].append(now)
        counted = rates.at(now).count("rule", bytes([who]), window_s)
        true = sum(1 for moment in seen[who] if moment > now - window_s)
        assert counted >= true
        if room == 10:  # room for all: not more than what a slot more than the window held
            assert counted <= sum(1 for moment in seen[who] if moment > now - window_s * (SLOTS + 1) / SLOTS - 1e-6)
