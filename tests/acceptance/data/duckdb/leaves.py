"""Row leaves recomputed by DuckDB from a Parquet file and a file of salts; nothing of ringwall is imported.

The row's bytes are built in SQL: 0x02, the salt, the null bits, `id` as int64, `flag` as a byte, the lengths of `name` and `note`, and both.
"""

import json
import sys

import duckdb


def little(expression: str, size: int) -> str:
    """SQL for a whole number that is not negative as little-endian hexadecimal digits."""
    digits = f"lpad(to_hex({expression}), {size * 2}, '0')"
    return " || ".join(f"substr({digits}, {at * 2 + 1}, 2)" for at in reversed(range(size)))


def main(table: str, salts: str) -> None:
    text = "coalesce(hex(encode({0})), '')"
    length = "coalesce(octet_length(encode({0})), 0)"
    preimage = " || ".join(
        [
            "'02'",
            "salt",
            "lpad(to_hex((id IS NULL)::INT + 2 * (flag IS NULL)::INT + 4 * (name IS NULL)::INT + 8 * (note IS NULL)::INT), 2, '0')",
            little("coalesce(id, 0)", 8),
            "lpad(to_hex(coalesce(flag, false)::INT), 2, '0')",
            little(length.format("name"), 4),
            little(length.format("note"), 4),
            text.format("name"),
            text.format("note"),
        ]
    )
    source = f"read_parquet('{table}', file_row_number = true) AS t JOIN read_json('{salts}') AS s ON t.file_row_number = s.row"
    rows = duckdb.sql(f"SELECT sha256(unhex({preimage})) FROM {source} ORDER BY t.file_row_number").fetchall()
    print(json.dumps([digest for (digest,) in rows]))


if __name__ == "__main__":
    main(*sys.argv[1:])
