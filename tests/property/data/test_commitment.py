"""Commitments against a second implementation made from the description, and what must and must not change them."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import math
from base64 import b64encode
from typing import Any

import blake3
import msgspec
import pyarrow as pa
import pyarrow.ipc
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ringwall.data.commitment import (
    Column,
    Commitment,
    SaltKey,
    Schema,
    commit,
    commit_table,
    prove_growth,
    prove_row,
    verify_growth,
    verify_row,
)
from ringwall.data.commitment.row_proof import decode_row
from ringwall.errors import IntegrityError, RingwallError
from tests.conformance import reference_commitment as reference
from tests.property.data.strategies import tables

SALTS = SaltKey(bytes(range(32)))
FEWER = settings(max_examples=settings.default.max_examples // 3)  # whole tables are dear to make
HASHES = {"sha256": hashlib.sha256, "blake3": blake3.blake3}


def salts(rows: int) -> list[bytes]:
    stream = SALTS.salts(0, rows)
    return [stream[at : at + 16] for at in range(0, len(stream), 16)]


@FEWER
@given(made=tables(), name=st.sampled_from(sorted(HASHES)))
def test_columns_hash_to_what_the_description_says(made: Any, name: Any) -> None:
    plain, table = made
    committed = commit(table, hash=name)
    leaves = reference.column_leaves(plain, HASHES[name])
    assert committed.leaf_hashes == leaves
    assert committed.commitment.digest == reference.digest(plain, leaves, "columns", name)
    assert committed.commitment.leaves == len(leaves)


@FEWER
@given(made=tables(nested=False), name=st.sampled_from(sorted(HASHES)))
def test_rows_hash_to_what_the_description_says(made: Any, name: Any) -> None:
    plain, table = made
    committed = commit(table, mode="rows", hash=name, salts=SALTS)
    leaves = reference.row_leaves(plain, salts(table.num_rows), HASHES[name])
    assert committed.leaf_hashes == leaves
    assert committed.commitment.digest == reference.digest(plain, leaves, "rows", name)
    assert committed.commitment.leaves == len(leaves)


@FEWER
@given(made=tables(), cuts=st.lists(st.integers(0, 40), max_size=6))
def test_how_a_table_is_cut_leaves_no_trace(made: Any, cuts: list[int]) -> None:
    _, table = made
    places = [0, *sorted(min(cut, table.num_rows) for cut in cuts), table.num_rows]
    pieces = [table.slice(low, high - low) for low, high in itertools.pairwise(places)]
    assert commit_table(pa.concat_tables(pieces)) == commit_table(table)


@FEWER
@given(made=tables(min_rows=1), data=st.data())
def test_any_other_cell_is_another_commitment(made: Any, data: st.DataObject) -> None:
    plain, table = made
    column = data.draw(st.integers(0, len(plain) - 1))
    row, other = data.draw(st.integers(0, table.num_rows - 1)), data.draw(st.integers(0, table.num_rows - 1))
    values = plain[column][2]
    assume(not _same(values[row], values[other]))
    order = list(range(table.num_rows))
    order[row] = other  # this cell becomes another one's value
    changed = table.set_column(column, table.field(column), table.column(column).take(order) if _takes(table, column) else None)
    assert commit_table(changed) != commit_table(table)


def _takes(table: pa.Table, column: int) -> bool:
    try:
        table.column(column).take([0])
    except pa.ArrowException:  # views of lists
        assume(False)
    return True


def _same(left: Any, right: Any) -> bool:
    """Equal as commitments see it: every NaN is one, and the two zeros are two."""
    if isinstance(left, float) and isinstance(right, float):
        return (math.isnan(left) and math.isnan(right)) or (left == right and math.copysign(1, left) == math.copysign(1, right))
    return bool(left == right and (left is None) == (right is None))


@FEWER
@given(made=tables(nested=False, min_rows=1), data=st.data())
def test_every_row_is_proved_and_read_back(made: Any, data: st.DataObject) -> None:
    plain, table = made
    committed = commit_table(table, mode="rows", salts=SALTS)
    index = data.draw(st.integers(0, table.num_rows - 1))
    row = verify_row(prove_row(table, index, SALTS, committed), committed.digest)
    assert list(row) == [name for name, _, _ in plain]
    assert all(_same(row[name], values[index]) for name, _, values in plain)


@FEWER
@given(made=tables(nested=False, min_rows=2), data=st.data())
def test_growth_in_rows_is_proved_to_the_last_row(made: Any, data: st.DataObject) -> None:
    _, table = made
    kept = data.draw(st.integers(0, table.num_rows))
    old = commit_table(table.slice(0, kept), mode="rows", salts=SALTS)
    proof = prove_growth(old, table, salts=SALTS)
    assert verify_growth(proof, old.digest, proof.new.digest) == kept


@FEWER
@given(made=tables(min_rows=1), data=st.data())
def test_growth_in_columns_is_proved_with_the_tail_shown(made: Any, data: st.DataObject) -> None:
    _, table = made
    assume(not any(pa.types.is_list_view(field.type) for field in table.schema))
    kept = data.draw(st.integers(0, table.num_rows))
    old = commit_table(table.slice(0, kept))
    proof = prove_growth(old, table, show_tail=True)
    assert verify_growth(proof, old.digest, proof.new.digest) == kept
    hidden = prove_growth(old, table)
    assert verify_growth(hidden, old.digest, proof.new.digest) == (0 if kept < reference.CHUNK else kept)


@FEWER
@given(data=st.data())
def test_a_row_proof_with_one_digit_changed_shows_nothing(data: st.DataObject) -> None:
    table = pa.table({"n": list(range(50)), "t": [f"row {n}" for n in range(50)]})
    committed = commit_table(table, mode="rows", salts=SALTS)
    proof = prove_row(table, 20, SALTS, committed)
    field = data.draw(st.sampled_from(["salt", "row", "group", "path", "index"]))
    with pytest.raises(IntegrityError):
        verify_row(_changed(proof, field, data), committed.digest)


GROWN = pa.table({"n": list(range(50)), "t": [f"row {n}" for n in range(50)]})


@FEWER
@given(data=st.data(), mode=st.sampled_from(["rows", "columns"]))
def test_a_growth_proof_with_one_digit_changed_shows_nothing(data: st.DataObject, mode: Any) -> None:
    salts_of = SALTS if mode == "rows" else None
    old = commit_table(GROWN.slice(0, 37), mode=mode, salts=salts_of)
    proof = prove_growth(old, GROWN, salts=salts_of, show_tail=True)
    assert verify_growth(proof, old.digest, proof.new.digest) == 37
    fields = ["prefix_root", "old_path", "new_path", "entry", "old_paths", "new_paths"] if mode == "rows" else ["batch"]
    field = data.draw(st.sampled_from(fields))
    held = proof.tail if field in ("entry", "batch", "old_paths", "new_paths") else proof
    if field == "batch":
        changed = msgspec.structs.replace(held, batch=data.draw(st.binary(max_size=60).map(lambda read: b64encode(read).decode())))
    elif field.endswith("_paths"):
        inner = msgspec.structs.replace(proof, old_path=getattr(held, field)[0])
        changed = msgspec.structs.replace(held, **{field: (_changed(inner, "old_path", data).old_path,)})
    else:
        changed = _changed(held, field, data)
    proof = changed if held is proof else msgspec.structs.replace(proof, tail=changed)
    with pytest.raises(IntegrityError):
        verify_growth(proof, old.digest, proof.new.digest)


@FEWER
@given(data=st.data())
def test_shown_rows_with_one_cell_changed_are_no_proof(data: st.DataObject) -> None:
    old = commit_table(GROWN.slice(0, 37))
    proof = prove_growth(old, GROWN, show_tail=True)
    numbers = list(range(50))
    numbers[data.draw(st.integers(0, 49))] += data.draw(st.integers(1, 9))
    false = prove_growth(commit_table(GROWN.slice(0, 0)), GROWN.set_column(0, "n", pa.array(numbers)), show_tail=True)
    assert proof.tail is not None
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, GROWN.schema) as writer:
        writer.write_table(GROWN.set_column(0, "n", pa.array(numbers)))
    tail = msgspec.structs.replace(proof.tail, batch=b64encode(sink.getvalue().to_pybytes()).decode())
    with pytest.raises(IntegrityError):
        verify_growth(msgspec.structs.replace(proof, tail=tail), old.digest, proof.new.digest)
    assert false.new != proof.new


def _changed(proof: Any, field: str, data: st.DataObject) -> Any:
    value = getattr(proof, field)
    if field == "index":
        return msgspec.structs.replace(proof, index=data.draw(st.integers(-5, 100).filter(lambda other: other != value)))
    if isinstance(value, str):
        return msgspec.structs.replace(proof, **{field: _flipped(value, data)})
    at = data.draw(st.integers(0, len(value) - 1))
    how = data.draw(st.sampled_from(["flip", "drop", "twice"]))
    changed = {"flip": (_flipped(value[at], data),), "drop": (), "twice": (value[at], value[at])}[how]
    return msgspec.structs.replace(proof, **{field: (*value[:at], *changed, *value[at + 1 :])})


def _flipped(text: str, data: st.DataObject) -> str:
    at = data.draw(st.integers(0, len(text) - 1))
    return text[:at] + format(int(text[at], 16) ^ data.draw(st.integers(1, 15)), "x") + text[at + 1 :]


@given(st.binary(max_size=200))
def test_no_bytes_make_a_reader_of_rows_fall_over(read: bytes) -> None:
    schema = Schema((Column("a", "int64"), Column("b", "string"), Column("c", "binary"), Column("d", "decimal(9,2)"), Column("e", "bool")))
    with contextlib.suppress(IntegrityError):
        decode_row(read, schema)


@pytest.mark.parametrize(
    "kind",
    [{"list": "int8"}, ["int8"], 5, None, "", "nothing", "decimal(1,99999999999999999999)", "binary(9223372036854775808)", "binary(-1)"],
)
def test_no_type_of_a_column_makes_a_reader_of_rows_fall_over(kind: Any) -> None:
    for read in (b"", bytes(17), b"\0\1" + bytes(15)):
        with contextlib.suppress(IntegrityError):
            decode_row(read, Schema((Column("a", kind),)))


def test_a_commitment_that_is_none_is_refused() -> None:
    with pytest.raises(RingwallError):
        Commitment(mode="columns", hash="sha256", rows=-1, columns=1, schema_digest="0" * 64, root="0" * 64)
