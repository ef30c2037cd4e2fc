"""Write commitments.json: `python -m tests.conformance.vectors.make_commitments`, with the second implementation and nothing of ringwall's.

Values are JSON; bytes are hexadecimal, decimals are strings, NaN and the infinities are strings.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.conformance import reference_commitment as reference

KEY_SALTS = [bytes([row]) * 16 for row in range(40)]
TABLES: dict[str, list[tuple[str, Any, list[Any]]]] = {
    "no rows": [("a", "int64", [])],
    "one cell": [("a", "int64", [42])],
    "every kind of column": [
        ("yes", "bool", [True, None, False]),
        ("tiny", "int8", [-128, 127, None]),
        ("large", "uint64", [0, 2**64 - 1, 1]),
        ("half", "float16", [1.5, "NaN", None]),
        ("real", "float64", ["NaN", "-Infinity", -0.0]),
        ("text", "string", ["", None, "Zoë \u0000 𝄞"]),
        ("raw", "binary", ["", "00ff", None]),
        ("fixed", "binary(2)", ["abcd", None, "0000"]),
        ("day", "date", [0, -1, None]),
        ("moment", "timestamp(us,Europe/Berlin)", [0, None, -(2**62)]),
        ("money", "decimal(9,2)", ["-1234567.89", None, "0.01"]),
        ("vast", "decimal(60,1)", ["12345678901234567890123456789012345678901234567890.5", "-0.1", None]),
        ("nothing", "null", [None, None, None]),
    ],
    "nested columns": [
        ("numbers", {"list": "int16"}, [[1, None], None, []]),
        ("pairs", {"list": "int16", "size": 2}, [[1, 2], None, [None, 4]]),
        (
            "record",
            {"struct": [{"name": "a", "type": "string"}, {"name": "b", "type": {"list": "bool"}}]},
            [{"a": "x", "b": [True]}, None, {"a": None, "b": None}],
        ),
        ("labels", {"map": ["string", "int16"]}, [[["k", 1], ["l", None]], None, []]),
    ],
    "forty rows": [("n", "int32", list(range(40))), ("t", "string", [None if n % 7 == 0 else "x" * n for n in range(40)])],
}


def value(kind: Any, given: Any) -> Any:
    """Turn a JSON value into the Python value of its type."""
    if given is None or not isinstance(kind, str):
        return given
    if kind.startswith("float"):
        return float(given)
    if kind.startswith("binary"):
        return bytes.fromhex(given)
    return Decimal(given) if kind.startswith("decimal") else given


def main() -> None:
    vectors = []
    for name, columns in TABLES.items():
        table = [(column, kind, [value(kind, each) for each in values]) for column, kind, values in columns]
        rows = len(table[0][2])
        leaves = reference.column_leaves(table)
        vector = {
            "name": name,
            "columns": [{"name": column, "type": kind, "values": values} for column, kind, values in columns],
            "schemaDigest": reference.schema_digest(table).hex(),
            "leaves": [leaf.hex() for leaf in leaves],
            "digest": reference.digest(table, leaves, "columns"),
        }
        if all(isinstance(kind, str) for _, kind, _ in columns):
            by_row = reference.row_leaves(table, KEY_SALTS[:rows])
            vector["rows"] = {
                "bytes": [reference.row_bytes(table, row).hex() for row in range(rows)],
                "leavesWithSaltsOfOneRepeatedByte": [leaf.hex() for leaf in by_row],
            }
        vectors.append(vector)
    text = json.dumps({"source": "make_commitments.py", "format": "rwds/1", "vectors": vectors}, indent=1, ensure_ascii=True)
    Path(__file__).with_name("commitments.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
