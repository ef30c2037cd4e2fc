"""The backup file: gzip over lines of JSON, so that it can be looked into without ringwall (`zcat FILE | head -1`).

    line 1      the header: format, its version, the schema's revision, tables with their columns and numbers of rows
    line 2..    one row each: [table number, value, ...]; bytes as base64
                in version 2, behind all rows and numbered like a table: one frozen file each, [number, log, path, SHA-256, content]
    last line   the seal: SHA-256 over all bytes of the lines before it

A file without its seal, or with another one, is no backup: `rows` says so at the end, before which nothing read from it may be committed.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import hashlib
import os
import secrets
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self

import msgspec

from ringwall.errors import Conflict, DependencyError, IntegrityError

FORMAT: Final = "ringwall-backup"
FORMAT_VERSION: Final = 1
FORMAT_WITH_FILES: Final = 2
"""What a backup with frozen files has for its version: releases that know none must not restore it without."""
_LINE_BYTES: Final = 64 * 1024 * 1024  # the largest body or erasable part as base64, with room to spare
_COMPRESSION: Final = 3
_DAMAGED: Final = "use another copy of the backup"


class TableHeading(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One table in the file; `binary` are the columns whose values are base64."""

    name: str
    columns: tuple[str, ...]
    binary: tuple[str, ...]
    rows: int


class Header(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What a backup says about itself.

    root_key: always "separate": a backup has sealed secrets, and never the key that opens them.
    """

    format: str
    format_version: int
    schema: str
    release: str
    created_at: str
    root_key: str
    tables: tuple[TableHeading, ...]


class _Seal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sha256: str
    rows: int


class ArchiveWriter:
    """Writes a backup beside its target and moves it there when it is whole and flushed; an existing file is never replaced."""

    def __init__(self, target: Path, header: Header) -> None:
        """Begin a file that only its owner can read.

        Raises:
            Conflict: the target exists.
            DependencyError: the directory cannot be written.
        """
        if target.exists():
            raise Conflict(f"`{target}` exists already", remedy="choose another file name")
        self._target = target
        self._draft = target.with_name(f".{target.name}.{secrets.token_hex(6)}")
        self._digest = hashlib.sha256()
        self._rows = 0
        try:
            self._file: IO[bytes] = os.fdopen(os.open(self._draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        except OSError as error:
            raise _unwritable(target, error) from None
        # No file name and no time in the gzip header: the same rows make the same bytes.
        self._packer = gzip.GzipFile(filename="", mode="wb", compresslevel=_COMPRESSION, fileobj=self._file, mtime=0)
        self._encoder = msgspec.json.Encoder()
        self._line(header)

    def add(self, table: int, values: Sequence[object]) -> None:
        """Add one row of a table, by its number in the header."""
        self._line((table, *values))
        self._rows += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            self._packer.close()
            self._file.close()
            self._draft.unlink(missing_ok=True)

    def _line(self, value: object) -> None:
        line = self._encoder.encode(value) + b"\n"
        self._digest.update(line)
        self._write(line)

    def _write(self, line: bytes) -> None:
        try:
            self._packer.write(line)
        except OSError as error:
            raise _unwritable(self._target, error) from None

    def _finish(self) -> None:
        self._write(self._encoder.encode(_Seal(self._digest.hexdigest(), self._rows)) + b"\n")
        try:
            self._packer.close()
            self._file.flush()
            os.fsync(self._file.fileno())
            # A link, not a rename: it fails where a file has appeared meanwhile.
            self._target.hardlink_to(self._draft)
            directory = os.open(self._target.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)
        except FileExistsError:
            raise Conflict(f"`{self._target}` exists already", remedy="choose another file name") from None
        except OSError as error:
            raise _unwritable(self._target, error) from None


class ArchiveReader:
    """Reads a backup from its header to its seal."""

    def __init__(self, source: Path) -> None:
        """Open a file and read its header.

        Raises:
            DependencyError: the file cannot be opened.
            IntegrityError: not a backup, or of a format that this release does not know.
        """
        self._digest = hashlib.sha256()
        try:
            self._file = gzip.open(source, "rb")  # noqa: SIM115 - closed by __exit__
        except OSError as error:
            raise DependencyError(
                f"`{source}` cannot be read: {error.strerror}", remedy="check the file name and its permissions"
            ) from None
        try:
            self.header = self._read_header()
        except BaseException:  # cleaned up, and raised on
            self._file.close()
            raise

    def rows(self) -> Iterator[tuple[int, list[Any]]]:
        """Iterate (table number, values) up to the seal; what came before counts only if the iteration ends without an error.

        Raises:
            IntegrityError: damaged, cut off, or not what the header says.
        """
        binary = [_binary_positions(table) for table in self.header.tables]
        counts = [0] * len(self.header.tables)
        while True:
            line = self._next_line()
            if line.startswith(b"{"):
                self._check_seal(line, sum(counts))
                break
            self._digest.update(line)
            table, values = self._row(line)
            counts[table] += 1
            for position in binary[table]:
                values[position] = _bytes(values[position])
            yield table, values
        if counts != [table.rows for table in self.header.tables]:
            raise IntegrityError("the backup does not have the rows that its header names", remedy=_DAMAGED)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()

    def _read_header(self) -> Header:
        line = self._next_line()
        self._digest.update(line)
        try:
            probe = msgspec.json.decode(line, type=dict[str, Any])
            if probe.get("format") != FORMAT:
                raise IntegrityError("the file is not a ringwall backup")
            if probe.get("formatVersion") not in {FORMAT_VERSION, FORMAT_WITH_FILES}:
                raise IntegrityError("the backup has a format that this release does not know", remedy="install the release that wrote it")
            return msgspec.json.decode(line, type=Header)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise IntegrityError("the file is not a ringwall backup") from None

    def _next_line(self) -> bytes:
        try:
            line = self._file.readline(_LINE_BYTES)
        except (OSError, EOFError, zlib.error):
            raise IntegrityError("the backup is damaged, cut off, or no backup", remedy=_DAMAGED) from None
        if not line.endswith(b"\n"):
            raise IntegrityError("the backup is damaged, cut off, or no backup", remedy=_DAMAGED)
        return line

    def _row(self, line: bytes) -> tuple[int, list[Any]]:
        try:
            table, *values = msgspec.json.decode(line, type=list[Any])
        except (msgspec.DecodeError, UnicodeDecodeError, ValueError):
            raise IntegrityError("a row of the backup cannot be read", remedy=_DAMAGED) from None
        tables = self.header.tables
        if type(table) is not int or not 0 <= table < len(tables) or len(values) != len(tables[table].columns):
            raise IntegrityError("a row of the backup does not fit its table", remedy=_DAMAGED)
        return table, values

    def _check_seal(self, line: bytes, rows: int) -> None:
        try:
            seal = msgspec.json.decode(line, type=_Seal)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise IntegrityError("the backup's seal cannot be read", remedy=_DAMAGED) from None
        try:
            rest = self._file.read(1)
        except (OSError, EOFError, zlib.error):
            rest = b"?"
        if rest or seal.sha256 != self._digest.hexdigest() or seal.rows != rows:
            raise IntegrityError("the backup's seal does not fit its rows", remedy=_DAMAGED)


Progress = Callable[[int, int], None]
"""Called with the number of rows done and of all rows."""


def _binary_positions(table: TableHeading) -> tuple[int, ...]:
    return tuple(position for position, column in enumerate(table.columns) if column in table.binary)


def _bytes(value: object) -> bytes:
    if not isinstance(value, str):
        raise IntegrityError("a row of the backup does not fit its table", remedy=_DAMAGED)
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error:
        raise IntegrityError("a row of the backup cannot be read", remedy=_DAMAGED) from None


def _unwritable(target: Path, error: OSError) -> DependencyError:
    return DependencyError(
        f"`{target}` cannot be written: {error.strerror}", remedy="check the directory, its permissions and the free space"
    )
