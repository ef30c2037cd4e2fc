"""Read `tables.bin`: check it against its manifest and bound every index, once, so that interpreters need not ask again."""

from __future__ import annotations

import hashlib
import json
import struct
import sys
import zlib
from array import array
from functools import lru_cache
from importlib.resources import files
from typing import Any

import msgspec

from ringwall.errors import IntegrityError
from ringwall.text.tables.machine import ALPHABET, VERSION

MAGIC = b"RWT1"
SIZE_LIMIT = 64 * 1024 * 1024  # bytes after decompression; ours is under 4 MB
OP_FIELDS = 11
_CODES = "BHIq"


class CorruptTables(IntegrityError, code="corrupt-tables"):
    """The automaton tables are not what their manifest says."""

    remedy = "reinstall ringwall"


class Fold(msgspec.Struct, frozen=True):
    """One map from code points to short strings: `entries[index[cp >> 8] << 8 | cp & 255]`, 0 = itself, else pool offset << 5 | length."""

    index: array[int]
    entries: array[int]
    pool: array[int]


class Machine(msgspec.Struct, frozen=True):
    """One decoder, as `machine.py` describes it."""

    name: str
    sink: str
    starts: tuple[int, ...]
    minimum: int
    run_minimum: int
    minimum_changes: int
    lattice: bool
    state_count: int
    class_count: int
    classes: bytes
    alphabet: bytes
    transitions: array[int]
    ops: array[int]
    texts: array[int]
    readings: tuple[int, ...]  # the decode readings under which it can read anything that it does not read under an earlier one


class Tables(msgspec.Struct, frozen=True):
    """Everything that folds, decodes or scans."""

    version: int
    digest: str
    folds: dict[str, Fold]
    machines: tuple[Machine, ...]
    alphabets: tuple[str, ...]  # names of the readings of the alphabet; "" first
    maps: tuple[bytes, ...]  # per alphabet uint8[128]
    columns: tuple[bytes, ...]  # per alphabet uint8[symbol_count]
    symbols: bytes
    leet_map: bytes
    decode_readings: tuple[tuple[int, bool], ...]  # (alphabet, backwards)
    symbol_count: int
    column_count: int
    first_leet: int
    marker: int
    leet: dict[str, str]
    utf8_transitions: bytes
    utf8_leads: bytes


def parse(data: bytes) -> Tables:
    """Read the file's bytes (not compressed).

    Raises:
        CorruptTables: any structure, size or index is out of bounds.
    """
    try:
        return _parse(data)
    except (KeyError, ValueError, TypeError, IndexError, struct.error, msgspec.MsgspecError) as error:
        raise CorruptTables(f"the automaton tables cannot be read: {error}") from error


class _Sections:
    """The arrays of a file, by name."""

    def __init__(self, body: memoryview, places: dict[str, Any]) -> None:
        self._body, self._places = body, places

    def __call__(self, name: str) -> array[int]:
        kind, offset, count = self._places[name]
        if kind not in _CODES:
            raise CorruptTables(f"section `{name}` has an unknown type")
        values = array(kind)
        end = offset + count * values.itemsize
        if not 0 <= offset <= end <= len(self._body):
            raise CorruptTables(f"section `{name}` is outside the file")
        values.frombytes(self._body[offset:end])
        if sys.byteorder == "big":
            values.byteswap()
        return values

    def split(self, name: str, size: int) -> tuple[bytes, ...]:
        """Return an array of bytes in pieces of one size."""
        whole = self(name).tobytes()
        return tuple(whole[i : i + size] for i in range(0, len(whole), size))


def _parse(data: bytes) -> Tables:
    if data[:4] != MAGIC:
        raise CorruptTables("the automaton tables do not start with their magic")
    (size,) = struct.unpack_from("<I", data, 4)
    header: dict[str, Any] = json.loads(data[8 : 8 + size])
    if header["version"] != VERSION:
        raise CorruptTables(f"the automaton tables are of version {header['version']}, not {VERSION}")
    section = _Sections(memoryview(data)[8 + size :], header["sections"])
    scan = header["scan"]
    tables = Tables(
        version=header["version"],
        digest=hashlib.sha256(data).hexdigest(),
        folds={n: Fold(section(f"{n}.index"), section(f"{n}.entries"), section(f"{n}.pool")) for n in ("characters", "letters", "specks")},
        machines=tuple(_machine(m, section) for m in header["machines"]),
        alphabets=tuple(header["alphabets"]),
        maps=section.split("maps", 128),
        columns=section.split("scan.columns", scan["symbol_count"]),
        symbols=section("scan.symbols").tobytes(),
        leet_map=section("leet").tobytes(),
        decode_readings=tuple((int(alphabet), bool(backwards)) for alphabet, backwards in header["decode_readings"]),
        symbol_count=scan["symbol_count"],
        column_count=scan["column_count"],
        first_leet=scan["first_leet"],
        marker=scan["marker"],
        leet=dict(scan["leet"]),
        utf8_transitions=section("utf8.transitions").tobytes(),
        utf8_leads=section("utf8.leads").tobytes(),
    )
    _check(tables)
    return tables


def _machine(fields: dict[str, Any], section: _Sections) -> Machine:
    name = fields["name"]
    return Machine(
        name=name,
        sink=fields["sink"],
        starts=tuple(fields["starts"]),
        minimum=fields["minimum"],
        run_minimum=fields["run_minimum"],
        minimum_changes=fields["minimum_changes"],
        lattice=fields["lattice"],
        state_count=fields["state_count"],
        class_count=fields["class_count"],
        classes=section(f"{name}.classes").tobytes(),
        alphabet=section(f"{name}.alphabet").tobytes(),
        transitions=section(f"{name}.transitions"),
        ops=section(f"{name}.ops"),
        texts=section(f"{name}.texts"),
        readings=tuple(fields["readings"]),
    )


def _require(truth: bool, what: str) -> None:
    if not truth:
        raise CorruptTables(f"the automaton tables are inconsistent: {what}")


def _check(tables: Tables) -> None:
    for name, fold in tables.folds.items():
        pages = len(fold.entries) // 256
        _require(len(fold.index) == 0x110000 // 256 and max(fold.index) < pages, f"index of `{name}`")
        _require(all((e >> 5) + (e & 31) <= len(fold.pool) for e in set(fold.entries)), f"entries of `{name}`")
        _require(max(fold.pool) < 0x110000, f"pool of `{name}`")
    for machine in tables.machines:
        _check_machine(machine)
        _require(all(0 <= reading < len(tables.decode_readings) for reading in machine.readings), machine.name)
    count = len(tables.alphabets)
    _require(len(tables.maps) == count and all(len(m) == 128 and max(m) < 128 for m in tables.maps), "maps")
    _require(tables.marker + 17 == tables.symbol_count <= 256, "symbols")
    _require(
        len(tables.columns) == count and all(len(c) == tables.symbol_count and max(c) < tables.column_count for c in tables.columns),
        "columns",
    )
    _require(
        len(tables.symbols) == len(tables.leet_map) == 128 and max(tables.symbols) < tables.marker and max(tables.leet_map) < 128, "ASCII"
    )
    _require(all(0 <= alphabet < count for alphabet, _ in tables.decode_readings), "decode readings")
    _require(len(tables.utf8_transitions) == 8 * 256 and max(tables.utf8_transitions) <= 8 and len(tables.utf8_leads) == 256, "UTF-8")


def _check_machine(machine: Machine) -> None:
    rows = len(machine.ops) // OP_FIELDS
    _require(len(machine.ops) == rows * OP_FIELDS and rows > 0, f"ops of `{machine.name}`")
    _require(len(machine.classes) == ALPHABET and max(machine.classes) < machine.class_count, f"classes of `{machine.name}`")
    _require(len(machine.alphabet) == 128, f"alphabet of `{machine.name}`")
    _require(len(machine.transitions) == machine.state_count * machine.class_count and max(machine.transitions) < rows, machine.name)
    _require(bool(machine.starts) and len(machine.starts) <= 16 and all(0 <= s < machine.state_count for s in machine.starts), machine.name)
    _require(1 <= machine.run_minimum <= 64, machine.name)
    _require(machine.sink in ("runs", "inplace"), machine.name)
    for row in range(0, len(machine.ops), OP_FIELDS):
        following, kind, _, mul, add, _, shift, count, back, offset, length = machine.ops[row : row + OP_FIELDS]
        _require(0 <= following < machine.state_count and 0 <= kind <= 7, machine.name)
        _require(0 <= mul < 1 << 26 and 0 <= add < 1 << 40, machine.name)
        _require(0 <= count <= 4 and 0 <= back <= 7 and 0 <= shift < 40 and shift - 8 * max(count - 1, 0) >= 0, machine.name)
        _require(offset >= 0 and length >= 0 and offset + length <= len(machine.texts), machine.name)


@lru_cache(maxsize=1)
def load_tables() -> Tables:
    """Load the tables that this release ships.

    Raises:
        CorruptTables: the file's digest is not the manifest's, or its content is out of bounds.
    """
    data, digest = table_bytes(), _manifest()["sha256"]
    if hashlib.sha256(data).hexdigest() != digest:
        raise CorruptTables("the automaton tables' digest is not the manifest's")
    return parse(data)


def table_bytes() -> bytes:
    """Return the file's bytes, decompressed; proofs name them by their digest, and read them by code of their own."""
    try:
        inflater = zlib.decompressobj()
        data = inflater.decompress(files(__package__).joinpath("tables.bin").read_bytes(), SIZE_LIMIT)
    except (OSError, zlib.error) as error:
        raise CorruptTables(f"the automaton tables cannot be read: {error}") from error
    if inflater.unconsumed_tail or not inflater.eof:
        raise CorruptTables("the automaton tables are cut short or too large")
    return data


def _manifest() -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads(files(__package__).joinpath("manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CorruptTables(f"the automaton tables' manifest cannot be read: {error}") from error
    return manifest


def tables_version() -> int:
    """Return the version of the tables' meaning (readers of another version refuse them)."""
    return load_tables().version


def tables_digest() -> str:
    """Return the SHA-256 of the tables, as receipts and proofs name it."""
    return load_tables().digest
