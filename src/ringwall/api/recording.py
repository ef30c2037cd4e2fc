"""From an exchange to its audit record: what happened, by whom, with which outcome, and no one's words."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from ringwall.api.exchange import Exchange
from ringwall.api.request_id import new_uuid
from ringwall.vocabulary import AuditRecord, Principal

NATIVE = "ringwall"
"""The service name of operations that AWS has no word for."""


def audit_record(exchange: Exchange) -> AuditRecord:
    """Describe a finished exchange whose principal is known.

    The error's message stays out: it may quote what the caller sent. Its code and its class's title say what was refused.
    """
    operation, principal, error = exchange.operation, exchange.principal, exchange.error
    assert principal is not None
    unserved = error.facts if error is not None and operation is None else {}
    service = operation.service if operation is not None else str(unserved.get("service", NATIVE))
    return AuditRecord(
        event_id=new_uuid(),
        event_time=exchange.now.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z",
        event_source=service if service == NATIVE else f"{service}.amazonaws.com",
        event_name=operation.name if operation is not None else str(unserved.get("operation", "Unrouted")),
        aws_region=exchange.rooms.region,
        recipient_account_id=principal.account_id,
        request_id=exchange.request_id,
        user_identity=_user_identity(principal),
        source_ip_address=exchange.source_ip,
        user_agent=exchange.header("user-agent")[:1000],
        read_only=operation is not None and operation.read_only,
        error_code="" if error is None else exchange.face.error_code(exchange, error),
        error_message="" if error is None else error.title,
        resources=exchange.resources,
        ringwall=_details(exchange),
    )


def _details(exchange: Exchange) -> dict[str, Any]:
    details = exchange.call.record if exchange.call is not None else {}
    return details if exchange.screened is None else {**details, "webAcl": exchange.screened}


def _user_identity(principal: Principal) -> dict[str, str]:
    """Use CloudTrail's userIdentity element: only the fields that are known."""
    fields = {
        "type": principal.kind,
        "principalId": principal.principal_id,
        "arn": principal.arn,
        "accountId": principal.account_id,
        "accessKeyId": principal.access_key_id,
        "userName": principal.user_name,
    }
    return {name: value for name, value in fields.items() if value}
