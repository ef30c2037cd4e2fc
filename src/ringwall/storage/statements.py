"""The statements of queries.sql in the two drivers' ways of naming parameters.

The text goes straight to the driver: SQLAlchemy's own execution would cost more than the statements do (docs/decisions/0003).
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Final, Literal

DialectName = Literal["sqlite", "postgresql"]

ENTRY_COLUMNS: Final = ("log_id", "position", "account_id", "recorded_at", "leaf", "erasable")
_HEADING: Final = re.compile(r"^-- (\w+): .+$", re.MULTILINE)
_PARAMETER: Final = re.compile(r":(\w+)")


class Statements:
    """The texts for one database, by name: `statements["get"]`."""

    def __init__(self, dialect: DialectName) -> None:
        self.dialect = dialect
        self.begin = "BEGIN IMMEDIATE" if dialect == "sqlite" else "BEGIN"
        self.begin_snapshot = "BEGIN" if dialect == "sqlite" else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        self._texts = _read_queries(dialect)
        self._row = "({})".format(", ".join(["?" if dialect == "sqlite" else "%s"] * len(ENTRY_COLUMNS)))

    def __getitem__(self, name: str) -> str:
        return self._texts[name]

    def insert_entries(self, rows: int) -> str:
        """Return the text that inserts so many log entries in one step, its parameters row after row in ENTRY_COLUMNS order.

        One step, because the SQLite driver gives the interpreter lock away at each step and may wait milliseconds to get it back.
        """
        return _insert_entries(self._row, rows)


@cache
def statements_for(dialect: DialectName) -> Statements:
    """Return the statements of a database."""
    return Statements(dialect)


@cache
def _insert_entries(row: str, rows: int) -> str:
    return f"INSERT INTO log_entry ({', '.join(ENTRY_COLUMNS)}) VALUES {', '.join([row] * rows)}"  # noqa: S608 - nothing in it comes from outside


def _read_queries(dialect: DialectName) -> dict[str, str]:
    text = files("ringwall.storage").joinpath("queries.sql").read_text("utf-8")
    parts = _HEADING.split(text)[1:]
    named = {name: body.strip() for name, body in zip(parts[::2], parts[1::2], strict=True)}
    if dialect == "sqlite":
        return named
    return {name: _PARAMETER.sub(r"%(\1)s", body) for name, body in named.items()}
