"""The append-only, Merkle-committed record.

Two logs, each a C2SP tiled transparency log: `audit` has one canonical leaf per decision, committed before the answer leaves; `statements`
has signed statements, answered with a proof. A sequencer seals each log beside the requests; readers get static tiles, and proofs.
"""

from ringwall.ledger.ledger import AUDIT_LOG, LOGS, STATEMENT_LOG, Ledger
from ringwall.ledger.reading import RecordedEvent, RecordPage, Verification
from ringwall.ledger.transparency import Consistency, Receipt, TransparencyLog

__all__ = [
    "AUDIT_LOG",
    "LOGS",
    "STATEMENT_LOG",
    "Consistency",
    "Ledger",
    "Receipt",
    "RecordPage",
    "RecordedEvent",
    "TransparencyLog",
    "Verification",
]
