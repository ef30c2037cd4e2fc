"""What Alembic runs: migrations on the connection that `ringwall.storage.migrate` hands over, inside its locked transaction."""

from __future__ import annotations

from alembic import context

from ringwall.storage.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=False)
context.run_migrations()
