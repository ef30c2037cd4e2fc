"""The statements of queries.sql in the two drivers' ways of naming parameters.

The text goes straight to the driver: SQLAlchemy's own execution would cost more than the statements do (docs/decisions/0003).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from itertools import chain
from typing import Final, Literal

DialectName = Literal["sqlite", "postgresql"]
Filled = tuple[str, tuple[object, ...]]
"""A statement and its values."""

_ENTRY_COLUMNS: Final = "log_id, position, account_id, recorded_at, leaf, erasable"
_HEADING: Final = re.compile(r"^-- (\w+): .+$", re.MULTILINE)
_PARAMETER: Final = re.compile(r":(\w+)")


class Statements:
    """The texts for one database, by name: `statements["get"]`."""

    def __init__(self, dialect: DialectName) -> None:
        self.dialect = dialect
        self.begin = "BEGIN IMMEDIATE" if dialect == "sqlite" else "BEGIN"
        self.begin_snapshot = "BEGIN" if dialect == "sqlite" else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        self._texts = _read_queries(dialect)

    def __getitem__(self, name: str) -> str:
        return self._texts[name]

    def insert_entries(self, log_id: int, first: int, recorded_at: int, entries: Sequence[tuple[str, bytes, bytes]]) -> Filled:
        """Return the statement that inserts neighbouring log entries, given as (account id, leaf, erasable), and its values.

        One statement for many rows, because the SQLite driver gives the interpreter lock away at each step and may wait milliseconds to
        get it back; SQLite takes what the rows have in common once, because handing a value over costs a tenth of the row.
        """
        if self.dialect == "sqlite":
            return _sqlite_entries(len(entries)), (log_id, first, recorded_at, *chain.from_iterable(entries))
        rows = [(log_id, first + at, account_id, recorded_at, leaf, erasable) for at, (account_id, leaf, erasable) in enumerate(entries)]
        return _postgresql_entries(len(rows)), tuple(chain.from_iterable(rows))

    def insert_leaves(self, log_id: int, first: int, recorded_at: int, account_id: str, leaves: Sequence[bytes]) -> Filled:
        """Return the same for one account's entries that have no erasable parts."""
        if self.dialect == "sqlite":
            return _sqlite_leaves(len(leaves)), (log_id, first, recorded_at, account_id, *leaves)
        return self.insert_entries(log_id, first, recorded_at, [(account_id, leaf, b"") for leaf in leaves])


@cache
def statements_for(dialect: DialectName) -> Statements:
    """Return the statements of a database."""
    return Statements(dialect)


@cache
def _sqlite_entries(rows: int) -> str:
    return _insert(f"(?1, ?2 + {at}, ?{3 * at + 4}, ?3, ?{3 * at + 5}, ?{3 * at + 6})" for at in range(rows))


@cache
def _sqlite_leaves(rows: int) -> str:
    return _insert(f"(?1, ?2 + {at}, ?4, ?3, ?{at + 5}, x'')" for at in range(rows))


@cache
def _postgresql_entries(rows: int) -> str:
    return _insert(["(%s, %s, %s, %s, %s, %s)"] * rows)


def _insert(rows: Iterable[str]) -> str:
    return f"INSERT INTO log_entry ({_ENTRY_COLUMNS}) VALUES {', '.join(rows)}"  # noqa: S608 - nothing in it comes from outside


def _read_queries(dialect: DialectName) -> dict[str, str]:
    text = files("ringwall.storage").joinpath("queries.sql").read_text("utf-8")
    parts = _HEADING.split(text)[1:]
    named = {name: body.strip() for name, body in zip(parts[::2], parts[1::2], strict=True)}
    if dialect == "sqlite":
        return named
    return {name: _PARAMETER.sub(r"%(\1)s", body) for name, body in named.items()}
