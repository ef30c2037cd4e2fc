"""What each code of a driver means to a caller; nothing of the driver's own text is shown."""

from __future__ import annotations

import sqlite3

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from ringwall.errors import Bug, Conflict, DependencyError, IntegrityError, RingwallError
from ringwall.storage.driver_errors import is_retryable, translate

SQLITE = {
    "SQLITE_FULL": DependencyError,
    "SQLITE_BUSY": DependencyError,
    "SQLITE_BUSY_SNAPSHOT": DependencyError,
    "SQLITE_LOCKED": DependencyError,
    "SQLITE_IOERR_FSYNC": DependencyError,
    "SQLITE_CANTOPEN_ISDIR": DependencyError,
    "SQLITE_READONLY_DBMOVED": DependencyError,
    "SQLITE_CORRUPT": IntegrityError,
    "SQLITE_CORRUPT_INDEX": IntegrityError,
    "SQLITE_NOTADB": IntegrityError,
    "SQLITE_CONSTRAINT_UNIQUE": Conflict,
    "SQLITE_CONSTRAINT_PRIMARYKEY": Conflict,
    "SQLITE_ERROR": Bug,
    "SQLITE_MISUSE": Bug,
}
SQLSTATES = {
    "08006": DependencyError,
    "53100": DependencyError,
    "53300": DependencyError,
    "57P01": DependencyError,
    "57014": DependencyError,
    "55P03": DependencyError,
    "40001": DependencyError,
    "40P01": DependencyError,
    "25006": DependencyError,
    "28P01": DependencyError,
    "3D000": DependencyError,
    "42501": DependencyError,
    "58030": DependencyError,
    "XX001": IntegrityError,
    "XX002": IntegrityError,
    "23505": Conflict,
    "42601": Bug,
    "22021": Bug,
}


def of_sqlite(name: str) -> Exception:
    error = sqlite3.OperationalError("UNIQUE constraint failed: secret")
    error.sqlite_errorname = name
    return error


def of_postgresql(state: str) -> Exception:
    return psycopg.errors.lookup(state)("duplicate key value: secret")


CASES = [pytest.param(of_sqlite(name), meaning, id=name) for name, meaning in SQLITE.items()]
CASES += [pytest.param(of_postgresql(state), meaning, id=state) for state, meaning in SQLSTATES.items()]
CASES += [
    pytest.param(psycopg.OperationalError("connection refused: secret"), DependencyError, id="a connection that never was"),
    pytest.param(sqlite3.ProgrammingError("secret"), Bug, id="a misuse of the driver"),
    pytest.param(OperationalError("SELECT secret", {}, of_sqlite("SQLITE_FULL")), DependencyError, id="inside SQLAlchemy's wrapper"),
    pytest.param(OverflowError("secret"), Bug, id="a value that no driver takes"),
]


@pytest.mark.parametrize(("error", "meaning"), CASES)
def test_meaning(error: Exception, meaning: type[RingwallError]) -> None:
    translated = translate(error)
    assert type(translated) is meaning
    assert "secret" not in f"{translated} {translated.facts} {translated.how_to_mend}"
    if meaning in {DependencyError, IntegrityError}:
        assert translated.how_to_mend


@pytest.mark.parametrize(("state", "retryable"), [("40001", True), ("40P01", True), ("23505", False), ("08006", False)])
def test_only_what_the_database_itself_rolled_back_is_tried_again(state: str, retryable: bool) -> None:
    assert is_retryable(of_postgresql(state)) is retryable
    assert not is_retryable(of_sqlite("SQLITE_BUSY"))
