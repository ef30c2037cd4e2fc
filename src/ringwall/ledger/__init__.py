"""The append-only, Merkle-committed record."""
