"""A table committed to: one digest, however it is chunked, compressed or brought.

`columns` hashes whole columns of 65,536 rows at a time: fast, and nothing about one row can be shown without its chunk. `rows` hashes each
row under a salt of its own: slower, and one row can be shown and checked while the others stay hidden (`rows.py`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any, Final, Literal

import msgspec

from ringwall.crypto import canonical_json, root_hash, sha256
from ringwall.data.commitment.columns import CHUNK_ROWS, Hasher, column_leaf, joined
from ringwall.data.commitment.extra import blake3
from ringwall.data.commitment.rows import GROUP_ROWS, RowHasher
from ringwall.data.commitment.salts import SaltKey
from ringwall.data.commitment.schema import FORMAT, MAX_COLUMNS, Schema, schema_of
from ringwall.data.commitment.sources import Source, open_source, translated
from ringwall.errors import IntegrityError, InvalidRequest

Mode = Literal["columns", "rows"]
HashName = Literal["sha256", "blake3"]
Progress = Callable[[int, int], None]
"""Is told how many rows are done, of how many."""

_HEX: Final = frozenset("0123456789abcdef")


class Commitment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """What is published of a table.

    root: of the RFC 6962 tree. Its leaves in the mode `columns`: chunk 0's columns in order, then chunk 1's; in `rows`: 16 rows each.
    """

    format: Literal["rwds/1"] = FORMAT
    mode: Mode
    hash: HashName
    rows: int
    columns: int
    schema_digest: str
    root: str

    def __post_init__(self) -> None:
        digests_are_hex = all(len(each) == 64 and _HEX.issuperset(each) for each in (self.schema_digest, self.root))
        if not (digests_are_hex and 0 <= self.rows < 2**53 and 0 <= self.columns <= MAX_COLUMNS):
            raise InvalidRequest("this is no commitment", remedy="digests are 64 hexadecimal digits; counts are not negative")

    def to_json(self) -> bytes:
        """Return the canonical form that is hashed."""
        return canonical_json(self)

    @property
    def digest(self) -> str:
        """The commitment as one name: SHA-256 of its canonical form, in hexadecimal digits."""
        return sha256(self.to_json()).hex()

    @property
    def leaves(self) -> int:
        """How many leaves the tree has."""
        if self.mode == "rows":
            return -(-self.rows // GROUP_ROWS)
        return -(-self.rows // CHUNK_ROWS) * self.columns


class Committed(msgspec.Struct, frozen=True):
    """A commitment, and what whoever holds the data makes proofs from."""

    commitment: Commitment
    schema: Schema
    leaf_hashes: list[bytes]


def commit_table(
    given: Any, *, mode: Mode = "columns", hash: HashName = "sha256", salts: SaltKey | None = None, progress: Progress | None = None
) -> Commitment:
    """Commit to a table; see `commit`."""
    return commit(given, mode=mode, hash=hash, salts=salts, progress=progress).commitment


def commit(
    given: Any, *, mode: Mode = "columns", hash: HashName = "sha256", salts: SaltKey | None = None, progress: Progress | None = None
) -> Committed:
    """Commit to a table, and keep the leaf hashes.

    Args:
        given: what `open_source` takes.
        mode: `columns`, or `rows` for proofs about single rows.
        hash: of the leaves; the tree above them is SHA-256.
        salts: of the rows, in the mode `rows`: the same key gives the same commitment, and is needed for every proof.
        progress: is told after each chunk.

    Raises:
        InvalidRequest: a table without a canonical form; salts with the mode `columns`, or the mode `rows` without.
        ExtraMissing: pyarrow, or for BLAKE3 blake3, is not installed. FileChanged: the file did while it was read.
    Cost: one reading of the data; memory for one chunk, and some 80 bytes a leaf.
    """
    if (salts is not None) != (mode == "rows"):
        raise InvalidRequest("a salt key goes with the mode `rows`, and with no other", remedy="make one with `SaltKey.generate()`")
    source = open_source(given)
    schema = schema_of(source.schema)
    leaves: list[bytes] = []
    make = _row_leaves(schema, hash, salts) if salts is not None else _column_leaves(schema, hash)
    done = 0
    with translated():
        for index, batches in enumerate(chunks(source)):
            leaves.extend(make(index, batches))
            done += sum(batch.num_rows for batch in batches)
            if progress is not None:
                progress(done, source.rows)
    if done != source.rows:
        raise IntegrityError(f"the table said that it has {source.rows} rows, and has {done}")
    return Committed(_commitment(schema, done, leaves, mode, hash), schema, leaves)


def _commitment(schema: Schema, rows: int, leaves: list[bytes], mode: Mode, hash: HashName) -> Commitment:
    return Commitment(
        mode=mode,
        hash=hash,
        rows=rows,
        columns=len(schema.columns),
        schema_digest=schema.digest().hex(),
        root=root_hash(leaves).hex(),
    )


_Leaves = Callable[[int, list[Any]], list[bytes]]


def _column_leaves(schema: Schema, hash: HashName) -> _Leaves:
    chosen, digest = hasher(hash), schema.digest()

    def make(index: int, batches: list[Any]) -> list[bytes]:
        return [
            column_leaf(chosen, digest, column, index, joined([batch.column(column) for batch in batches]))
            for column in range(len(schema.columns))
        ]

    return make


def _row_leaves(schema: Schema, hash: HashName, salts: SaltKey) -> _Leaves:
    rows = RowHasher(schema, hasher(hash), salts)

    def make(index: int, batches: list[Any]) -> list[bytes]:
        return rows.leaves(index * CHUNK_ROWS, [joined([batch.column(at) for batch in batches]) for at in range(len(schema.columns))])

    return make


def hasher(name: HashName) -> Hasher:
    """Return the hash function of leaves.

    Raises:
        InvalidRequest: no such function. ExtraMissing: blake3 is not installed.
    """
    if name == "sha256":
        return hashlib.sha256
    if name == "blake3":
        return blake3()  # type: ignore[no-any-return]
    raise InvalidRequest(f"`{str(name)[:40]}` is no hash of leaves", remedy="take sha256 or blake3")


def chunks(source: Source) -> Iterator[list[Any]]:
    """Cut the record batches of a source at the multiples of 65,536 rows, without copying."""
    waiting: list[Any] = []
    held = 0
    for batch in source.batches():
        start = 0
        while start < batch.num_rows:
            piece = batch.slice(start, CHUNK_ROWS - held)
            waiting.append(piece)
            start += piece.num_rows
            held += piece.num_rows
            if held == CHUNK_ROWS:
                yield waiting
                waiting, held = [], 0
    if waiting:
        yield waiting
