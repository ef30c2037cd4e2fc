"""Where the data are: a directory (SQLite inside it) or a PostgreSQL URL, and the engine that reaches them."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from ringwall.errors import SettingsError
from ringwall.storage.private_folder import make_private

FILE_NAME: Final = "ringwall.db"
BUSY_TIMEOUT_S: Final = 10
_OLDEST_SQLITE: Final = (3, 35, 0)  # RETURNING
_PRAGMAS: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",  # what is deleted or shredded is overwritten, not only unlinked
    "PRAGMA temp_store = MEMORY",
)
_POSTGRESQL_CONNECTION: Final[dict[str, object]] = {
    # What the URL says goes first. A server that vanished without a word is noticed within half a minute.
    "connect_timeout": 5,
    "application_name": "ringwall",
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
_POSTGRESQL_SETTINGS: Final = (
    # An acknowledged write must survive a crash: a server that is set to acknowledge early is overruled, a stricter one is left alone.
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
    "SET lock_timeout = '10s'",
    "SET statement_timeout = '60s'",
    "SET idle_in_transaction_session_timeout = '60s'",
)


@dataclass(frozen=True, slots=True)
class Location:
    """Which database, and where.

    shown: the location without a password, fit for messages.
    """

    dialect: Literal["sqlite", "postgresql"]
    url: URL
    shown: str

    @classmethod
    def parse(cls, url_or_dir: str | Path) -> Location:
        """Read a directory or a URL.

        Raises:
            SettingsError: neither a directory nor a URL of a database that ringwall supports.
        """
        text = str(url_or_dir)
        if "://" not in text:
            path = Path(text).expanduser().absolute() / FILE_NAME
            return cls("sqlite", URL.create("sqlite+pysqlite", database=str(path)), str(path))
        try:
            url = make_url(text)
        except (ArgumentError, ValueError):
            raise SettingsError("the storage URL cannot be read", remedy=_REMEDY) from None
        if url.get_backend_name() not in {"postgresql", "postgres"}:
            raise SettingsError(f"`{url.get_backend_name()}` is not a database that ringwall can store in", remedy=_REMEDY)
        url = url.set(drivername="postgresql+psycopg")
        return cls("postgresql", url, url.render_as_string(hide_password=True))

    @property
    def file(self) -> Path | None:
        """The SQLite file; None for PostgreSQL."""
        return Path(self.url.database or "") if self.dialect == "sqlite" else None


_REMEDY: Final = "give a directory, or postgresql://USER@HOST/DATABASE"


def make_engine(location: Location, *, connections: int) -> Engine:
    """Make the pool of connections to a location; every one of them is in autocommit, transactions are begun by name.

    Raises:
        SettingsError: the SQLite library is too old, or the file cannot be made.
    """
    if location.dialect == "sqlite":
        return _sqlite_engine(location, connections)
    return _postgresql_engine(location, connections)


def _sqlite_engine(location: Location, connections: int) -> Engine:
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        raise SettingsError(
            f"SQLite {sqlite3.sqlite_version} is too old", remedy="use a Python that is linked with SQLite 3.35 or later, or PostgreSQL"
        )
    _make_private_file(Path(location.url.database or ""))
    engine = create_engine(
        location.url,
        isolation_level="AUTOCOMMIT",
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
        pool_reset_on_return=None,
        connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT_S, "cached_statements": 256},
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        _run_each(connection, _PRAGMAS)

    return engine


def _postgresql_engine(location: Location, connections: int) -> Engine:
    engine = create_engine(
        location.url,
        isolation_level="AUTOCOMMIT",
        pool_size=connections,
        max_overflow=0,
        pool_reset_on_return=None,
        pool_pre_ping=True,
        pool_timeout=10,
        connect_args={name: value for name, value in _POSTGRESQL_CONNECTION.items() if name not in location.url.query},
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        _run_each(connection, _POSTGRESQL_SETTINGS)

    return engine


def _run_each(connection: DBAPIConnection, statements: tuple[str, ...]) -> None:
    cursor = connection.cursor()
    try:
        for statement in statements:
            cursor.execute(statement)
    finally:
        cursor.close()


def _make_private_file(path: Path) -> None:
    """Create the file for its owner alone: SQLite gives its log and index files the same permissions."""
    try:
        make_private(path.parent)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise SettingsError(
            f"`{path}` cannot be written: {error.strerror}", remedy="choose another data directory, or correct its permissions"
        ) from None


def refuse_early_acknowledgement(engine: Engine) -> None:
    """Refuse a PostgreSQL server that does not flush what it acknowledges.

    Raises:
        SettingsError: the server runs with `fsync = off`.
        DependencyError: the server does not answer.
    """
    if engine.dialect.name != "postgresql":
        return
    with engine.connect() as connection:
        if connection.exec_driver_sql("SHOW fsync").scalar() == "off":
            raise SettingsError(
                "the PostgreSQL server runs with `fsync = off`: a crash would lose acknowledged records", remedy="set fsync = on"
            )
