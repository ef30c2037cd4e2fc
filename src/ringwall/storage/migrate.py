"""Bring a database to this release's schema, or refuse it: under a lock, in one transaction, only forwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from ringwall.errors import SettingsError
from ringwall.storage.driver_errors import translate
from ringwall.storage.schema import HEAD

VERSION_TABLE: Final = "alembic_version"
_SCRIPTS: Final = Path(__file__).parent / "migrations"
_LOCK: Final = 0x72696E67_77616C6C  # "ringwall", the number of PostgreSQL's advisory lock


def migrate(engine: Engine) -> None:
    """Bring the database to HEAD.

    Raises:
        SettingsError: the schema is newer than this release, or the tables are somebody else's.
        DependencyError: the database does not answer.
    """
    try:
        with engine.connect() as connection:
            if current_revision(connection) == HEAD:
                return
            with exclusive(connection):
                bring_to(connection, HEAD)
    except DBAPIError as error:
        raise translate(error) from None


def current_revision(connection: Connection) -> str | None:
    """Return the revision that a database is at; None for one without our tables."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    revision: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return revision


@contextmanager
def exclusive(connection: Connection) -> Iterator[None]:
    """Run a block as the only writer of the schema, in one transaction."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql("BEGIN")
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")  # a large table may take its time
        connection.exec_driver_sql("SET LOCAL lock_timeout = '120s'")
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    try:
        yield
    except BaseException:  # cleaned up, and raised on
        with suppress(SQLAlchemyError):  # a lost connection rolls back by itself, and the first error is the one to tell
            connection.exec_driver_sql("ROLLBACK")
        raise
    connection.exec_driver_sql("COMMIT")


def known_revisions() -> frozenset[str]:
    """Return the revisions that this release can bring to HEAD."""
    from alembic.script import ScriptDirectory

    return frozenset(script.revision for script in ScriptDirectory(str(_SCRIPTS)).walk_revisions())


def bring_to(connection: Connection, revision: str) -> None:
    """Run the migrations up to a revision inside the caller's transaction.

    Raises:
        SettingsError: as `migrate`.
    """
    found = current_revision(connection)  # again: another process may have migrated while this one waited for the lock
    if found == revision:
        return
    # Imported here: a start on a database that is up to date has no use for Alembic.
    from alembic import command
    from alembic.config import Config

    if found is None:
        _refuse_foreign_tables(connection)
    elif found not in known_revisions():
        raise SettingsError(
            f"the database has schema `{found}`, which is newer than this release knows ({HEAD})",
            remedy="install the release that wrote it, or restore a backup into an empty database",
        )
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _refuse_foreign_tables(connection: Connection) -> None:
    tables = inspect(connection).get_table_names()
    if tables:
        raise SettingsError(
            "the database holds tables that are not ringwall's", remedy="give ringwall a database of its own", tables=sorted(tables)[:5]
        )
