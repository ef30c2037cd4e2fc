"""Rows come back as they were written, in each media type; limits are found before memory is spent."""

from __future__ import annotations

import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringwall.errors import LimitExceeded
from ringwall.wire.tabular.csv_rows import read_cells, read_csv, write_csv
from ringwall.wire.tabular.limits import VALUES_MAX
from ringwall.wire.tabular.npy import Array, read_npy, write_npy
from ringwall.wire.tabular.rows import read_rows

FINITE = st.floats(allow_nan=False, allow_infinity=False)
ROWS = st.integers(1, 5).flatmap(lambda width: st.lists(st.tuples(*[FINITE] * width), min_size=1, max_size=6))


@given(ROWS)
def test_the_same_numbers_are_read_from_all_three_media(rows: list[tuple[float, ...]]) -> None:
    array = Array(descr="<f8", shape=(len(rows), len(rows[0])), values=tuple(value for row in rows for value in row))
    comma = write_csv(tuple(tuple(map(repr, row)) for row in rows))
    read = {
        read_rows("application/json", json.dumps(rows).encode()),
        read_rows("text/csv", comma),
        read_rows("application/x-npy", write_npy(array)),
    }
    assert read == {tuple(rows)}
    assert read_csv(comma) == tuple(rows)


@given(st.sampled_from(["<f4", ">f8", "|i1", "<u8", "|b1"]), st.lists(st.integers(1, 3), min_size=1, max_size=4), st.data())
def test_an_array_that_was_written_is_read_again(descr: str, axes: list[int], data: st.DataObject) -> None:
    size = 1
    for axis in axes:
        size *= axis
    values = tuple(data.draw(st.lists(st.integers(0, 1), min_size=size, max_size=size)))
    array = Array(descr=descr, shape=tuple(axes), values=values)
    assert read_npy(write_npy(array)) == array


@given(st.lists(st.lists(st.sampled_from(["1", "a b", "-0.5", "x"]), min_size=1, max_size=4), min_size=1, max_size=4))
def test_cells_that_were_written_are_read_again(lines: list[list[str]]) -> None:
    cells = tuple(map(tuple, lines))
    assert read_cells(write_csv(cells)) == cells


@pytest.mark.parametrize("media", ["application/json", "text/csv", "application/x-npy"])
def test_more_values_than_are_read_are_refused(media: str) -> None:
    many = VALUES_MAX + 1
    head = f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({many},), }}\n".encode()
    body = {
        "application/json": b"[" + b"1," * many + b"1]",
        "text/csv": b"1," * many + b"1",
        "application/x-npy": b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + bytes(many),
    }[media]
    with pytest.raises(LimitExceeded):
        read_rows(media, body)
