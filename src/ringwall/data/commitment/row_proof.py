"""One row shown, with what leads from it to the commitment; checked without the data, the server or pyarrow."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from ringwall.crypto import equal, inclusion_path, leaf_hash, verify_inclusion
from ringwall.data.commitment.columns import CHUNK_ROWS, joined
from ringwall.data.commitment.commit import Commitment, chunks, commit, hasher
from ringwall.data.commitment.rows import DIGEST_BYTES, GROUP_ROWS, ROW_DOMAIN, RowHasher, encode_rows
from ringwall.data.commitment.salts import SALT_BYTES, SaltKey
from ringwall.data.commitment.schema import Schema
from ringwall.data.commitment.sources import open_source
from ringwall.errors import IntegrityError, InvalidRequest, NotFound

_PATH_MOST: Final = 64


class RowProof(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel", tag_field="format", tag="rwds/1 row proof"
):
    """One row of a committed table. Digests and bytes are hexadecimal.

    row: its canonical bytes, without the salt. group: the digests of the sixteen rows of its leaf. path: RFC 6962, nearest hash first.
    """

    commitment: Commitment
    columns: Schema
    index: int
    salt: str
    row: str
    group: tuple[str, ...]
    path: tuple[str, ...]


def prove_row(given: Any, index: int, salts: SaltKey, commitment: Commitment) -> RowProof:
    """Make the proof of one row, counted from 0.

    Args:
        given: the table, as for `commit`.
        index: of the row.
        salts: the key that the commitment was made with.
        commitment: of the table, in the mode `rows`.

    Raises:
        InvalidRequest: the commitment is of the mode `columns`. NotFound: there is no such row.
        IntegrityError: this is not the table, or not the key, that was committed to.
    Cost: as a commitment of the whole table.
    """
    if commitment.mode != "rows":
        raise InvalidRequest("rows of a commitment to columns cannot be shown one by one", remedy="commit in the mode `rows`")
    source = open_source(given)
    if not 0 <= index < source.rows:
        raise NotFound(f"the table has {source.rows} rows, counted from 0, and no row {index}")
    made = commit(source, mode="rows", hash=commitment.hash, salts=salts)
    if made.commitment != commitment:
        raise IntegrityError("this is not the table that was committed to", remedy="give the very same rows, and the salt key they had")
    group = index // GROUP_ROWS
    columns = _rows_at(source, group * GROUP_ROWS)
    digests = RowHasher(made.schema, hasher(commitment.hash), salts).digests(group * GROUP_ROWS, columns)
    salt = salts.salts(index, 1)
    at = index - group * GROUP_ROWS
    preimage: bytes = encode_rows([column.slice(at, 1) for column in columns], salt)[0].as_py()
    return RowProof(
        commitment=commitment,
        columns=made.schema,
        index=index,
        salt=salt.hex(),
        row=preimage[len(ROW_DOMAIN) + SALT_BYTES :].hex(),
        group=tuple(digest.hex() for digest in digests),
        path=tuple(each.hex() for each in inclusion_path(made.leaf_hashes, group)),
    )


def _rows_at(source: Any, start: int) -> list[Any]:
    """Return the columns of the group of rows that begins at `start`."""
    for number, batches in enumerate(chunks(source)):
        if number == start // CHUNK_ROWS:
            columns = [joined([batch.column(at) for batch in batches]) for at in range(batches[0].num_columns)]
            return [column.slice(start % CHUNK_ROWS, GROUP_ROWS) for column in columns]
    raise NotFound(f"the table ends before row {start}")


def verify_row(proof: RowProof, digest: str) -> dict[str, Any]:
    """Check that a row is where the proof says, in the table that `digest` commits to, and return it.

    Numbers of time are returned as stored: days since 1970 for dates, else counts of the unit that the column's type names.

    Raises:
        IntegrityError: the proof does not show it.
    """
    commitment = proof.commitment
    if not equal(commitment.digest.encode(), digest.encode()):
        raise IntegrityError("the proof is for another commitment")
    if commitment.mode != "rows" or not equal(proof.columns.digest().hex().encode(), commitment.schema_digest.encode()):
        raise IntegrityError("the proof's columns are not those that were committed to")
    if not 0 <= proof.index < commitment.rows:
        raise IntegrityError("the proof is for a row outside of the table")
    group, at = divmod(proof.index, GROUP_ROWS)
    entry = [_bytes(each, DIGEST_BYTES) for each in proof.group]
    if len(entry) != min(GROUP_ROWS, commitment.rows - group * GROUP_ROWS) or len(proof.path) > _PATH_MOST:
        raise IntegrityError("the proof has not the shape of the tree")
    row = _bytes(proof.row)
    found = hasher(commitment.hash)(ROW_DOMAIN + _bytes(proof.salt, SALT_BYTES) + row).digest()
    if not equal(found, entry[at]):
        raise IntegrityError("the row is not the one that was committed to")
    path = [_bytes(each, DIGEST_BYTES) for each in proof.path]
    verify_inclusion(leaf_hash(b"".join(entry)), group, commitment.leaves, path, _bytes(commitment.root, DIGEST_BYTES))
    return decode_row(row, proof.columns)


def _bytes(text: str, count: int | None = None) -> bytes:
    try:
        found = bytes.fromhex(text)
    except ValueError:
        found = b""
    if count is not None and len(found) != count:
        raise IntegrityError("the proof is not written in hexadecimal digits of the right number")
    return found


def decode_row(row: bytes, schema: Schema) -> dict[str, Any]:
    """Read a row's canonical bytes.

    Raises:
        IntegrityError: not the bytes of a row of this schema.
    """
    columns = schema.columns
    try:
        return _decode(row, [(column.name, column.type) for column in columns])
    except (struct.error, IndexError, UnicodeDecodeError, KeyError, ValueError, OverflowError) as error:
        raise IntegrityError("these are not the bytes of a row of this table") from error


def _decode(row: bytes, columns: list[tuple[str, Any]]) -> dict[str, Any]:
    start = (len(columns) + 7) // 8
    null = [bool(row[at // 8] >> (at % 8) & 1) for at in range(len(columns))]
    found: dict[str, Any] = {}
    texts: list[tuple[str, str, bool]] = []
    for (name, kind), is_null in zip(columns, null, strict=True):
        found[name] = None
        if kind in ("string", "binary"):
            texts.append((name, kind, is_null))
        elif kind != "null":
            width, read = _reader(kind)
            if not is_null:
                found[name] = read(row[start : start + width])
            start += width
    ends = struct.unpack_from(f"<{len(texts)}I", row, start)
    start += 4 * len(texts)
    for (name, kind, is_null), length in zip(texts, ends, strict=True):
        piece = row[start : start + length]
        if not is_null:
            found[name] = piece.decode() if kind == "string" else piece
        start += length
    if start != len(row):
        raise ValueError("a row of another length")
    return found


_FORMATS: Final[Mapping[str, str]] = {
    "bool": "?",
    "int8": "b",
    "int16": "h",
    "int32": "i",
    "int64": "q",
    "uint8": "B",
    "uint16": "H",
    "uint32": "I",
    "uint64": "Q",
    "float16": "e",
    "float32": "f",
    "float64": "d",
    "date": "i",
    "time(s)": "i",
    "time(ms)": "i",
    "time(us)": "q",
    "time(ns)": "q",
}


def _decimal(number: int, scale: int) -> Decimal:
    """Place the point exactly; arithmetic would round to the context's 28 digits."""
    return Decimal((int(number < 0), tuple(int(digit) for digit in str(abs(number))), -scale))


def _reader(kind: Any) -> tuple[int, Callable[[bytes], Any]]:
    """Return how many bytes a value of a type has, and what reads them."""
    if not isinstance(kind, str):
        raise ValueError("a nested column has no row form")  # noqa: TRY004 - what was read is wrong, not the call
    word, _, arguments = kind.removesuffix(")").partition("(")
    if word == "binary":
        return int(arguments), bytes
    if word == "decimal":
        precision, scale = (int(each) for each in arguments.split(","))
        return 16 if precision <= 38 else 32, lambda read: _decimal(int.from_bytes(read, "little", signed=True), scale)
    form = struct.Struct("<" + ("q" if word in ("timestamp", "duration") else _FORMATS[kind]))
    return form.size, lambda read: form.unpack(read)[0]
