"""Documents with compare-and-swap, append-only logs, and the counter of document changes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def _text() -> sa.types.TypeEngine[str]:
    return sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the first tables."""
    op.create_table(
        "document",
        sa.Column("account_id", _text(), nullable=False),
        sa.Column("kind", _text(), nullable=False),
        sa.Column("id", _text(), nullable=False),
        sa.Column("key", _text(), nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "kind", "id", name="pk_document"),
        sa.CheckConstraint("revision >= 1", name="ck_document_revision"),
    )
    with_key = sa.text("key <> ''")
    op.create_index("document_key", "document", ["kind", "key"], unique=True, sqlite_where=with_key, postgresql_where=with_key)
    expiring = sa.text("expires_at > 0")
    op.create_index("document_expiry", "document", ["expires_at"], sqlite_where=expiring, postgresql_where=expiring)
    op.create_table(
        "log",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("name", _text(), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_log"),
        sa.UniqueConstraint("name", name="uq_log_name"),
        sa.CheckConstraint("size >= 0", name="ck_log_size"),
    )
    op.create_table(
        "log_entry",
        sa.Column("log_id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("position", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("account_id", _text(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
        sa.Column("leaf", sa.LargeBinary, nullable=False),
        sa.Column("erasable", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("log_id", "position", name="pk_log_entry"),
        sa.ForeignKeyConstraint(["log_id"], ["log.id"], name="fk_log_entry_log"),
        sa.CheckConstraint("position >= 0", name="ck_log_entry_position"),
    )
    op.create_index("log_entry_account", "log_entry", ["account_id", "log_id", "position"])
    op.create_table(
        "generation",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("value", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_generation"),
        sa.CheckConstraint("id = 1", name="ck_generation_single"),
    )
    op.execute("INSERT INTO generation (id, value) VALUES (1, 0)")
