"""Storing documents, and reading back what this room stored."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from ringwall.errors import IntegrityError
from ringwall.storage import Document, Insert, Replace

_Body = TypeVar("_Body")


def read_body(decoder: msgspec.json.Decoder[_Body], document: Document) -> _Body:
    """Decode a document's body.

    Raises:
        IntegrityError: the stored bytes are not what the decoder reads.
    """
    try:
        return decoder.decode(document.body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise IntegrityError(f"the stored {document.kind} `{document.id}` cannot be read", remedy="restore a backup") from error


def put_in_place(document: Document, held: Document | None) -> Insert | Replace:
    """Return the change that puts a document in the place of the one that was read, or where none was."""
    return Insert(document) if held is None else Replace(msgspec.structs.replace(document, revision=held.revision))
