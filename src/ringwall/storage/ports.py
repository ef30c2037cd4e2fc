"""What storage promises to the rooms above it. Each comment is part of the contract; SQLite and PostgreSQL keep the same one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

import msgspec


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """One stored resource: a JSON body under (account_id, kind, id).

    revision: 1 at creation, +1 at each change: the compare-and-swap token.
    key: an optional name, unique over all accounts for its kind (an access key id), for look-ups before the account is known.
    expires_at: Unix seconds after which reads no longer return it (0: never).
    """

    account_id: str
    kind: str
    id: str
    body: bytes
    revision: int = 0
    key: str = ""
    expires_at: int = 0


class Insert(msgspec.Struct, frozen=True):
    """Create a document; Conflict if (account, kind, id) or (kind, key) is taken."""

    document: Document


class Replace(msgspec.Struct, frozen=True):
    """Put `document.body` where the stored revision is `document.revision`; Conflict if it is another, or gone."""

    document: Document


class Delete(msgspec.Struct, frozen=True):
    """Remove a document; Conflict if `revision` is not 0 and not the stored one. Removing what is not there is no error."""

    account_id: str
    kind: str
    id: str
    revision: int = 0


Change = Insert | Replace | Delete


class Entry(msgspec.Struct, frozen=True):
    """One entry of an append-only log: `index` counts from 0 without gaps; `leaf` is what the ledger seals; `erasable` may be shredded."""

    index: int
    leaf: bytes
    erasable: bytes
    account_id: str
    recorded_at: int  # Unix milliseconds


class Storage(Protocol):
    """Documents with compare-and-swap, and append-only logs with group commit."""

    async def get(self, account_id: str, kind: str, id: str) -> Document | None:
        """Return the document as last committed."""
        ...

    async def find(self, kind: str, key: str) -> Document | None:
        """Return the document with this unique key, in whichever account."""
        ...

    async def list(self, account_id: str, kind: str, *, prefix: str = "", after: str = "", limit: int = 1000) -> Sequence[Document]:
        """Return documents in id order, ids > `after` that start with `prefix`."""
        ...

    async def apply(self, *changes: Change) -> None:
        """Make all changes or none; durable (fsync) when it returns. Raises Conflict.

        A caller that is cancelled while it waits, or told DependencyError, does not know whether the change was made.
        """
        ...

    async def append(self, log: str, account_id: str, leaf: bytes, erasable: bytes = b"") -> int:
        """Append one entry; durable when it returns its index. Entries of many callers share one commit."""
        ...

    def entries(
        self, log: str, *, start: int = 0, end: int | None = None, account_id: str | None = None, newest_first: bool = False
    ) -> AsyncIterator[Entry]:
        """Iterate the committed entries with start <= index < end, in index order or against it."""
        ...

    async def shred(self, log: str, index: int) -> None:
        """Overwrite the erasable part of one entry with nothing; its leaf stays. NotFound if there is no such entry."""
        ...

    async def log_size(self, log: str) -> int:
        """Return the number of committed entries."""
        ...

    async def generation(self) -> int:
        """Return a number that differs after any committed document change by any process (cheap; for cache validation).

        Changes by this process count at once, changes by other processes after at most half a second. A document that expires changes
        nothing: whoever caches one looks at its `expires_at`.
        """
        ...

    async def close(self) -> None:
        """Finish what is under way, then release every handle."""
        ...
