"""A log as files that any file server can host, and the audit of such files.

Rules this file upholds: a checkpoint is put in place after everything it speaks of, so a reader never sees one that the tiles do not bear
out; what is there already is compared, never trusted; nothing is put in place of a larger or different log.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Protocol

import msgspec

from ringwall.crypto.checkpoint import Checkpoint, parse_checkpoint
from ringwall.crypto.edge import Edge
from ringwall.crypto.log_policy import LogPolicy
from ringwall.crypto.merkle import RootBuilder, leaf_hash, verify_consistency
from ringwall.crypto.notes import split_note
from ringwall.crypto.tiles import (
    CHECKPOINT_PATH,
    TILE_BYTES,
    WIDTH,
    TilePath,
    TileReader,
    check_bundle,
    consistency,
    parse_tile_path,
    read_bundle,
    tile_width,
)
from ringwall.errors import Conflict, IntegrityError, NotFound

Progress = Callable[[int, int], None]
"""Told how many of how many entries are done."""

_CHECKPOINT_BYTES: Final = 1024 * 1024
_ENTRIES_BYTES: Final = WIDTH * (2 + 65_535)


class LogSource(Protocol):
    """Gives the pieces of one log by path: the ledger, or a server's read API."""

    async def read(self, path: str) -> bytes:
        """Return a piece; NotFound if there is none."""
        ...


class Exported(msgspec.Struct, frozen=True):
    """What an export wrote: pieces that were not there before."""

    checkpoint: Checkpoint
    written: int
    kept: int


class ExportAhead(Conflict, code="export-ahead"):
    """The folder holds a larger log, or another one."""

    remedy = "export to an empty folder, and keep the old one: two histories of one log are evidence"


class Files:
    """Reads a folder in the tlog-tiles layout."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def read(self, path: str) -> bytes:
        """Return a piece; a partial tile that was dropped for the complete one is cut from that.

        Raises:
            NotFound: there is none. IntegrityError: it is larger than such a piece can be.
        """
        limit = _CHECKPOINT_BYTES if path == CHECKPOINT_PATH else _ENTRIES_BYTES
        try:
            with (self._directory / path).open("rb") as file:
                data = file.read(limit + 1)
        except FileNotFoundError:
            return self._cut(path)
        if len(data) > limit:
            raise IntegrityError(f"`{path}` is larger than a piece of a log can be")
        return data

    def _cut(self, path: str) -> bytes:
        piece = parse_tile_path(path) if path != CHECKPOINT_PATH else None
        if piece is None or piece.width == WIDTH:
            raise NotFound(f"there is no `{path}`")
        whole = self.read(str(TilePath(piece.level, piece.index)))
        return _cut(piece, whole)


def _cut(piece: TilePath, whole: bytes) -> bytes:
    """Return the first `width` hashes or entries of a complete piece."""
    if piece.level is not None:
        return whole[: piece.width * (TILE_BYTES // WIDTH)]
    position = 0
    for _ in range(piece.width):
        position += 2 + int.from_bytes(whole[position : position + 2], "big")
    return whole[:position]


def pieces(size: int) -> Iterator[TilePath]:
    """Name every tile and bundle of a log of this size, bundles beside their tiles."""
    level = 0
    while size >> 8 * level:
        for index in range(-(-(size >> 8 * level) // WIDTH)):
            width = tile_width(level, index, size)
            if level == 0:
                yield TilePath(None, index, width)
            yield TilePath(level, index, width)
        level += 1


async def export_log(source: LogSource, directory: Path, policy: LogPolicy, progress: Progress = lambda _done, _of: None) -> Exported:
    """Write a log to a folder, or bring a folder up to the log's present checkpoint.

    1. The checkpoint opens under the policy; the folder's own, if it has one, is of the same log and no larger.
    2. Pieces that the folder lacks are written, each whole under another name first.
    3. The folder is audited from end to end against the new checkpoint, and the tree of the old one must be a part of the new.
    4. The checkpoint is put in place; partial pieces that are complete by now are dropped.

    Args:
        source: the log.
        directory: made if it is not there.
        policy: what it takes to believe the log's checkpoint.
        progress: called after each bundle.

    Raises:
        ExportAhead: the folder holds a larger or another log.
        IntegrityError: the log, or what the folder holds, is not what the checkpoint says; the folder's checkpoint stays as it was.
    """
    note = await source.read(CHECKPOINT_PATH)
    checkpoint = policy.open(note)
    files = Files(directory)
    before = _standing(files, checkpoint)
    written: list[Path] = []
    kept = 0
    try:
        for piece in pieces(checkpoint.size):
            path = directory / str(piece)
            if path.exists():
                kept += 1
            else:
                _put(path, await source.read(str(piece)))
                written.append(path)
            if piece.level is None:
                progress(min((piece.index + 1) * WIDTH, checkpoint.size), checkpoint.size)
        _audit_tree(files, checkpoint)
        _check_growth(files, before, checkpoint)
    except IntegrityError:
        for path in written:  # what does not belong to the log does not stay to spoil the next export
            path.unlink()
        raise
    _put(directory / CHECKPOINT_PATH, note)
    _drop_partial(directory, checkpoint.size)
    return Exported(checkpoint, len(written), kept)


def audit_log_files(reader: TileReader, policy: LogPolicy, progress: Progress = lambda _done, _of: None) -> Checkpoint:
    """Check a whole static log: its checkpoint, and every tile and every entry against it.

    Raises:
        IntegrityError: the first piece that is not what the checkpoint says, by its path.
    """
    checkpoint = policy.open(_existing(reader, CHECKPOINT_PATH))
    _audit_tree(reader, checkpoint, progress)
    return checkpoint


def _audit_tree(reader: TileReader, checkpoint: Checkpoint, progress: Progress = lambda _done, _of: None) -> None:
    """Hash every entry, rebuild every tile from that, compare each, and compare the root."""
    edge, builder = Edge(), RootBuilder()
    for index in range(-(-checkpoint.size // WIDTH)):
        width = tile_width(0, index, checkpoint.size)
        name = TilePath(None, index, width)
        entries = read_bundle(_existing(reader, str(name)))
        if len(entries) != width:
            raise IntegrityError(f"`{name}` has not {width} entries")
        check_bundle(entries, _existing(reader, str(TilePath(0, index, width))), index * WIDTH)
        hashes = [leaf_hash(entry) for entry in entries]
        for each in hashes:
            builder.add(each)
        for (level, place), data in edge.extend(hashes).items():
            _compare(reader, TilePath(level, place, len(data) * WIDTH // TILE_BYTES), data, checkpoint.size)
        progress(builder.size, checkpoint.size)
    if builder.root() != checkpoint.root:
        raise IntegrityError("the entries and tiles do not make the tree of the signed checkpoint")


def _compare(reader: TileReader, piece: TilePath, data: bytes, size: int) -> None:
    assert piece.level is not None
    if piece.width == tile_width(piece.level, piece.index, size) and _existing(reader, str(piece)) != data:
        raise IntegrityError(f"`{piece}` is not the tile that the entries make")


def _existing(reader: TileReader, path: str) -> bytes:
    try:
        return reader.read(path)
    except NotFound:
        raise IntegrityError(f"`{path}` is missing") from None


def _standing(files: Files, new: Checkpoint) -> Checkpoint | None:
    """Return what a folder's checkpoint says, if there is one; refuse one that the new one cannot follow.

    Its signatures are not asked about: it may be of a key that has been rotated out, and nothing is believed for its sake. It is what
    the new tree must have grown from.
    """
    try:
        note = files.read(CHECKPOINT_PATH)
    except NotFound:
        return None
    old = parse_checkpoint(split_note(note)[0])
    if old.origin != new.origin or old.size > new.size:
        raise ExportAhead(f"the folder holds `{old.origin}` with {old.size} entries; the log is `{new.origin}` with {new.size}")
    return old


def _check_growth(files: Files, old: Checkpoint | None, new: Checkpoint) -> None:
    if old is not None and old.size:
        verify_consistency(old.size, old.root, new.size, new.root, consistency(files, old.size, new.size))


def _put(path: Path, data: bytes) -> None:
    """Put a file in place whole: under its name there is the old one, the new one or none, and never a part of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".new")
    with beside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _drop_partial(directory: Path, size: int) -> None:
    """Remove partial tiles whose complete tile is there: readers of older checkpoints take that one."""
    for piece in pieces(size):
        if piece.width == WIDTH:
            partial = directory / f"{piece}.p"
            if partial.is_dir():
                for each in partial.iterdir():
                    each.unlink()
                partial.rmdir()
