"""Tables from wherever they are: files, Arrow, pandas, Polars; each readable more than once, in record batches of any size.

A file that changes between two readings is refused, so that what was looked at for personal data is what is committed to.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from ringwall.data.commitment.directories import list_files, oms_digest
from ringwall.data.commitment.extra import arrow, part
from ringwall.errors import Conflict, InvalidRequest, LimitExceeded, NotFound

BATCH_ROWS: Final = 65_536
_JSON_BYTES: Final = 2**30  # pyarrow takes a block of less than 2 GiB


_Word = Annotated[str, Meta(max_length=1_000)]
_Words = Annotated[tuple[_Word, ...], Meta(max_length=10_000)]


class CsvOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a CSV file is read: the same bytes under other options are another table, so these are part of the record.

    names: of the columns; empty takes them from the first line. types: column to Arrow type word (`int64`, `string`), for those that are
    not to be guessed. nulls: the words that stand for a null; empty takes those of pyarrow. texts_can_be_null: whether they do in texts.
    """

    delimiter: _Word = ","
    quote: _Word = '"'
    escape: _Word = ""
    encoding: _Word = "utf-8"
    newlines_in_values: bool = False
    names: _Words = ()
    types: Annotated[tuple[tuple[_Word, _Word], ...], Meta(max_length=10_000)] = ()
    nulls: _Words = ()
    texts_can_be_null: bool = False


class Origin(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """Where a table came from. What a client sends is put on record, so that no member takes any text.

    sha256, size_bytes: of a CSV or JSON lines file, or of a folder (its OMS digest).
    reader: the program that parsed it, since others may guess otherwise.
    """

    kind: Literal["arrow", "parquet", "csv", "jsonl", "folder"]
    sha256: Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?\Z")] = ""
    size_bytes: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 0
    options: CsvOptions | None = None
    reader: Annotated[str, Meta(pattern=r"^[a-zA-Z0-9 ._+-]{0,60}\Z")] = ""


class FileChanged(Conflict, code="file-changed"):
    """The file changed while it was read."""

    remedy = "commit a copy that nothing writes to"


class Source:
    """One table that can be read again.

    schema: a `pyarrow.Schema`. rows: how many there are. read: makes a fresh iterator over its record batches, of the named columns only
    where names are given.
    """

    def __init__(self, schema: Any, rows: int, read: Callable[[Sequence[str] | None], Iterator[Any]], origin: Origin) -> None:
        self.schema = schema
        self.rows = rows
        self.origin = origin
        self._read = read

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[Any]:
        """Iterate the record batches from the first row on."""
        return self._read(columns)


def open_source(given: Any, *, csv: CsvOptions | None = None) -> Source:
    """Open a table: a path (Parquet, CSV, JSON lines, Arrow IPC, a folder), an Arrow table, batch or reader, a pandas or Polars frame.

    Raises:
        ExtraMissing: pyarrow is not installed. NotFound: no such file. InvalidRequest: not a table, or one that loses something on the way.
    """
    if isinstance(given, Source):
        return given
    pa = arrow()
    with translated():
        if isinstance(given, str | Path):
            return _open_file(Path(given), csv)
        if csv is not None:
            raise InvalidRequest("options for CSV are given with something that is no CSV file")
        return _in_memory(_table(given, pa))


_PLACES: Final = re.compile(r"column #\d+|Row #\d+|Expected \d+ columns, got \d+|column \S+ with type \w+|from [\w<>, =]+ to [\w<>, =]+")


@contextmanager
def translated() -> Iterator[None]:
    """Turn pyarrow's errors into typed ones. Only places are told: pyarrow quotes values, which belong into no message.

    Raises:
        InvalidRequest: the data cannot be read, or hold what has no Arrow type.
    """
    pa = arrow()
    try:
        yield
    except pa.ArrowCapacityError as error:
        raise LimitExceeded("the table has a value too large for Arrow") from error
    except (pa.ArrowException, UnicodeError) as error:
        where = ", ".join(_PLACES.findall(str(error)))[:200]
        raise InvalidRequest(f"the table cannot be read{': ' if where else ''}{where}") from error


def _table(given: Any, pa: Any) -> Any:
    if isinstance(given, pa.Table):
        return given
    if isinstance(given, pa.RecordBatch):
        return pa.Table.from_batches([given])
    if isinstance(given, pa.RecordBatchReader):
        return given.read_all()
    maker = type(given).__module__.partition(".")[0]
    if maker == "pandas":
        return _from_pandas(given, pa)
    if hasattr(given, "__arrow_c_stream__"):  # Polars, DuckDB and others hand their columns over so
        if maker == "polars" and any("Object" in str(kind) for kind in getattr(given, "dtypes", ())):  # it would hand over addresses
            raise InvalidRequest("a column holds Python objects, which have no canonical form", remedy="make it texts or numbers")
        return pa.table(given)
    raise InvalidRequest(
        f"a value of type `{type(given).__name__[:60]}` is no table", remedy="give a path, an Arrow table, or a pandas or Polars frame"
    )


def _from_pandas(frame: Any, pa: Any) -> Any:
    """Take a pandas frame over; NaN and None are its nulls. Row numbers are no data; any other index would be lost silently."""
    index = getattr(frame, "index", None)
    if getattr(frame, "columns", None) is None or index is None:
        raise InvalidRequest("only frames are committed to", remedy="turn the series into a frame with `.to_frame()`")
    if index.nlevels > 1 or index.names != [None] or not str(index.dtype).startswith(("int", "uint")):
        raise InvalidRequest("the frame's index holds data", remedy="make it a column with `.reset_index()`, or drop it")
    if not frame.columns.is_unique:
        raise InvalidRequest("two columns have one name", remedy="give each column a name of its own")
    try:
        return pa.Table.from_pandas(frame, preserve_index=False)
    except OverflowError as error:
        raise InvalidRequest("a column holds whole numbers of more than 64 bits", remedy="make them decimals or texts") from error


def _in_memory(table: Any, origin: Origin | None = None) -> Source:
    def read(columns: Sequence[str] | None) -> Iterator[Any]:
        chosen = table if columns is None else table.select(list(columns))
        return iter(chosen.to_batches())

    return Source(table.schema, table.num_rows, read, origin or Origin(kind="arrow"))


def _open_file(path: Path, csv: CsvOptions | None) -> Source:
    if path.is_dir():
        return _open_folder(path)
    if not path.is_file():
        raise NotFound(f"there is no file `{str(path)[:200]}`")
    ending = path.suffix.lower()
    if csv is not None and not is_csv(path):
        raise InvalidRequest("options for CSV are given with something that is no CSV file")
    if ending in (".parquet", ".pq"):
        return _open_parquet(path)
    if is_csv(path):
        return _open_csv(path, csv or CsvOptions(delimiter=usual_delimiter(path)))
    if ending in (".jsonl", ".ndjson"):
        return _open_json_lines(path)
    if ending in (".arrow", ".arrows", ".feather", ".ipc"):
        return _open_ipc(path)
    raise InvalidRequest(
        f"a file that ends in `{ending[:20]}` is no table that ringwall reads",
        remedy="take Parquet, CSV, JSON lines, Arrow IPC, or a folder",
    )


def _open_folder(path: Path) -> Source:
    """List a folder's files: the table is their names, sizes and digests."""
    pa = arrow()
    entries = list_files(path)
    table = pa.table(
        {
            "name": pa.array([entry.name for entry in entries], pa.string()),
            "size": pa.array([entry.size for entry in entries], pa.int64()),
            "sha256": pa.array([entry.digest for entry in entries], pa.binary(32)),
        }
    )
    return _in_memory(table, Origin(kind="folder", sha256=oms_digest(entries), size_bytes=sum(entry.size for entry in entries)))


def is_csv(path: Path) -> bool:
    """Say whether a file's name is that of a CSV file."""
    return path.suffix.lower() in (".csv", ".tsv", ".txt")


def usual_delimiter(path: Path) -> str:
    """Return what stands between the values of a file of this name where nobody says otherwise."""
    return "\t" if path.suffix.lower() == ".tsv" else ","


def _open_parquet(path: Path) -> Source:
    parquet = part("parquet")
    state = _state(path)
    with parquet.ParquetFile(path) as file:
        schema, rows = file.schema_arrow, file.metadata.num_rows

    def read(columns: Sequence[str] | None) -> Iterator[Any]:
        _unchanged(path, state)
        with parquet.ParquetFile(path) as file:
            yield from file.iter_batches(batch_size=BATCH_ROWS, columns=None if columns is None else list(columns))
        _unchanged(path, state)

    return Source(schema, rows, read, Origin(kind="parquet"))


def _open_ipc(path: Path) -> Source:
    ipc, pa = part("ipc"), arrow()
    state = _state(path)
    with pa.memory_map(str(path)) as file:
        try:
            table = ipc.open_file(file).read_all()
        except pa.ArrowInvalid:
            file.seek(0)
            table = ipc.open_stream(file).read_all()

    def read(columns: Sequence[str] | None) -> Iterator[Any]:
        chosen = table if columns is None else table.select(list(columns))
        _unchanged(path, state)
        yield from chosen.to_batches()
        _unchanged(path, state)

    return Source(table.schema, table.num_rows, read, Origin(kind="arrow"))


def _open_csv(path: Path, options: CsvOptions) -> Source:
    """Parse the whole file: types are guessed from all of it, and what is hashed is what was parsed."""
    _check_options(options)
    csv, pa = part("csv"), arrow()
    state = _state(path)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    types = {name: _type(word) for name, word in options.types}
    table = csv.read_csv(
        path,
        read_options=csv.ReadOptions(use_threads=False, column_names=list(options.names) or None, encoding=options.encoding),
        parse_options=csv.ParseOptions(
            delimiter=options.delimiter,
            quote_char=options.quote or False,
            escape_char=options.escape or False,
            newlines_in_values=options.newlines_in_values,
        ),
        convert_options=csv.ConvertOptions(
            column_types=types,
            **({"null_values": list(options.nulls)} if options.nulls else {}),
            strings_can_be_null=options.texts_can_be_null,
        ),
    )
    _unchanged(path, state)
    for name in types:
        if name not in table.column_names:
            raise InvalidRequest(f"a type is given for the column `{name[:60]}`, which the file has not")
    reader = f"pyarrow {pa.__version__}"
    return _in_memory(table, Origin(kind="csv", sha256=digest, size_bytes=state[0], options=options, reader=reader))


def _check_options(options: CsvOptions) -> None:
    """Refuse what pyarrow has no typed refusal for."""
    marks = {"delimiter": options.delimiter, "quote": options.quote or '"', "escape": options.escape or "\\"}
    for name, mark in marks.items():
        if len(mark) != 1 or not mark.isascii() or mark in "\r\n":
            raise InvalidRequest(f"the {name} of a CSV file is one ASCII character, and no line end")
    try:
        codecs.lookup(options.encoding)
    except (LookupError, ValueError):
        raise InvalidRequest(f"`{options.encoding[:60]}` is no encoding", remedy="for example utf-8, latin-1, utf-16") from None


def _open_json_lines(path: Path) -> Source:
    """Parse the whole file at once: types are guessed from all of it."""
    json, pa = part("json"), arrow()
    state = _state(path)
    if state[0] > _JSON_BYTES:
        raise LimitExceeded(f"`{path.name[:200]}` has more than {_JSON_BYTES} bytes", remedy="turn it into Parquet first")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    table = json.read_json(path, read_options=json.ReadOptions(use_threads=False, block_size=max(state[0], 1)))
    _unchanged(path, state)
    return _in_memory(table, Origin(kind="jsonl", sha256=digest, size_bytes=state[0], reader=f"pyarrow {pa.__version__}"))


def _type(word: str) -> Any:
    try:
        return arrow().type_for_alias(word)
    except ValueError as error:
        raise InvalidRequest(
            f"`{word[:60]}` is no type", remedy="for example int64, double, string, bool, date32, timestamp[us]"
        ) from error


_State = tuple[int, int, int, int]


def _state(path: Path) -> _State:
    found = path.stat()
    return found.st_size, found.st_mtime_ns, found.st_ino, found.st_dev


def _unchanged(path: Path, state: _State) -> None:
    if _state(path) != state:
        raise FileChanged(f"`{path.name[:200]}` changed while it was read")
