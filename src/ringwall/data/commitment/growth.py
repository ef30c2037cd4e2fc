"""Growth: the proof that a table's new version begins with all of the old one, changed nowhere.

Both trees have a common prefix: the leaves that were full in the old table. Two RFC 6962 consistency paths show that both grew from it.
What the old table had after its last full leaf needs more: in the mode `rows` the digests of the rows beside it, which say nothing about
them; in the mode `columns` the rows themselves, up to 65,535 old ones and the new ones in their chunk, which is why they are only put into
a proof on request. Without them the proof says how far it reaches.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any

import msgspec

from ringwall.crypto import consistency_path, equal, inclusion_path, leaf_hash, root_hash, verify_consistency, verify_inclusion
from ringwall.data.commitment.columns import CHUNK_ROWS, column_leaf, joined
from ringwall.data.commitment.commit import Commitment, Committed, chunks, commit, hasher
from ringwall.data.commitment.extra import arrow, part
from ringwall.data.commitment.rows import DIGEST_BYTES, GROUP_ROWS, RowHasher
from ringwall.data.commitment.salts import SaltKey
from ringwall.data.commitment.schema import schema_of
from ringwall.data.commitment.sources import Source, open_source
from ringwall.errors import IntegrityError, InvalidRequest

_Path = tuple[str, ...]


class Tail(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """What shows that the rows after the last full leaf stayed.

    entry: in the mode `rows`, the row digests of the new table's leaf. batch: in the mode `columns`, the rows of the new table's chunk as
    an Arrow IPC stream in base64. old_paths, new_paths: the leaf or leaves' inclusion in either tree.
    """

    entry: str = ""
    batch: str = ""
    old_paths: tuple[_Path, ...]
    new_paths: tuple[_Path, ...]


class GrowthProof(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel", tag_field="format", tag="rwds/1 growth proof"
):
    """Why `new` extends `old`. prefix_root: of the leaves that were full in `old`; empty where there were none."""

    old: Commitment
    new: Commitment
    prefix_root: str
    old_path: _Path
    new_path: _Path
    tail: Tail | None = None


def prove_growth(old: Commitment, given: Any, *, salts: SaltKey | None = None, show_tail: bool = False) -> GrowthProof:
    """Prove that a table extends the one that `old` commits to.

    Args:
        old: the former version's commitment.
        given: the new version's data, as for `commit`.
        salts: the key, in the mode `rows`: the same as then.
        show_tail: put the rows of the one chunk that grew into the proof, in the mode `columns`.

    Raises:
        IntegrityError: the table does not begin with the old one: a row changed, went, or moved, or the columns are others.
    Cost: as two commitments.
    """
    source = open_source(given)
    made = commit(source, mode=old.mode, hash=old.hash, salts=salts)
    if made.commitment.schema_digest != old.schema_digest:
        raise IntegrityError("the columns are not those of the old version")
    if made.commitment.rows < old.rows:
        raise IntegrityError(f"the table has {made.commitment.rows} rows, and the old version had {old.rows}")
    before = commit(first_rows(source, old.rows), mode=old.mode, hash=old.hash, salts=salts)
    if before.commitment != old:
        raise IntegrityError("the table does not begin with the rows of the old version")
    full = _full_leaves(old)
    return GrowthProof(
        old=old,
        new=made.commitment,
        prefix_root=root_hash(before.leaf_hashes[:full]).hex() if full else "",
        old_path=_hex(consistency_path(before.leaf_hashes, full)) if full else (),
        new_path=_hex(consistency_path(made.leaf_hashes, full)) if full else (),
        tail=_tail(source, before, made, salts, show_tail=show_tail),
    )


def verify_growth(proof: GrowthProof, old_digest: str, new_digest: str) -> int:
    """Check a growth proof, and return how many of the old version's rows it shows to stand unchanged at the new version's start.

    Less than the old version's rows only in the mode `columns`, where the proof leaves out the rows of the chunk that grew.

    Raises:
        IntegrityError: the proof does not show it.
    """
    old, new = proof.old, proof.new
    if not equal(old.digest.encode(), old_digest.encode()) or not equal(new.digest.encode(), new_digest.encode()):
        raise IntegrityError("the proof is for other commitments")
    if (old.mode, old.hash, old.schema_digest, old.columns) != (new.mode, new.hash, new.schema_digest, new.columns) or old.rows > new.rows:
        raise IntegrityError("the one table cannot have grown from the other")
    full = _full_leaves(old)
    if full:
        prefix = _digest(proof.prefix_root)
        verify_consistency(full, prefix, old.leaves, _digest(old.root), _digests(proof.old_path))
        verify_consistency(full, prefix, new.leaves, _digest(new.root), _digests(proof.new_path))
    size = GROUP_ROWS if old.mode == "rows" else CHUNK_ROWS
    if old.rows % size == 0:
        return old.rows
    if proof.tail is None:
        return old.rows - old.rows % size
    _verify_tail(proof.tail, old, new, full)
    return old.rows


def first_rows(source: Source, rows: int) -> Source:
    """Return the table of a source's first rows."""

    def read(columns: Any) -> Any:
        left = rows
        for batch in source.batches(columns):
            if left <= 0:
                return
            yield batch.slice(0, left)
            left -= batch.num_rows

    return Source(source.schema, min(rows, source.rows), read, source.origin)


def _full_leaves(old: Commitment) -> int:
    return old.rows // GROUP_ROWS if old.mode == "rows" else old.rows // CHUNK_ROWS * old.columns


def _hex(hashes: list[bytes]) -> _Path:
    return tuple(each.hex() for each in hashes)


def _digest(text: str) -> bytes:
    try:
        found = bytes.fromhex(text)
    except ValueError:
        found = b""
    if len(found) != DIGEST_BYTES:
        raise IntegrityError("the proof holds what is no digest")
    return found


def _digests(path: _Path) -> list[bytes]:
    return [_digest(each) for each in path]


def _tail(source: Source, before: Committed, made: Committed, salts: SaltKey | None, *, show_tail: bool) -> Tail | None:
    old = before.commitment
    full = _full_leaves(old)
    if old.rows % (GROUP_ROWS if salts is not None else CHUNK_ROWS) == 0 or (salts is None and not show_tail):
        return None
    places = range(full, full + (1 if salts is not None else old.columns))
    old_paths = tuple(_hex(inclusion_path(before.leaf_hashes, at)) for at in places)
    new_paths = tuple(_hex(inclusion_path(made.leaf_hashes, at)) for at in places)
    batches = next(found for number, found in enumerate(chunks(source)) if number == old.rows // CHUNK_ROWS)
    if salts is None:
        return Tail(batch=_to_ipc(batches), old_paths=old_paths, new_paths=new_paths)
    start = full * GROUP_ROWS
    columns = [joined([batch.column(at) for batch in batches]).slice(start % CHUNK_ROWS, GROUP_ROWS) for at in range(old.columns)]
    entry = RowHasher(made.schema, hasher(old.hash), salts).entries(start, columns)[0].hex()
    return Tail(entry=entry, old_paths=old_paths, new_paths=new_paths)


def _to_ipc(batches: list[Any]) -> str:
    pa, ipc = arrow(), part("ipc")
    sink = pa.BufferOutputStream()
    with ipc.new_stream(sink, batches[0].schema.remove_metadata()) as writer:
        for batch in batches:
            writer.write_batch(batch)
    return b64encode(sink.getvalue().to_pybytes()).decode()


def _verify_tail(tail: Tail, old: Commitment, new: Commitment, full: int) -> None:
    old_leaves, new_leaves = _entry_leaves(tail, old, new) if old.mode == "rows" else _batch_leaves(tail, old, new)
    if not len(tail.old_paths) == len(tail.new_paths) == len(old_leaves):
        raise IntegrityError("the proof has not the shape of the trees")
    for number in range(len(old_leaves)):
        verify_inclusion(old_leaves[number], full + number, old.leaves, _digests(tail.old_paths[number]), _digest(old.root))
        verify_inclusion(new_leaves[number], full + number, new.leaves, _digests(tail.new_paths[number]), _digest(new.root))


def _entry_leaves(tail: Tail, old: Commitment, new: Commitment) -> tuple[list[bytes], list[bytes]]:
    """Return the leaf of the row digests, as it is in the new tree, and of their beginning, as it was in the old."""
    try:
        entry = bytes.fromhex(tail.entry)
    except ValueError:
        entry = b""
    start = old.rows - old.rows % GROUP_ROWS
    if len(entry) != DIGEST_BYTES * min(GROUP_ROWS, new.rows - start):
        raise IntegrityError("the proof's row digests are not as many as the leaf has")
    return [leaf_hash(entry[: DIGEST_BYTES * (old.rows - start)])], [leaf_hash(entry)]


def _batch_leaves(tail: Tail, old: Commitment, new: Commitment) -> tuple[list[bytes], list[bytes]]:
    """Hash the shown rows' columns as they are in the new tree, and their beginning as it was in the old."""
    pa, ipc = arrow(), part("ipc")
    chunk, kept = divmod(old.rows, CHUNK_ROWS)
    try:
        table = ipc.open_stream(b64decode(tail.batch, validate=True)).read_all()
        table.validate(full=True)
        schema = schema_of(table.schema)
    except (ValueError, OSError, pa.ArrowException, InvalidRequest) as error:
        raise IntegrityError("the proof's rows cannot be read") from error
    rows = min(CHUNK_ROWS, new.rows - chunk * CHUNK_ROWS)
    if schema.digest().hex() != new.schema_digest or table.num_rows != rows:
        raise IntegrityError("the proof's rows are not those of the table")
    chosen, digest = hasher(new.hash), schema.digest()
    made: tuple[list[bytes], list[bytes]] = ([], [])
    for at in range(len(schema.columns)):
        column = joined(table.column(at).chunks)
        made[0].append(column_leaf(chosen, digest, at, chunk, column.slice(0, kept)))
        made[1].append(column_leaf(chosen, digest, at, chunk, column))
    return made
