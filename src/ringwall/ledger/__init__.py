"""The append-only, Merkle-committed record.

Today: one audit record per decision, canonical and committed before the answer leaves. The signed tree over the leaves is made of exactly
these bytes by the transparency log.
"""

from ringwall.ledger.ledger import Ledger
from ringwall.ledger.reading import RecordedEvent, RecordPage, Verification

__all__ = ["Ledger", "RecordPage", "RecordedEvent", "Verification"]
