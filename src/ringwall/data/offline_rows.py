"""Rows on their way to the offline store: kept in the database, in one transaction with the online record, until a file has them."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from ringwall.data.feature_group import FeatureGroup
from ringwall.data.feature_record import Record
from ringwall.data.listing import read_body
from ringwall.storage import Document
from ringwall.vocabulary import new_id

ROW: Final = "feature-offline-row"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One record, and when the request for it came."""

    record: Record
    invoked_at: datetime


_DECODER = msgspec.json.Decoder(Row)


def row_document(account_id: str, group: FeatureGroup, record: Record, now: datetime) -> Document:
    """Return the document of a row; its id puts rows in the order in which they came, and no two have the same."""
    return Document(
        account_id=account_id,
        kind=ROW,
        id=f"{group.generation}:{int(now.timestamp() * 1_000_000):020d}:{new_id(12)}",
        body=msgspec.json.encode(Row(record=record, invoked_at=now)),
    )


def read_row(document: Document) -> Row:
    """Read a stored row."""
    return read_body(_DECODER, document)
