"""Pages over what a listing found: filtered and sorted in memory, continued after the last entry that was shown."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from ringwall.errors import IntegrityError
from ringwall.storage import Document, Storage

_Item = TypeVar("_Item")
_Body = TypeVar("_Body")
_AT_ONCE = 500

Key = Callable[[_Item], tuple[str, str]]


def page(items: Iterable[_Item], key: Key[_Item], *, descending: bool, after: str, limit: int) -> tuple[list[_Item], str]:
    """Return the entries that follow `after` in the order of `key`, at most `limit`, and what the next page follows (empty: none).

    `after` is a key as JSON: a sort key may be a type that a caller thought of, with any character in it.
    """
    ordered = sorted(items, key=key, reverse=descending)
    if after:
        last = msgspec.json.decode(after, type=tuple[str, str])
        ordered = [item for item in ordered if (key(item) < last if descending else key(item) > last)]
    shown = ordered[:limit]
    return shown, msgspec.json.encode(key(shown[-1])).decode() if len(ordered) > limit else ""


def moment_key(moment: datetime) -> str:
    """Write a moment so that texts sort as moments do."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


async def every(storage: Storage, account_id: str, kind: str, *, prefix: str = "") -> AsyncIterator[Document]:
    """Iterate all documents of a kind, letting other requests have their turn between the pages."""
    after = ""
    while True:
        documents = await storage.list(account_id, kind, prefix=prefix, after=after, limit=_AT_ONCE)
        for document in documents:
            yield document
        if len(documents) < _AT_ONCE:
            return
        after = documents[-1].id


def read_body(decoder: msgspec.json.Decoder[_Body], document: Document) -> _Body:
    """Decode a document's body.

    Raises:
        IntegrityError: the stored bytes are not what the decoder reads.
    """
    try:
        return decoder.decode(document.body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise IntegrityError(f"the stored {document.kind} cannot be read", remedy="restore a backup", id=document.id) from error
