"""AWS CloudTrail: looking events up in the audit log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ringwall.api.aws.operation import Call, Operation


def _anything(_call: Call, _request: dict[str, Any]) -> Sequence[str]:
    return ("*",)


async def _lookup_events(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    answer = await call.rooms.trail.lookup_events(call.account_id, request)
    attributes = [each["AttributeKey"] for each in request.get("LookupAttributes") or ()]
    call.record["lookup"] = {"attributes": attributes, "events": len(answer["Events"])}
    return answer


OPERATIONS: tuple[Operation, ...] = (
    Operation("cloudtrail", "LookupEvents", "cloudtrail:LookupEvents", _lookup_events, _anything, read_only=True),
)
