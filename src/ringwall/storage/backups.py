"""Backup and restore: all rows of one consistent moment, and the frozen shards, in one file, which fits either database.

A backup is taken while ringwall runs: it reads in one transaction that sees one moment (SQLite: a read transaction over the write-ahead
log; PostgreSQL: REPEATABLE READ), and stops nobody from writing. It has sealed secrets and no root key: without the root key's own copy
the secrets in it cannot be opened (docs/operations/backup.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, LargeBinary, MetaData, Table, func, select
from sqlalchemy.exc import SQLAlchemyError

from ringwall import __version__
from ringwall.errors import Conflict, IntegrityError, SettingsError
from ringwall.storage.archive import FORMAT, FORMAT_VERSION, FORMAT_WITH_FILES, ArchiveReader, ArchiveWriter, Header, Progress, TableHeading
from ringwall.storage.driver_errors import translate
from ringwall.storage.frozen_files import FROZEN_FILES, Folders, FrozenDrafts, frozen_files, frozen_heading, is_frozen_heading
from ringwall.storage.location import Location, make_engine
from ringwall.storage.migrate import VERSION_TABLE, bring_to, current_revision, exclusive, known_revisions
from ringwall.storage.schema import HEAD
from ringwall.storage.statements import statements_for
from ringwall.vocabulary import Clock

_ROWS_AT_ONCE: Final = 500


class BackupSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What was backed up or restored; `rows` by table."""

    schema: str
    created_at: str
    rows: dict[str, int]


def backup(
    url_or_dir: str | Path, target: Path, *, clock: Clock, progress: Progress | None = None, frozen: Folders | None = None
) -> BackupSummary:
    """Write everything that is committed now to a file. Blocks; works beside a running ringwall.

    Args:
        url_or_dir: as `open_storage` takes it.
        target: a file that does not exist yet; made readable to its owner only.
        clock: for the date in the header.
        progress: called with rows done and rows in all.
        frozen: where the frozen shards of each log lie, which then are in the backup, too.

    Raises:
        SettingsError: there is no ringwall database, or one that is newer than this release.
        Conflict: the target exists.
        IntegrityError: a frozen shard is missing or damaged; there is no backup without it.
        DependencyError: the database does not answer, or the file cannot be written.
    """
    location = Location.parse(url_or_dir)
    if location.file is not None and not location.file.exists():
        raise SettingsError(f"there is no database at `{location.shown}`", remedy="name the data directory of an existing ringwall")
    engine = make_engine(location, connections=1)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql(statements_for(location.dialect).begin_snapshot)
            try:
                return _write_archive(connection, target, clock, progress, frozen or {})
            finally:
                connection.exec_driver_sql("ROLLBACK")
    except SQLAlchemyError as error:
        raise translate(error) from None
    finally:
        engine.dispose()


def restore(source: Path, url_or_dir: str | Path, *, progress: Progress | None = None, frozen: Folders | None = None) -> BackupSummary:
    """Fill an empty place from a backup, and bring it to this release's schema: all or nothing. Blocks.

    Args:
        source: a file that `backup` wrote, from this or an older release.
        url_or_dir: as `open_storage` takes it; without any table.
        progress: called with rows done and rows in all.
        frozen: where the frozen shards of each log belong.

    Raises:
        Conflict: the target is not empty, or the backup has frozen shards and no empty folder is named for them.
        IntegrityError: the file is damaged or cut off; nothing was restored.
        SettingsError: the backup is newer than this release.
        DependencyError: the file or the database does not answer.
    """
    with ArchiveReader(source) as archive:
        if archive.header.schema not in known_revisions():
            raise SettingsError(
                f"the backup has schema `{archive.header.schema}`, which is newer than this release knows ({HEAD})",
                remedy=f"restore it with release {archive.header.release} or later",
            )
        location = Location.parse(url_or_dir)
        created = location.file is not None and not location.file.exists()
        drafts = FrozenDrafts(frozen or {})
        engine = make_engine(location, connections=1)
        try:
            with engine.connect() as connection, exclusive(connection):
                _read_archive(connection, archive, drafts, progress)
                drafts.put_in_place()
        except BaseException as error:  # cleaned up, and raised on
            engine.dispose()
            drafts.discard()
            if created and location.file is not None:
                _remove_database(location.file)
            if isinstance(error, SQLAlchemyError):
                raise translate(error) from None
            raise
        engine.dispose()
    return BackupSummary(
        schema=archive.header.schema,
        created_at=archive.header.created_at,
        rows={table.name: table.rows for table in archive.header.tables},
    )


def _write_archive(connection: Connection, target: Path, clock: Clock, progress: Progress | None, folders: Folders) -> BackupSummary:
    schema = current_revision(connection)
    if schema not in known_revisions():
        raise SettingsError(
            "there is no ringwall database here"
            if schema is None
            else f"the database has schema `{schema}`, newer than this release knows",
            remedy="use the release that runs on this database",
        )
    tables = _reflect(connection)
    by_name = {table.name: table for table in tables}
    files = frozen_heading(connection, by_name, folders)
    headings = (*(_heading(connection, table) for table in tables), *([files] if files else []))
    total = sum(heading.rows for heading in headings)
    created_at = clock().isoformat(timespec="seconds")
    header = Header(
        format=FORMAT,
        format_version=FORMAT_WITH_FILES if files else FORMAT_VERSION,
        schema=schema,
        release=__version__,
        created_at=created_at,
        root_key="separate",
        tables=headings,
    )
    done = 0
    with ArchiveWriter(target, header) as archive:
        rows = ((number, row) for number, table in enumerate(tables) for row in _stream(connection, table))
        frozen = ((len(tables), file) for file in frozen_files(connection, by_name, folders))
        for number, values in chain(rows, frozen):
            archive.add(number, values)
            done += 1
            if progress is not None and (done % _ROWS_AT_ONCE == 0 or done == total):
                progress(done, total)
    return BackupSummary(schema=schema, created_at=created_at, rows={heading.name: heading.rows for heading in headings})


def _read_archive(connection: Connection, archive: ArchiveReader, drafts: FrozenDrafts, progress: Progress | None) -> None:
    if _reflect(connection) or current_revision(connection) is not None:
        raise Conflict("the place to restore to is not empty", remedy="name an empty directory or an empty database")
    headings, files = _headings(archive.header)
    if files is not None:
        drafts.refuse_what_is_there()
    bring_to(connection, archive.header.schema)
    tables = _matching_tables(_reflect(connection), headings)
    for table in reversed(tables):
        connection.execute(table.delete())  # rows that the migrations made
    total = sum(heading.rows for heading in archive.header.tables)
    done = 0
    rows = archive.rows()
    rows_left = sum(heading.rows for heading in headings)
    while batch := list(islice(rows, max(1, min(_ROWS_AT_ONCE, rows_left)))):  # a frozen file alone: it may be large
        rows_left -= len(batch)
        for number, values in _by_table(batch, archive.header.tables):
            if number == len(tables):
                for each in values:
                    drafts.add(tuple(each.values()))
            else:
                connection.execute(tables[number].insert(), values)
        done += len(batch)
        if progress is not None and (done % _ROWS_AT_ONCE == 0 or done == total or len(batch) > 1):
            progress(done, total)
    by_name = {table.name: table for table in tables}
    _check_logs(connection, by_name)
    drafts.check(connection, by_name)
    bring_to(connection, HEAD)


def _headings(header: Header) -> tuple[tuple[TableHeading, ...], TableHeading | None]:
    """Return the headings of the tables, and that of the frozen files."""
    *tables, last = header.tables or (None,)
    has_files = last is not None and last.name == FROZEN_FILES
    if has_files != (header.format_version == FORMAT_WITH_FILES) or (last is not None and has_files and not is_frozen_heading(last)):
        raise IntegrityError("the backup has no frozen files, or does not say so", remedy="use another copy of the backup")
    return (tuple(tables), last) if has_files else (header.tables, None)


def _reflect(connection: Connection) -> list[Table]:
    """Return the tables that are there, referenced ones before those that refer to them."""
    found = MetaData()
    found.reflect(connection)
    return [table for table in found.sorted_tables if table.name != VERSION_TABLE]


def _heading(connection: Connection, table: Table) -> TableHeading:
    return TableHeading(
        name=str(table.name),
        columns=tuple(str(column.name) for column in table.columns),
        binary=tuple(str(column.name) for column in table.columns if isinstance(column.type, LargeBinary)),
        rows=connection.execute(select(func.count()).select_from(table)).scalar_one(),
    )


def _stream(connection: Connection, table: Table) -> Iterator[Sequence[object]]:
    """Iterate a table in the order of its primary key, a bounded number of rows in memory."""
    ordered = select(table).order_by(*table.primary_key.columns)
    for row in connection.execute(ordered, execution_options={"stream_results": True, "yield_per": _ROWS_AT_ONCE}):
        yield tuple(row)


def _matching_tables(tables: Sequence[Table], headings: Sequence[TableHeading]) -> list[Table]:
    """Return the tables of the headings, in their order; the file's names never reach a statement unchecked."""
    known = {table.name: table for table in tables}
    if set(known) != {heading.name for heading in headings} or len(known) != len(headings):
        raise IntegrityError("the backup does not have the tables of its schema", remedy="use another copy of the backup")
    for heading in headings:
        columns = known[heading.name].columns
        binary = {column.name for column in columns if isinstance(column.type, LargeBinary)}
        if {column.name for column in columns} != set(heading.columns) or binary != set(heading.binary):
            raise IntegrityError(f"the backup does not have the columns of `{heading.name}`", remedy="use another copy of the backup")
    return [known[heading.name] for heading in headings]


def _by_table(batch: Sequence[tuple[int, list[Any]]], headings: Sequence[TableHeading]) -> Iterator[tuple[int, list[Mapping[str, Any]]]]:
    """Cut a batch into runs of one table."""
    run: list[Mapping[str, Any]] = []
    current = batch[0][0]
    for number, values in batch:
        if number != current:
            yield current, run
            current, run = number, []
        run.append(dict(zip(headings[number].columns, values, strict=True)))
    yield current, run


def _check_logs(connection: Connection, tables: Mapping[str, Table]) -> None:
    """Refuse a backup whose logs have gaps: a seal says that the file is whole, not that it was made from a sound database."""
    log, entry = tables["log"], tables["log_entry"]
    counted = (
        select(log.c.name, log.c.size, func.count(entry.c.position), func.coalesce(func.max(entry.c.position), -1))
        .outerjoin(entry, entry.c.log_id == log.c.id)
        .group_by(log.c.id, log.c.name, log.c.size)
    )
    frozen = _frozen_entries(connection, tables)
    for name, size, rows, last in connection.execute(counted):
        if not size == rows + frozen.get(name, 0) == max(last + 1, frozen.get(name, 0)):
            raise IntegrityError(f"the log `{name}` has gaps in this backup", remedy="use another copy of the backup")


def _frozen_entries(connection: Connection, tables: Mapping[str, Table]) -> dict[str, int]:
    """Return by log how many of the first entries were moved out of the database; none in schemas before trees."""
    if "log_seal" not in tables:
        return {}
    log, seal = tables["log"], tables["log_seal"]
    found = connection.execute(select(log.c.name, seal.c.first).join(seal, seal.c.log_id == log.c.id))
    return {str(row[0]): int(row[1]) for row in found}


def _remove_database(file: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)
