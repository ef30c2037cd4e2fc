"""The native API's view of the last hour: what came, how long it took, what guardrails did, and the latest requests."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from ringwall.api.aws.operation import Call, Operation
from ringwall.api.native.operation import NativeOperation
from ringwall.api.native.shapes import anything
from ringwall.telemetry.traffic import LATEST, TrafficReport


class TrafficInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """after: of the latest requests only those after this number; latest: how many of them at most."""

    after: Annotated[int, Meta(ge=0)] = 0
    latest: Annotated[int, Meta(ge=0, le=LATEST)] = 20


async def _traffic(call: Call, given: TrafficInput) -> TrafficReport:
    return call.rooms.watching.traffic.report(call.account_id, call.now.timestamp(), after=given.after, latest=given.latest)


OPERATIONS = (
    NativeOperation(
        Operation("ringwall", "GetTraffic", "ringwall:GetTraffic", _traffic, anything, read_only=True, recorded=False),
        "GET",
        "/traffic",
        "Show the account's last hour on this server: requests, latencies, what guardrails did, and the latest requests by their digests.",
        TrafficInput,
        TrafficReport,
    ),
)
