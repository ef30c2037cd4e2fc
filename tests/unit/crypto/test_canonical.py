"""What has no canonical form is refused."""

from __future__ import annotations

import math

import msgspec
import pytest

from ringwall.crypto import canonical_json
from ringwall.errors import InvalidRequest


class Pair(msgspec.Struct, rename="camel"):
    first_half: int
    second_half: tuple[str, ...]


def nested(depth: int) -> object:
    value: object = "x"
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(2**53 + 1, id="an integer that readers round"),
        pytest.param(-(2**53) - 1, id="a negative one"),
        pytest.param(2**60, id="an integer that a double holds and writes otherwise"),
        pytest.param(10**21, id="an integer that a double writes with an exponent"),
        pytest.param(10**400, id="an integer beyond all doubles"),
        pytest.param(math.nan, id="NaN"),
        pytest.param(math.inf, id="infinity"),
        pytest.param({"é": 1}, id="a key that is not ASCII"),
        pytest.param({1: 1}, id="a key that is no text"),
        pytest.param(b"bytes", id="bytes"),
        pytest.param("\ud800", id="a lone surrogate"),
        pytest.param({"deep": ["\udfff"]}, id="a lone surrogate below"),
        pytest.param(nested(33), id="too deep"),
        pytest.param(nested(100_000), id="much too deep"),
        pytest.param(object(), id="anything else"),
    ],
)
def test_no_canonical_form(value: object) -> None:
    with pytest.raises(InvalidRequest):
        canonical_json(value)


def test_structs_stand_for_what_they_encode_to() -> None:
    assert canonical_json({"b": Pair(1, ("x",)), "a": ()}) == b'{"a":[],"b":{"firstHalf":1,"secondHalf":["x"]}}'


def test_the_deepest_that_is_allowed() -> None:
    assert canonical_json(nested(32)) == b"[" * 32 + b'"x"' + b"]" * 32


@pytest.mark.parametrize("others", [{}, {"ratio": 0.5}], ids=["alone", "beside a number that takes the long way"])
def test_a_set_is_the_list_of_its_members_in_order(others: dict[str, object]) -> None:
    expected = canonical_json({"set": ["a", "b", "c"], **others})
    assert canonical_json({"set": {"c", "a", "b"}, **others}) == expected
    assert canonical_json({"set": frozenset({"b", "c", "a"}), **others}) == expected


@pytest.mark.parametrize("depth", range(30))
def test_the_short_way_and_the_long_way_write_the_same(depth: int) -> None:
    value = {"name": "Zoë", "deep": nested(depth), "truth": True, "none": None, "count": -7, "b": "", "a": {"z": 1, "y": ["x"]}}
    short, long = canonical_json(value), canonical_json({**value, "~": 0.5})  # a fraction is looked at number by number
    assert long == short.removesuffix(b"}") + b',"~":0.5}'
