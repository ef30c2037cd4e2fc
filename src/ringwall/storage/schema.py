"""The tables, as this release knows them; `migrations/versions` holds how a database gets there.

Text columns compare by code point on both databases (SQLite does so by itself, PostgreSQL by collation "C"), so that `list` has one order.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text, UniqueConstraint
from sqlalchemy.types import TypeEngine

HEAD: Final = "0002"
"""The revision this code works on: the last file of migrations/versions (a test compares the two)."""


def code_point_text() -> TypeEngine[str]:
    """Return a text type that is ordered by code point."""
    return Text().with_variant(Text(collation="C"), "postgresql")


metadata = MetaData()

document = Table(
    "document",
    metadata,
    Column("account_id", code_point_text(), primary_key=True),
    Column("kind", code_point_text(), primary_key=True),
    Column("id", code_point_text(), primary_key=True),
    Column("key", code_point_text(), nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    CheckConstraint("revision >= 1", name="ck_document_revision"),
)
Index(
    "document_key",
    document.c.kind,
    document.c.key,
    unique=True,
    sqlite_where=document.c.key != "",
    postgresql_where=document.c.key != "",
)
Index("document_expiry", document.c.expires_at, sqlite_where=document.c.expires_at > 0, postgresql_where=document.c.expires_at > 0)

log = Table(
    "log",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", code_point_text(), nullable=False),
    Column("size", BigInteger, nullable=False),
    UniqueConstraint("name", name="uq_log_name"),
    CheckConstraint("size >= 0", name="ck_log_size"),
)

log_entry = Table(
    "log_entry",
    metadata,
    Column("log_id", Integer, ForeignKey("log.id", name="fk_log_entry_log"), primary_key=True, autoincrement=False),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("account_id", code_point_text(), nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("leaf", LargeBinary, nullable=False),
    Column("erasable", LargeBinary, nullable=False),
    CheckConstraint("position >= 0", name="ck_log_entry_position"),
)
Index("log_entry_account", log_entry.c.account_id, log_entry.c.log_id, log_entry.c.position)

log_seal = Table(
    "log_seal",
    metadata,
    Column("log_id", Integer, ForeignKey("log.id", name="fk_log_seal_log"), primary_key=True, autoincrement=False),
    Column("size", BigInteger, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("holder", code_point_text(), nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    CheckConstraint("size >= first AND first >= 0", name="ck_log_seal_size"),
)

log_tile = Table(
    "log_tile",
    metadata,
    Column("log_id", Integer, ForeignKey("log.id", name="fk_log_tile_log"), primary_key=True, autoincrement=False),
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("data", LargeBinary, nullable=False),
)

log_checkpoint = Table(
    "log_checkpoint",
    metadata,
    Column("log_id", Integer, ForeignKey("log.id", name="fk_log_checkpoint_log"), primary_key=True, autoincrement=False),
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("sealed_at", BigInteger, nullable=False),
    Column("kept", Integer, nullable=False),
    Column("note", LargeBinary, nullable=False),
)

generation = Table(
    "generation",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("value", BigInteger, nullable=False),
    CheckConstraint("id = 1", name="ck_generation_single"),
)
