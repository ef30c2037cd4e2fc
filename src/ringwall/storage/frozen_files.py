"""Frozen shards in a backup: the entries of a log that were moved out of the database, and the hashes over them.

They are files beside the database, and as much a part of the log as its rows. Rules this file upholds: which files there are is read in
the transaction that the rows are read in; an entry goes into a backup, and comes out of one, only if it hashes to what the tree in the
database says of it; a folder that holds something is not restored to, and a restore that fails leaves none behind.

Source: C2SP tlog-tiles, for the files' names and form.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Table, select

from ringwall.crypto import equal, leaf_hashes, sha256
from ringwall.crypto.tiles import WIDTH, entries_path, parse_tile_path, read_bundle, tile_path, whole_tile_hash
from ringwall.errors import Conflict, DependencyError, IntegrityError, InvalidRequest
from ringwall.storage.archive import TableHeading
from ringwall.storage.private_folder import make_private, write_flushed

FROZEN_FILES: Final = "frozen files"
"""What stands in a backup's header, beside the tables, for the files; no table can have this name."""

Folders = Mapping[str, Path]
"""Where the frozen entries of each log lie."""

_COLUMNS: Final = ("log", "path", "sha256", "data")
_HASH_BYTES: Final = 32
_DAMAGED: Final = "use another copy of the backup"


def frozen_heading(connection: Connection, tables: Mapping[str, Table], folders: Folders) -> TableHeading | None:
    """Return what the header says of the files; None if nothing was frozen, or no folder is named for it."""
    files = sum(2 * bundles for log, (_, bundles) in _frozen_bundles(connection, tables).items() if log in folders)
    return TableHeading(name=FROZEN_FILES, columns=_COLUMNS, binary=("data",), rows=files) if files else None


def is_frozen_heading(heading: TableHeading) -> bool:
    """Say whether a heading is the one that this release writes for the files."""
    return (heading.name, heading.columns, heading.binary) == (FROZEN_FILES, _COLUMNS, ("data",))


def frozen_files(connection: Connection, tables: Mapping[str, Table], folders: Folders) -> Iterator[tuple[str, str, str, bytes]]:
    """Iterate (log, path, SHA-256, content) of every frozen file, each checked.

    Raises:
        IntegrityError: a file is missing, or is not what was sealed.
    """
    for log, (log_id, bundles) in _frozen_bundles(connection, tables).items():
        if log in folders:
            for _, files in _checked(connection, tables, (log, log_id, bundles), folders[log]):
                yield from ((log, path, hashlib.sha256(data).hexdigest(), data) for path, data in files)


class FrozenDrafts:
    """The frozen files of a backup that is being restored: written beside their places, checked, then moved there whole."""

    def __init__(self, folders: Folders) -> None:
        """Prepare; nothing is written before `add`."""
        self._folders = folders
        self._drafts: dict[str, Path] = {}
        self._placed: list[Path] = []
        self._files = 0

    def refuse_what_is_there(self) -> None:
        """Refuse folders that hold something.

        Raises:
            Conflict: one does.
        """
        for folder in self._folders.values():
            if folder.exists() and any(folder.iterdir()):
                raise Conflict(f"`{folder}` is not empty, and the backup has frozen shards", remedy="name an empty data directory")

    def add(self, values: Sequence[Any]) -> None:
        """Write one file of the backup to its draft.

        Raises:
            IntegrityError: not a file of a log in its form, or not the bytes that its digest is of.
            Conflict: no folder is named for its log. DependencyError: it cannot be written.
        """
        log, path, digest, data = values
        if not (isinstance(log, str) and isinstance(path, str) and isinstance(digest, str)):
            raise IntegrityError("a frozen file of the backup has no name", remedy=_DAMAGED)
        if log not in self._folders:
            raise Conflict("the backup has frozen shards, and no folder is named for them", remedy="restore into a data directory")
        try:
            named = parse_tile_path(path)  # its one form: no path leads elsewhere
        except InvalidRequest:
            named = None
        if named is None or named.level not in {None, 0} or named.width != WIDTH or sha256(data).hex() != digest:
            raise IntegrityError("a frozen file of the backup is not what its name and digest say", remedy=_DAMAGED)
        if log not in self._drafts:
            folder = self._folders[log]
            self._drafts[log] = folder.with_name(f".{folder.name}.{secrets.token_hex(6)}")
        write_flushed(self._drafts[log] / path, data)
        self._files += 1

    def check(self, connection: Connection, tables: Mapping[str, Table]) -> None:
        """Check that the drafts are all that was frozen of the restored logs, no more and no less, against the restored trees.

        Raises:
            IntegrityError: they are not.
        """
        found = 0
        for log, (log_id, bundles) in _frozen_bundles(connection, tables).items():
            if log in self._drafts:
                found += sum(len(files) for _, files in _checked(connection, tables, (log, log_id, bundles), self._drafts[log]))
        if found != self._files:
            raise IntegrityError("the backup has other frozen files than its logs", remedy=_DAMAGED)

    def put_in_place(self) -> None:
        """Move the drafts to where they belong.

        Raises:
            DependencyError: they cannot be moved.
        """
        try:
            for log, draft in self._drafts.items():
                folder = self._folders[log]
                make_private(folder.parent)
                if folder.exists():
                    folder.rmdir()  # empty, or this fails
                draft.rename(folder)
                self._placed.append(folder)
                parent = os.open(folder.parent, os.O_RDONLY | os.O_DIRECTORY)
                try:
                    os.fsync(parent)
                finally:
                    os.close(parent)
        except OSError as error:
            raise DependencyError(f"the frozen shards cannot be put in place: {error.strerror}", remedy="correct permissions") from None

    def discard(self) -> None:
        """Remove what was written."""
        for folder in (*self._drafts.values(), *self._placed):
            shutil.rmtree(folder, ignore_errors=True)


def _frozen_bundles(connection: Connection, tables: Mapping[str, Table]) -> dict[str, tuple[int, int]]:
    """Return the id and the number of frozen bundles of each log that has some; none in schemas before trees."""
    if "log_seal" not in tables:
        return {}
    log, seal = tables["log"], tables["log_seal"]
    query = select(log.c.name, log.c.id, seal.c.first).join(seal, seal.c.log_id == log.c.id).where(seal.c.first > 0).order_by(log.c.name)
    return {str(name): (int(log_id), int(first) // WIDTH) for name, log_id, first in connection.execute(query)}


def _checked(
    connection: Connection, tables: Mapping[str, Table], frozen: tuple[str, int, int], folder: Path
) -> Iterator[tuple[int, list[tuple[str, bytes]]]]:
    """Iterate the frozen bundles of a log with their files, (path, content), each checked against the tree."""
    log, log_id, bundles = frozen
    tile = tables["log_tile"]
    above = b""
    for index in range(bundles):
        shard, position = divmod(index, WIDTH)
        if position == 0:
            query = select(tile.c.data).where(tile.c.log_id == log_id, tile.c.level == 1, tile.c.position == shard)
            above = bytes(connection.execute(query).scalar() or b"")
        files = [(path, _read(folder / path, log, path)) for path in (tile_path(0, index), entries_path(index))]
        hashes = b"".join(leaf_hashes(read_bundle(files[1][1])))
        wanted = above[position * _HASH_BYTES : (position + 1) * _HASH_BYTES]
        if hashes != files[0][1] or not equal(whole_tile_hash(hashes), wanted):
            raise IntegrityError(
                f"the frozen `{entries_path(index)}` of the log `{log}` is not what was sealed", remedy="restore the shard from a copy"
            )
        yield index, files


def _read(path: Path, log: str, name: str) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise IntegrityError(f"the frozen `{name}` of the log `{log}` is missing", remedy="restore the shard from a copy") from None
    except OSError as error:
        raise DependencyError(f"`{path}` cannot be read: {error.strerror}", remedy="correct its permissions") from None
