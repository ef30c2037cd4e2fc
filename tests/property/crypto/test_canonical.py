"""Canonical JSON is JSON, means the value, and is one form for it."""

from __future__ import annotations

import json
import struct
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ringwall.crypto import canonical_json

keys = st.text(st.characters(max_codepoint=127), max_size=6)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=12)


@given(values)
def test_it_reads_back_as_the_value(value: Any) -> None:
    # Its readers may hold every number as a double.
    assert json.loads(canonical_json(value), parse_int=float) == value


@given(values)
def test_writing_what_was_read_gives_the_same_bytes(value: Any) -> None:
    once = canonical_json(value)
    assert canonical_json(json.loads(once)) == once


@given(st.dictionaries(keys, st.integers(0, 9), max_size=8), st.randoms())
def test_the_order_in_which_a_dict_was_filled_is_not_in_it(value: dict[str, int], chance: Any) -> None:
    items = list(value.items())
    chance.shuffle(items)
    assert canonical_json(dict(items)) == canonical_json(value)


@given(st.binary(min_size=8, max_size=8))
def test_every_float_reads_back_to_the_bit(bits: bytes) -> None:
    (number,) = struct.unpack(">d", bits)
    if number != number or number in (float("inf"), float("-inf")):
        return
    assert float(canonical_json(number)) == number
