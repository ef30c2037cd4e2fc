"""The Merkle trees over the logs: what was sealed by whom, tiles, and signed checkpoints."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def _text() -> sa.types.TypeEngine[str]:
    return sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables; the logs that are there already are sealed by the first sequencer that runs."""
    op.create_table(
        "log_seal",
        sa.Column("log_id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("first", sa.BigInteger, nullable=False),
        sa.Column("holder", _text(), nullable=False),
        sa.Column("fence", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("log_id", name="pk_log_seal"),
        sa.ForeignKeyConstraint(["log_id"], ["log.id"], name="fk_log_seal_log"),
        sa.CheckConstraint("size >= first AND first >= 0", name="ck_log_seal_size"),
    )
    op.create_table(
        "log_tile",
        sa.Column("log_id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("level", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("position", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("log_id", "level", "position", name="pk_log_tile"),
        sa.ForeignKeyConstraint(["log_id"], ["log.id"], name="fk_log_tile_log"),
    )
    op.create_table(
        "log_checkpoint",
        sa.Column("log_id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("size", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("sealed_at", sa.BigInteger, nullable=False),
        sa.Column("kept", sa.Integer, nullable=False),
        sa.Column("note", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("log_id", "size", name="pk_log_checkpoint"),
        sa.ForeignKeyConstraint(["log_id"], ["log.id"], name="fk_log_checkpoint_log"),
    )
