"""Durable tables, blobs, counters, leases and compare-and-swap; the only room that opens a database.

Two shapes are served: documents with compare-and-swap (a lease is a document that expires, a counter one that is replaced), and
append-only logs with group commit. `open_storage` (`database.py`) gives the same promises (`ports.py`) over SQLite and PostgreSQL.
"""

from ringwall.storage.limits import ERASABLE_BYTES, LEAF_BYTES
from ringwall.storage.ports import (
    Change,
    Delete,
    Document,
    Entry,
    Insert,
    Replace,
    Sealing,
    Storage,
    StoredCheckpoint,
    Tile,
    TreeHead,
    Trees,
)

__all__ = [
    "ERASABLE_BYTES",
    "LEAF_BYTES",
    "Change",
    "Delete",
    "Document",
    "Entry",
    "Insert",
    "Replace",
    "Sealing",
    "Storage",
    "StoredCheckpoint",
    "Tile",
    "TreeHead",
    "Trees",
]
