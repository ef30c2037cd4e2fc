"""The format `rwds/1` does not drift: committed vectors, made by the second implementation, against the product."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from ringwall.data.commitment import commit, schema_of
from ringwall.data.commitment.columns import joined
from ringwall.data.commitment.rows import encode_rows
from tests.conformance.vectors.make_commitments import value

VECTORS = json.loads((Path(__file__).with_name("vectors") / "commitments.json").read_text("ascii"))["vectors"]
PLAIN = {
    "date": pa.date32(),
    "timestamp(us,Europe/Berlin)": pa.timestamp("us", "Europe/Berlin"),
    "decimal(9,2)": pa.decimal128(9, 2),
    "decimal(60,1)": pa.decimal256(60, 1),
    "binary(2)": pa.binary(2),
    "null": pa.null(),
}


def arrow_type(kind: Any) -> pa.DataType:
    if isinstance(kind, str):
        return PLAIN.get(kind) or pa.type_for_alias(kind.replace("float16", "halffloat"))
    if "map" in kind:
        return pa.map_(*(arrow_type(each) for each in kind["map"]))
    if "struct" in kind:
        return pa.struct([(each["name"], arrow_type(each["type"])) for each in kind["struct"]])
    return pa.list_(arrow_type(kind["list"]), kind.get("size", -1))


def array(column: dict[str, Any]) -> pa.Array:
    kind = arrow_type(column["type"])
    values = [value(column["type"], each) for each in column["values"]]
    if pa.types.is_temporal(kind):
        return pa.array(values, pa.int32() if kind.bit_width == 32 else pa.int64()).view(kind)
    if pa.types.is_map(kind):
        values = [None if each is None else [tuple(pair) for pair in each] for each in values]
    return pa.array(values, kind)


def table(vector: dict[str, Any]) -> pa.Table:
    return pa.table({column["name"]: array(column) for column in vector["columns"]})


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_columns_are_as_the_vector_says(vector: dict[str, Any]) -> None:
    made = table(vector)
    assert schema_of(made.schema).digest().hex() == vector["schemaDigest"]
    committed = commit(made)
    assert [leaf.hex() for leaf in committed.leaf_hashes] == vector["leaves"]
    assert committed.commitment.digest == vector["digest"]


@pytest.mark.parametrize("vector", [each for each in VECTORS if each.get("rows", {}).get("bytes")], ids=lambda vector: vector["name"])
def test_rows_are_as_the_vector_says(vector: dict[str, Any]) -> None:
    columns = [joined(column.chunks) for column in table(vector).columns]
    count = len(columns[0])
    salts = b"".join(bytes([row]) * 16 for row in range(count))
    encoded = encode_rows(columns, salts).to_pylist()
    assert [row[17:].hex() for row in encoded] == vector["rows"]["bytes"]
    digests = [hashlib.sha256(row).digest() for row in encoded]
    leaves = [hashlib.sha256(b"\0" + b"".join(digests[at : at + 16])).hexdigest() for at in range(0, count, 16)]
    assert leaves == vector["rows"]["leavesWithSaltsOfOneRepeatedByte"]
