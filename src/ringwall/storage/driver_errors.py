"""The one place where a database driver's errors become ringwall's.

Messages never carry the driver's own text: it can quote stored values or the connection's address. The driver's code is a fact instead.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from ringwall.errors import Bug, Conflict, DependencyError, IntegrityError, RingwallError

_SQLITE: Final[dict[str, tuple[type[RingwallError], str, str]]] = {
    "SQLITE_FULL": (DependencyError, "the disk is full", "free space on the disk that holds the data directory"),
    "SQLITE_BUSY": (DependencyError, "the database is locked by another process", "stop the other process, or wait until it is done"),
    "SQLITE_LOCKED": (DependencyError, "the database is locked", "stop the other process, or wait until it is done"),
    "SQLITE_IOERR": (DependencyError, "the disk does not answer", "check the disk that holds the data directory"),
    "SQLITE_CANTOPEN": (DependencyError, "the database file cannot be opened", "check that the data directory exists and is yours"),
    "SQLITE_READONLY": (DependencyError, "the database file cannot be written", "check the permissions of the data directory"),
    "SQLITE_PERM": (DependencyError, "the database file cannot be opened", "check the permissions of the data directory"),
    "SQLITE_NOMEM": (DependencyError, "the database is out of memory", "give the process more memory"),
    "SQLITE_PROTOCOL": (DependencyError, "the database file cannot be locked", "put the data directory on a local disk"),
    "SQLITE_CORRUPT": (IntegrityError, "the database file is damaged", "stop ringwall and restore a backup"),
    "SQLITE_NOTADB": (IntegrityError, "the database file is not a database", "stop ringwall and restore a backup"),
    "SQLITE_CONSTRAINT": (Conflict, "the resource exists already", ""),
}

# Classes and codes of PostgreSQL's SQLSTATE (PostgreSQL 15 documentation, appendix A).
_SQLSTATE: Final[tuple[tuple[str, type[RingwallError], str, str], ...]] = (
    ("XX001", IntegrityError, "the database is damaged", "stop ringwall and restore a backup"),
    ("XX002", IntegrityError, "an index of the database is damaged", "reindex it, or restore a backup"),
    ("23", Conflict, "the resource exists already", ""),
    ("53100", DependencyError, "the database's disk is full", "free space on the database server"),
    ("53", DependencyError, "the database has no resources left", "raise its limits or lower the number of connections"),
    ("08", DependencyError, "the connection to the database is lost", "check that the database server runs and can be reached"),
    ("57", DependencyError, "the database stopped the statement", "check the database server's log"),
    ("55P03", DependencyError, "the database is locked by another process", "wait until the other process is done"),
    ("40", DependencyError, "the database gave up the transaction", "try again"),
    ("25006", DependencyError, "the database is read-only", "connect to the primary server"),
    ("28", DependencyError, "the database refuses the user or the password", "check the storage URL"),
    ("3D000", DependencyError, "the database does not exist", "create it, or correct the storage URL"),
    ("42501", DependencyError, "the database user lacks a permission", "grant it the rights named in docs/operations/postgres.md"),
    ("58", DependencyError, "the database server's system failed", "check the database server's log"),
)

_RETRYABLE: Final = ("40001", "40P01")


def translate(error: Exception) -> RingwallError:
    """Return the ringwall error that says what a driver's error means."""
    original = getattr(error, "orig", None)  # SQLAlchemy's wrapper
    if isinstance(original, Exception):
        return translate(original)
    if isinstance(error, sqlite3.Error):
        return _of_sqlite(error)
    return _of_postgresql(error)


def is_retryable(error: Exception) -> bool:
    """Say whether the database rolled the transaction back for the sake of another one, so that it may be tried again."""
    return getattr(error, "sqlstate", None) in _RETRYABLE


def _of_sqlite(error: sqlite3.Error) -> RingwallError:
    name: str = getattr(error, "sqlite_errorname", "")
    for primary, (kind, message, remedy) in _SQLITE.items():
        if name == primary or name.startswith(primary + "_"):
            return kind(message, remedy=remedy, driver_code=name)
    return Bug("the database refused a statement", driver_code=name or type(error).__name__)


def _of_postgresql(error: Exception) -> RingwallError:
    state: str = getattr(error, "sqlstate", None) or ""
    for prefix, kind, message, remedy in _SQLSTATE:
        if state.startswith(prefix):
            return kind(message, remedy=remedy, driver_code=state)
    if not state and type(error).__name__ in {"OperationalError", "InterfaceError", "ConnectionTimeout", "TimeoutError"}:
        return DependencyError(
            "the connection to the database is lost",
            remedy="check that the database server runs and can be reached",
            driver_code=type(error).__name__,
        )
    return Bug("the database refused a statement", driver_code=state or type(error).__name__)
