"""What readers of the ledger get."""

from __future__ import annotations

from typing import Any

import msgspec


class RecordedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One record as it is in the ledger.

    event: the leaf: what happened, without persons and addresses.
    erasable: who and from where; None after it was shredded.
    """

    index: int
    recorded_at: int  # Unix milliseconds
    event: dict[str, Any]
    erasable: dict[str, Any] | None


class RecordPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some records of one account, newest first.

    next: the `start` of the page after this one; None if there is none. A page can be shorter than its limit and still have a next one
        (a filter that matches little reads a bounded number of records a page).
    """

    records: tuple[RecordedEvent, ...]
    next: int | None


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """What a walk over the whole ledger found in order.

    root: RFC 6962 root hash over the leaves, hexadecimal.
    sealed: how many of the entries are under a signed checkpoint; checkpoints: how many of those were kept and checked.
    frozen: how many of the entries are in shards outside of the database.
    """

    entries: int
    shredded: int
    root: str
    sealed: int = 0
    frozen: int = 0
    checkpoints: int = 0
