"""What a program imports: FeatureGroup, audit_log, bedrock_agent, Client. A client of a running ringwall; hashes data locally.

Today: FeatureGroup, audit_log and Client.
"""

from ringwall.data.commitment import CsvOptions, RowProof, SaltKey, verify_growth, verify_row
from ringwall.data.inspection import DataForbidden
from ringwall.sdk.audit import AuditLog
from ringwall.sdk.client import Client, Hashing, NoServer, Sampling
from ringwall.sdk.connection import Refused, ServerAway
from ringwall.sdk.feature_group import FeatureGroup

__all__ = [
    "AuditLog",
    "Client",
    "CsvOptions",
    "DataForbidden",
    "FeatureGroup",
    "Hashing",
    "NoServer",
    "Refused",
    "RowProof",
    "SaltKey",
    "Sampling",
    "ServerAway",
    "audit_log",
    "verify_growth",
    "verify_row",
]

audit_log = AuditLog()
"""The audit log of the ringwall that `Client()` finds."""
