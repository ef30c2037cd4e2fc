"""What fits into the storage; over a limit a change is refused before anything is written."""

from __future__ import annotations

from typing import Final

from ringwall.errors import InvalidRequest, LimitExceeded
from ringwall.storage.ports import Change, Delete, Document, Sealing

NAME_BYTES: Final = 128  # account ids, kinds, log names
ID_BYTES: Final = 1024  # document ids and keys: PostgreSQL's index rows hold 2,704 bytes
BODY_BYTES: Final = 16 * 1024 * 1024
LEAF_BYTES: Final = 65_535  # tlog-tiles stores an entry's length in two bytes
ERASABLE_BYTES: Final = 16 * 1024 * 1024
CHANGES: Final = 1_000  # in one `apply`
BATCH_ENTRIES: Final = 10_000  # in one `append_all` or `leaves`
TILE_BYTES: Final = 8_192
NOTE_BYTES: Final = 1024 * 1024
LEASE_MS: Final = 3_600_000
PAGE_DOCUMENTS: Final = 10_000  # in one `list`


def check_name(text: str, what: str, limit_bytes: int = NAME_BYTES, *, may_be_empty: bool = False) -> None:
    """Refuse a name that one of the databases could not hold.

    Raises:
        InvalidRequest: empty, with a NUL, or not encodable as UTF-8.
        LimitExceeded: too long.
    """
    if text.isascii():
        size = len(text)
    else:
        try:
            size = len(text.encode())
        except UnicodeEncodeError:
            raise InvalidRequest(f"the {what} holds a lone surrogate") from None
    if size > limit_bytes:
        raise LimitExceeded(f"the {what} is longer than {limit_bytes} bytes", size=size)
    if (not text and not may_be_empty) or "\0" in text:
        raise InvalidRequest(f"the {what} is empty or holds a NUL character")


def check_document(document: Document) -> int:
    """Refuse a document that does not fit; return its approximate size in bytes."""
    check_identifiers(document.account_id, document.kind, document.id)
    check_name(document.key, "document key", ID_BYTES, may_be_empty=True)
    if len(document.body) > BODY_BYTES:
        raise LimitExceeded(f"the document is larger than {BODY_BYTES} bytes", size=len(document.body))
    _check_count(document.expires_at, "expiry")
    _check_count(document.revision, "revision")
    return len(document.body) + 256


def check_identifiers(account_id: str, kind: str, id: str) -> None:
    """Refuse identifiers that one of the databases could not hold."""
    check_name(account_id, "account id")
    check_name(kind, "document kind")
    check_name(id, "document id", ID_BYTES)


def check_changes(changes: tuple[Change, ...]) -> int:
    """Refuse a batch that does not fit; return its approximate size in bytes."""
    if len(changes) > CHANGES:
        raise LimitExceeded(f"more than {CHANGES} changes in one batch", changes=len(changes))
    size = 0
    for change in changes:
        if isinstance(change, Delete):
            check_identifiers(change.account_id, change.kind, change.id)
            _check_count(change.revision, "revision")
            size += 256
        else:
            size += check_document(change.document)
    return size


def check_entry(log: str, account_id: str, leaf: bytes, erasable: bytes) -> int:
    """Refuse a log entry that does not fit; return its approximate size in bytes."""
    check_name(log, "log name")
    check_name(account_id, "account id")
    if len(leaf) > LEAF_BYTES:
        raise LimitExceeded(f"the leaf is larger than {LEAF_BYTES} bytes", size=len(leaf))
    if len(erasable) > ERASABLE_BYTES:
        raise LimitExceeded(f"the erasable part is larger than {ERASABLE_BYTES} bytes", size=len(erasable))
    return len(leaf) + len(erasable) + 128


def check_batch(log: str, account_id: str, leaves: tuple[bytes, ...]) -> int:
    """Refuse a batch of entries that does not fit; return its approximate size in bytes."""
    check_name(log, "log name")
    check_name(account_id, "account id")
    if not 0 < len(leaves) <= BATCH_ENTRIES:
        raise LimitExceeded(f"a batch has 1 to {BATCH_ENTRIES} entries", entries=len(leaves))
    longest = max(map(len, leaves))
    if longest > LEAF_BYTES:
        raise LimitExceeded(f"the leaf is larger than {LEAF_BYTES} bytes", size=longest)
    return sum(map(len, leaves)) + 128 * len(leaves)


def check_sealing(sealing: Sealing) -> int:
    """Refuse a step of a tree's growth that is none; return its approximate size in bytes."""
    check_name(sealing.log, "log name")
    check_name(sealing.holder, "holder")
    if not 0 <= sealing.old_size < sealing.size < 2**62 or not 0 <= sealing.ttl_ms <= LEASE_MS:
        raise InvalidRequest("a tree grows by at least one leaf, under a lease", old_size=sealing.old_size, size=sealing.size)
    if not 0 < len(sealing.note) <= NOTE_BYTES or any(not 0 < len(tile.data) <= TILE_BYTES for tile in sealing.tiles):
        raise LimitExceeded("a checkpoint has up to 1 MiB and a tile 8,192 bytes")
    return len(sealing.note) + sum(len(tile.data) + 128 for tile in sealing.tiles) + 256


def _check_count(value: int, what: str) -> None:
    if not 0 <= value < 2**62:
        raise InvalidRequest(f"the document's {what} is no number that the databases hold")
