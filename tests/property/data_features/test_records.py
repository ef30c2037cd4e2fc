"""Event times and values over all texts: read back as written, or refused; pages over all listings."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ringwall.data.feature_errors import RecordRefused
from ringwall.data.feature_group import Definition
from ringwall.data.feature_record import read_event_time, read_value
from ringwall.data.listing import moment_key, page
from tests.unit.data_features.test_records import group

NANOS = 1_000_000_000
LAST_S = 253_402_300_799


@given(st.integers(0, LAST_S), st.integers(0, NANOS - 1), st.integers(0, 9))
def test_every_moment_is_read_back_from_either_form(seconds: int, nanos: int, decimals: int) -> None:
    nanos -= nanos % 10 ** (9 - decimals)
    fraction = f".{nanos:09d}"[: decimals + 1] if decimals else ""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    text = f"{moment:%Y-%m-%dT%H:%M:%S}".rjust(19, "0") + fraction + "Z"
    assert read_event_time(group("String"), text) == seconds * NANOS + nanos
    assert read_event_time(group("Fractional"), f"{seconds}{fraction}") == seconds * NANOS + nanos


@given(st.sampled_from(["String", "Fractional"]), st.text(max_size=40) | st.from_regex(r"[-+0-9.eETZ:]{1,40}", fullmatch=True))
@example("Fractional", "1e99")
@example("String", "9999-12-31T23:59:60Z")
def test_every_text_is_a_moment_or_is_refused(event_type: str, text: str) -> None:
    try:
        assert 0 <= read_event_time(group(event_type), text) < (LAST_S + 1) * NANOS
    except RecordRefused:
        assert not (event_type == "Fractional" and text.isascii() and text.isdigit() and len(text) <= 10)


@given(st.integers())
def test_an_integer_is_taken_exactly_where_64_bits_hold_it(number: int) -> None:
    definition = Definition("f", "Integral")
    try:
        struct.pack("<q", number)
    except struct.error:
        with pytest.raises(RecordRefused):
            read_value(definition, {"ValueAsString": str(number)})
    else:
        assert read_value(definition, {"ValueAsString": str(number)}) == str(number)


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_a_float_is_taken_as_python_writes_it_exactly_where_it_is_finite(number: float) -> None:
    definition = Definition("f", "Fractional")
    if number != number or number in {float("inf"), float("-inf")}:
        with pytest.raises(RecordRefused):
            read_value(definition, {"ValueAsString": repr(number)})
    else:
        assert read_value(definition, {"ValueAsString": repr(number)}) == repr(number)


@given(st.lists(st.tuples(st.text(max_size=3), st.text(max_size=3)), unique=True, max_size=30), st.integers(1, 31), st.booleans())
def test_pages_join_to_the_whole_in_order(items: list[tuple[str, str]], limit: int, descending: bool) -> None:
    joined, after = [], ""
    while True:
        shown, after = page(items, lambda item: item, descending=descending, after=after, limit=limit)
        joined += shown
        if not after:
            break
    assert joined == sorted(items, reverse=descending)


@given(st.lists(st.datetimes(timezones=st.just(UTC)), min_size=2, max_size=2))
def test_moments_sort_as_their_keys_do(moments: list[datetime]) -> None:
    assert (moments[0] < moments[1]) == (moment_key(moments[0]) < moment_key(moments[1]))
