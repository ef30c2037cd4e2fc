"""Tables of every type that a commitment is defined for, as Python values and as Arrow arrays."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st


def whole(bits: int, *, signed: bool) -> st.SearchStrategy[int]:
    low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
    return st.integers(low, high)


def scaled(digits: int, scale: int) -> st.SearchStrategy[Decimal]:
    return st.integers(-(10**digits) + 1, 10**digits - 1).map(lambda number: Decimal(f"{number}e{-scale}"))


TEXT = st.text(st.characters(codec="utf-8"), max_size=5)
PLAIN: list[tuple[Any, pa.DataType, st.SearchStrategy[Any]]] = [
    ("null", pa.null(), st.none()),
    ("bool", pa.bool_(), st.booleans()),
    *[(f"int{bits}", getattr(pa, f"int{bits}")(), whole(bits, signed=True)) for bits in (8, 16, 32, 64)],
    *[(f"uint{bits}", getattr(pa, f"uint{bits}")(), whole(bits, signed=False)) for bits in (8, 16, 32, 64)],
    *[(f"float{bits}", getattr(pa, f"float{bits}")(), st.floats(width=bits)) for bits in (16, 32, 64)],
    ("string", pa.string(), TEXT),
    ("string", pa.large_string(), TEXT),
    ("string", pa.string_view(), TEXT),
    ("string", pa.dictionary(pa.int8(), pa.string()), TEXT),
    ("binary", pa.binary(), st.binary(max_size=5)),
    ("binary", pa.large_binary(), st.binary(max_size=5)),
    ("binary", pa.binary_view(), st.binary(max_size=20)),
    ("binary(3)", pa.binary(3), st.binary(min_size=3, max_size=3)),
    ("date", pa.date32(), whole(32, signed=True)),
    ("time(ms)", pa.time32("ms"), st.integers(0, 86_399_999)),
    ("time(us)", pa.time64("us"), st.integers(0, 86_399_999_999)),
    ("timestamp(us)", pa.timestamp("us"), whole(64, signed=True)),
    ("timestamp(ns,Europe/Berlin)", pa.timestamp("ns", "Europe/Berlin"), whole(64, signed=True)),
    ("duration(s)", pa.duration("s"), whole(64, signed=True)),
    ("decimal(7,2)", pa.decimal128(7, 2), scaled(7, 2)),
    ("decimal(7,2)", pa.decimal256(7, 2), scaled(7, 2)),
    ("decimal(9,3)", pa.decimal32(9, 3), scaled(9, 3)),
    ("decimal(60,4)", pa.decimal256(60, 4), scaled(60, 4)),
]
NUMBERS_OF_TIME = ("date", "time", "timestamp", "duration")


def _nested() -> list[tuple[Any, pa.DataType, st.SearchStrategy[Any]]]:
    number, text = st.none() | whole(16, signed=True), st.none() | TEXT
    pair: Callable[[Any, Any], Any] = lambda a, b: {"a": a, "b": b}  # noqa: E731 - a strategy's builder
    members = [{"name": "a", "type": "int16"}, {"name": "b", "type": {"list": "string"}}]
    struct = pa.struct([("a", pa.int16()), ("b", pa.list_(pa.string()))])
    records = st.builds(pair, number, st.none() | st.lists(text, max_size=3))
    return [
        ({"list": "int16"}, pa.list_(pa.int16()), st.lists(number, max_size=4)),
        ({"list": "string"}, pa.large_list(pa.string()), st.lists(text, max_size=4)),
        ({"list": "int16"}, pa.list_view(pa.int16()), st.lists(number, max_size=4)),
        ({"list": "int16", "size": 2}, pa.list_(pa.int16(), 2), st.lists(number, min_size=2, max_size=2)),
        ({"struct": members}, struct, records),
        ({"list": {"struct": members}}, pa.list_(struct), st.lists(st.none() | records, max_size=3)),
        ({"map": ["string", "int16"]}, pa.map_(pa.string(), pa.int16()), st.lists(st.tuples(TEXT, number), max_size=3)),
    ]


NESTED = _nested()


@st.composite
def tables(
    draw: st.DrawFn, *, nested: bool = True, min_rows: int = 0, max_rows: int = 40
) -> tuple[list[tuple[str, Any, list[Any]]], pa.Table]:
    """Return a table as (name, logical type, values) and as Arrow."""
    rows = draw(st.integers(min_rows, max_rows))
    kinds = draw(st.lists(st.sampled_from(PLAIN + NESTED if nested else PLAIN), min_size=1, max_size=9))
    plain, arrays = [], []
    for index, (logical, kind, values) in enumerate(kinds):
        column = draw(st.lists(draw(st.sampled_from([values, st.none() | values])), min_size=rows, max_size=rows))
        plain.append((f"c{index}", logical, column))
        arrays.append(_array(column, kind, logical))
    return plain, pa.table(dict(zip([name for name, _, _ in plain], arrays, strict=True)))


def _array(column: list[Any], kind: pa.DataType, logical: Any) -> pa.Array:
    if isinstance(logical, str) and logical.startswith(NUMBERS_OF_TIME):
        width = pa.int32() if kind.bit_width == 32 else pa.int64()
        return pa.array(column, width).view(kind)
    return pa.array(column, kind)
