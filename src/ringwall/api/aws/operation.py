"""One row of the AWS operation table, and what its handler is given."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ringwall.api.rooms import Rooms
from ringwall.vocabulary import Principal


@dataclass(slots=True)
class Call:
    """One authenticated request on its way through the pipeline.

    record: what the handler wants in the audit record's `ringwall` part (digests, rule ids, spans; never text).
    """

    principal: Principal
    region: str
    request_id: str
    now: datetime
    source_ip: str
    user_agent: str
    rooms: Rooms
    record: dict[str, Any] = field(default_factory=dict)

    @property
    def account_id(self) -> str:
        """The tenant."""
        return self.principal.account_id


Handler = Callable[[Call, Any], Awaitable[Any]]
"""Input to output: on the AWS face dictionaries in botocore's shapes, on the native face structs."""

Resources = Callable[[Call, Any], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One AWS operation that ringwall serves.

    service, name: botocore's service name (`bedrock-runtime`) and operation name (`ApplyGuardrail`).
    action: the IAM action it is checked under (`bedrock:ApplyGuardrail`).
    resources: the ARNs it is checked against, from the parsed input; `("*",)` where AWS has no resource level. May also return the
        condition keys of the request through `conditions`.
    handle: parsed input to output, both in botocore's shapes (member names as in the model; timestamps are datetimes, blobs are bytes).
    """

    service: str
    name: str
    action: str
    handle: Handler
    resources: Resources
    read_only: bool = False
    authorized: bool = True  # False: any authenticated caller (sts:GetCallerIdentity, which AWS never denies)
    recorded: bool = True  # False: reads that decide nothing and that are repeated every few seconds (live counters, the ledger's hashes)
    conditions: Callable[[Call, Any], dict[str, Any]] | None = None  # request condition keys beside the global ones
