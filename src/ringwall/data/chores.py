"""What is left to do for feature groups beside requests: which have rows to write out, and which are deleted and to be emptied.

Chores of all accounts are filed under one name that is no account's, so that they are found without knowing the accounts.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from ringwall.data.feature_group import FeatureGroup
from ringwall.data.listing import read_body
from ringwall.storage import Document

HOLDER = "feature-store"
"""The account id that chores are filed under; accounts have twelve digits."""

CHORE = "feature-store-chore"


class Chore(msgspec.Struct, frozen=True, kw_only=True):
    """One group to look after. group: as it was at its deletion, or at its creation while it stands."""

    account_id: str
    group: FeatureGroup
    deleted_at: datetime | None = None


_DECODER = msgspec.json.Decoder(Chore)


def chore_document(account_id: str, group: FeatureGroup, *, deleted_at: datetime | None = None, revision: int = 0) -> Document:
    """Return the document of a group's chore."""
    body = msgspec.json.encode(Chore(account_id=account_id, group=group, deleted_at=deleted_at))
    return Document(account_id=HOLDER, kind=CHORE, id=f"{account_id}:{group.generation}", body=body, revision=revision)


def read_chore(document: Document) -> Chore:
    """Read a stored chore."""
    return read_body(_DECODER, document)
