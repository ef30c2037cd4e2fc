"""One table however it is brought, and what is refused because something of it would be lost."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.ipc
import pyarrow.parquet as pq
import pytest

from ringwall.data.commitment import CsvOptions, FileChanged, SaltKey, UnsupportedColumn, commit, commit_table, open_source, schema_of
from ringwall.errors import InvalidRequest, LimitExceeded, NotFound

ROWS = 140_000  # two whole chunks and a part of one
TABLE = pa.table(
    {
        "number": pa.array([None if n % 7 == 0 else n for n in range(ROWS)], pa.int64()),
        "share": pa.array([n / 3 for n in range(ROWS)], pa.float64()),
        "flag": pa.array([n % 3 == 0 for n in range(ROWS)], pa.bool_()),
        "text": pa.array([None if n % 5 == 0 else f"text {n}" for n in range(ROWS)], pa.string()),
        "kind": pa.array([("red", "green", None)[n % 3] for n in range(ROWS)], pa.string()),
        "moment": pa.array([1_700_000_000_000_000 + n for n in range(ROWS)], pa.timestamp("us", "UTC")),
        "price": pa.array([Decimal(n).scaleb(-2) for n in range(ROWS)], pa.decimal128(12, 2)),
    }
)
SALTS = SaltKey(bytes(32))
DIGESTS = {mode: commit_table(TABLE, mode=mode, salts=SALTS if mode == "rows" else None).digest for mode in ("columns", "rows")}


def dictionaries(table: pa.Table) -> pa.Table:
    at = table.schema.get_field_index("kind")
    return table.set_column(at, "kind", table.column(at).dictionary_encode())


def parquet(path: Path, **options: Any) -> Path:
    pq.write_table(dictionaries(TABLE) if options.pop("dictionary", False) else TABLE, path, **options)
    return path


def ipc(path: Path) -> Path:
    with pa.ipc.new_stream(str(path), TABLE.schema) as writer:
        writer.write_table(TABLE, max_chunksize=999)
    return path


def feather(path: Path) -> Path:
    pa.feather.write_feather(TABLE, str(path), compression="lz4", chunksize=12_345)
    return path


WAYS: dict[str, Any] = {
    "arrow, in pieces of odd sizes": lambda _: pa.concat_tables([TABLE.slice(0, 13), TABLE.slice(13, 65_536), TABLE.slice(65_549)]),
    "arrow, with dictionaries": lambda _: dictionaries(TABLE),
    "arrow, with metadata": lambda _: TABLE.replace_schema_metadata({"made": "elsewhere"}),
    "arrow, as a reader": lambda _: TABLE.to_reader(1_000),
    "polars": lambda _: pl.from_arrow(TABLE),
    "polars, with categories": lambda _: pl.from_arrow(TABLE).with_columns(pl.col("kind").cast(pl.Categorical)),
    "pandas, of Arrow types": lambda _: TABLE.to_pandas(types_mapper=pd.ArrowDtype),
    "pandas, with nullable numbers": lambda _: TABLE.to_pandas(
        types_mapper={pa.int64(): pd.Int64Dtype(), pa.decimal128(12, 2): pd.ArrowDtype(pa.decimal128(12, 2))}.get
    ),
    "parquet, snappy": lambda folder: parquet(folder / "a.parquet", compression="snappy", row_group_size=33_333),
    "parquet, zstd, with dictionaries": lambda folder: parquet(
        folder / "b.parquet", compression="zstd", row_group_size=100_000, dictionary=True
    ),
    "parquet, not compressed, small pages": lambda folder: parquet(
        folder / "c.pq", compression="none", use_dictionary=False, data_page_size=512
    ),
    "arrow stream file": lambda folder: ipc(folder / "d.arrows"),
    "feather": lambda folder: feather(folder / "e.feather"),
}


@pytest.mark.parametrize("way", WAYS)
def test_one_table_is_one_digest_however_it_is_brought(way: str, tmp_path: Path) -> None:
    given = WAYS[way](tmp_path)
    source = open_source(given)
    assert source.rows == ROWS
    assert commit_table(source).digest == DIGESTS["columns"]
    assert commit_table(source, mode="rows", salts=SALTS).digest == DIGESTS["rows"]


def recast(name: str, kind: pa.DataType) -> pa.Table:
    at = TABLE.schema.get_field_index(name)
    return TABLE.set_column(at, name, TABLE.column(at).cast(kind))


def with_cell(name: str, row: int, value: Any) -> pa.Table:
    at = TABLE.schema.get_field_index(name)
    column = TABLE.column(at).to_pylist()
    column[row] = value
    return TABLE.set_column(at, name, pa.array(column, TABLE.schema.field(at).type))


CHANGES: dict[str, Any] = {
    "a cell in the first chunk": lambda: with_cell("share", 17, 5.5),
    "a cell in the last chunk": lambda: with_cell("text", ROWS - 1, "other"),
    "a null that was a value": lambda: with_cell("flag", 70_000, None),
    "a null that was zero": lambda: with_cell("share", 0, None),
    "a value that was null": lambda: with_cell("number", 0, 0),
    "an empty text that was null": lambda: with_cell("text", 0, ""),
    "a type": lambda: recast("number", pa.int32()),
    "a unit of time": lambda: recast("moment", pa.timestamp("ns", "UTC")),
    "a time zone": lambda: recast("moment", pa.timestamp("us", "Europe/Berlin")),
    "a scale": lambda: recast("price", pa.decimal128(14, 4)),
    "a column's name": lambda: TABLE.rename_columns([name.upper() for name in TABLE.column_names]),
    "the order of columns": lambda: TABLE.select(TABLE.column_names[::-1]),
    "a column less": lambda: TABLE.drop_columns(["flag"]),
    "a row less": lambda: TABLE.slice(0, ROWS - 1),
    "two rows that changed places": lambda: TABLE.take([1, 0, *range(2, ROWS)]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_any_change_is_another_digest(change: str) -> None:
    changed = CHANGES[change]()
    assert commit_table(changed).digest != DIGESTS["columns"]
    assert commit_table(changed, mode="rows", salts=SALTS).digest != DIGESTS["rows"]


def test_all_nans_are_one_and_the_two_zeros_are_two() -> None:
    bits = [0x7FF8000000000000, 0xFFF8000000000001, 0x7FF0000000000001]
    made = {commit_table(pa.table({"x": pa.array([each], pa.uint64()).view(pa.float64())})).digest for each in bits}
    assert len(made) == 1
    assert commit_table(pa.table({"x": [0.0]})) != commit_table(pa.table({"x": [-0.0]}))


def test_what_arrow_keeps_under_a_null_is_no_part_of_the_table() -> None:
    hidden = pa.Array.from_buffers(pa.int32(), 2, [pa.py_buffer(b"\x01"), pa.py_buffer(b"\x07\0\0\0\xff\xff\xff\xff")])
    assert commit_table(pa.table({"x": hidden})) == commit_table(pa.table({"x": pa.array([7, None], pa.int32())}))
    offsets = pa.py_buffer(b"\0\0\0\0\x01\0\0\0\x06\0\0\0")
    secret = pa.Array.from_buffers(pa.string(), 2, [pa.py_buffer(b"\x01"), offsets, pa.py_buffer(b"ahello")])
    assert commit_table(pa.table({"x": secret})) == commit_table(pa.table({"x": ["a", None]}))
    assert commit_table(pa.table({"x": secret}), mode="rows", salts=SALTS) == commit_table(
        pa.table({"x": ["a", None]}), mode="rows", salts=SALTS
    )


def test_other_salts_hide_the_same_rows_under_another_root() -> None:
    other = commit(TABLE.slice(0, 20), mode="rows", salts=SaltKey(bytes(31) + b"\1"))
    same = commit(TABLE.slice(0, 20), mode="rows", salts=SALTS)
    assert not set(other.leaf_hashes) & set(same.leaf_hashes)
    assert other.commitment.schema_digest == same.commitment.schema_digest


def test_a_salt_is_its_own_block_of_the_keystream() -> None:
    whole = SALTS.salts(0, 100)
    assert SALTS.salts(37, 2) == whole[37 * 16 : 39 * 16]
    assert len({whole[at : at + 16] for at in range(0, 1600, 16)}) == 100


def test_csv_is_committed_to_as_bytes_and_as_the_parsed_table(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_bytes(b"id;name\n1;Ada\n2;\n")
    options = CsvOptions(delimiter=";", types=(("id", "int32"),))
    source = open_source(file, csv=options)
    assert commit_table(source) == commit_table(pa.table({"id": pa.array([1, 2], pa.int32()), "name": ["Ada", ""]}))
    assert source.origin.sha256 == hashlib.sha256(b"id;name\n1;Ada\n2;\n").hexdigest()
    assert (source.origin.size_bytes, source.origin.options) == (17, options)
    with_nulls = open_source(file, csv=CsvOptions(delimiter=";", texts_can_be_null=True))
    assert commit_table(with_nulls) == commit_table(pa.table({"id": [1, 2], "name": ["Ada", None]}))


def test_json_lines_are_committed_to_as_bytes_and_as_the_parsed_table(tmp_path: Path) -> None:
    file = tmp_path / "prompts.jsonl"
    file.write_bytes(b'{"id": 1, "tags": ["a"]}\n' + b'{"id": 2.5, "tags": null, "late": "x"}\n' * 20_000)
    source = open_source(file)
    count = 20_000
    whole = pa.table({"id": [1.0] + [2.5] * count, "tags": [["a"]] + [None] * count, "late": [None] + ["x"] * count})
    assert commit_table(source) == commit_table(whole)
    assert source.origin.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()


def test_a_file_that_changes_between_two_readings_is_refused(tmp_path: Path) -> None:
    for name, write in {"a.parquet": lambda path, table: pq.write_table(table, path), "b.arrow": pa.feather.write_feather}.items():
        path = tmp_path / name
        small = TABLE.slice(0, 10)
        write(small, str(path)) if name == "b.arrow" else write(path, small)
        source = open_source(path)
        commit_table(source)
        path.write_bytes(path.read_bytes() + b"x")
        with pytest.raises(FileChanged):
            commit_table(source)


REFUSED: dict[str, tuple[Any, type[Exception], str]] = {
    "a list": ([1, 2], InvalidRequest, "is no table"),
    "a pandas series": (pd.Series([1]), InvalidRequest, "only frames"),
    "a pandas index with a name": (pd.DataFrame({"a": [1]}).set_index("a"), InvalidRequest, "index holds data"),
    "a pandas index of dates": (pd.DataFrame({"a": [1]}, index=pd.date_range("2020-01-01", periods=1)), InvalidRequest, "index holds data"),
    "a pandas column of mixed values": (pd.DataFrame({"a": [1, "x"]}), InvalidRequest, "cannot be read"),
    "a pandas frame with one name twice": (pd.DataFrame([[1, 2]], columns=["a", "a"]), InvalidRequest, "two columns have one name"),
    "whole numbers of more than 64 bits": (pd.DataFrame({"a": [2**70]}), InvalidRequest, "more than 64 bits"),
    "python objects in pandas": (pd.DataFrame({"a": [object()]}), InvalidRequest, "column a with type object"),
    "python objects in polars": (pl.DataFrame({"a": pl.Series([object()], dtype=pl.Object)}), InvalidRequest, "holds Python objects"),
    "a polars series": (pl.Series([1]), InvalidRequest, "cannot be read"),
    "a lazy polars frame": (pl.LazyFrame({"a": [1]}), InvalidRequest, "is no table"),
    "no columns": (pa.table({}), UnsupportedColumn, "no columns"),
    "one name twice": (pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]), UnsupportedColumn, "two columns"),
    "an interval": (pa.table({"a": pa.array([(1, 2, 3)], pa.month_day_nano_interval())}), UnsupportedColumn, "no canonical form"),
    "an extension type": (pa.table({"a": pa.array([b"0" * 16], pa.binary(16)).cast(pa.uuid())}), UnsupportedColumn, "no canonical form"),
    "a long name": (pa.table({"a" * 1001: [1]}), LimitExceeded, "1001 characters"),
    "a file that is not there": ("nothing.parquet", NotFound, "there is no file"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_has_no_canonical_form_or_would_lose_something_is_refused(what: str) -> None:
    given, error, message = REFUSED[what]
    with pytest.raises(error, match=message):
        commit_table(given)


def test_types_nested_too_deeply_are_refused() -> None:
    kind = pa.int8()
    for _ in range(10):
        kind = pa.list_(kind)
    with pytest.raises(LimitExceeded):
        schema_of(pa.schema([("a", kind)]))


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.parquet", b"PAR1 no"), ("a.arrow", b"no"), ("a.csv", b"a,b\nsecret\n"), ("a.jsonl", b'{"secret": 1'), ("a.xlsx", b"")],
)
def test_a_file_that_is_not_what_its_name_says_is_refused_without_quoting_it(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidRequest) as refused:
        commit_table(tmp_path / name)
    assert "secret" not in refused.value.message


def test_salts_and_modes_go_together() -> None:
    with pytest.raises(InvalidRequest):
        commit_table(TABLE, mode="rows")
    with pytest.raises(InvalidRequest):
        commit_table(TABLE, salts=SALTS)
    with pytest.raises(InvalidRequest):
        SaltKey(b"short")
    with pytest.raises(InvalidRequest):
        SaltKey.from_hex("zz")
    assert SaltKey.from_hex(SALTS.hex()).salts(0, 1) == SALTS.salts(0, 1)


def test_nested_columns_have_no_row_form() -> None:
    with pytest.raises(UnsupportedColumn, match="nested"):
        commit_table(pa.table({"a": [[1]]}), mode="rows", salts=SALTS)


def test_progress_is_told_to_the_end() -> None:
    told: list[tuple[int, int]] = []
    commit_table(TABLE, progress=lambda done, total: told.append((done, total)))
    assert told == [(65_536, ROWS), (131_072, ROWS), (ROWS, ROWS)]


@pytest.mark.parametrize(("package", "line"), [("pyarrow", "commit_table('x.parquet')"), ("blake3", "commit_table(T, hash='blake3')")])
def test_without_the_extra_a_typed_error_names_it(package: str, line: str) -> None:
    table = "import pyarrow; T = pyarrow.table({'a': [1]})" if package == "blake3" else ""
    program = f"""
import sys
sys.modules[{package!r}] = None
from ringwall.data.commitment import ExtraMissing, commit_table
{table}
try:
    {line}
except ExtraMissing as error:
    print(error.message, '|', error.how_to_mend)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == f"`{package}` is not installed | install it with `pip install ringwall[data]`\n"


def test_nothing_of_the_extra_is_imported_before_a_table_is_read() -> None:
    program = "import sys, ringwall.sdk, ringwall.cli; print({'pyarrow', 'blake3', 'numpy', 'pandas', 'polars'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "set()\n"


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (CsvOptions(delimiter=";;"), "the delimiter of a CSV file is one ASCII character"),
        (CsvOptions(delimiter=""), "the delimiter of a CSV file is one ASCII character"),
        (CsvOptions(delimiter="\n"), "the delimiter of a CSV file is one ASCII character"),
        (CsvOptions(quote="''"), "the quote of a CSV file is one ASCII character"),
        (CsvOptions(escape="\N{EURO SIGN}"), "the escape of a CSV file is one ASCII character"),
        (CsvOptions(encoding="no-such"), "`no-such` is no encoding"),
        (CsvOptions(types=(("c", "int64"),)), "a type is given for the column `c`, which the file has not"),
    ],
)
def test_options_that_no_csv_is_read_with_are_refused(tmp_path: Path, options: CsvOptions, why: str) -> None:
    file = tmp_path / "table.csv"
    file.write_text("a,b\n1,x\n")
    with pytest.raises(InvalidRequest, match=why):
        open_source(file, csv=options)
