"""The global condition keys of a request, as IAM policies read them.

Source: AWS IAM User Guide, "AWS global condition context keys".
"""

from __future__ import annotations

from typing import Any

from ringwall.api.exchange import Exchange


def request_context(exchange: Exchange) -> dict[str, Any]:
    """Return the keys of the request, and those that the operation adds from its input; identity adds the principal's own."""
    context: dict[str, Any] = {
        "aws:SourceIp": exchange.source_ip,
        "aws:SecureTransport": "true" if exchange.request.secure else "false",
        "aws:CurrentTime": exchange.now,
        "aws:EpochTime": int(exchange.now.timestamp()),
        "aws:RequestedRegion": exchange.signed_region or exchange.rooms.region,
    }
    for key, header in (("aws:UserAgent", "user-agent"), ("aws:Referer", "referer")):
        value = exchange.header(header)
        if value:
            context[key] = value
    operation, call = exchange.operation, exchange.call
    if operation is not None and call is not None and operation.conditions is not None:
        context |= operation.conditions(call, exchange.input)
    return context
