"""The audit record: one per decision, in CloudTrail's shape, without a word of anyone's text."""

from __future__ import annotations

from typing import Any

import msgspec


class AuditRecord(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What happened, by whom, with which outcome.

    Field names follow the CloudTrail record contents (version 1.11). `ringwall` holds what CloudTrail has no field for: keyed digests of
    texts, rule ids, spans, coverage. Never prompt text, secrets or addresses; `source_ip_address` and the principal's name stay in
    the erasable half of the record (ledger room), not in its leaf.
    """

    event_id: str
    event_time: str  # ISO 8601, UTC, milliseconds
    event_source: str  # bedrock-runtime.amazonaws.com
    event_name: str  # ApplyGuardrail
    aws_region: str
    recipient_account_id: str
    request_id: str
    user_identity: dict[str, str]
    source_ip_address: str
    user_agent: str
    read_only: bool
    error_code: str = ""
    error_message: str = ""
    resources: tuple[str, ...] = ()
    ringwall: dict[str, Any] = msgspec.field(default_factory=dict)
    event_version: str = "1.11"
