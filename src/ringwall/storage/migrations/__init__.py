"""How a database of any released schema becomes one of this release: run by Alembic, only forwards."""
