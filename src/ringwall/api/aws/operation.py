"""One row of the AWS operation table, and what its handler is given."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from ringwall.api.rooms import Rooms
from ringwall.vocabulary import Principal


class Authorize(Protocol):
    """The permission check, for who asks and under the conditions of the request."""

    def __call__(self, resources: Sequence[str], action: str = "") -> Awaitable[None]:
        """Return if the caller may do an action (nothing: the operation's own) to every resource; raise `AccessDenied`."""
        ...


@dataclass(slots=True)
class Call:
    """One authenticated request on its way through the pipeline.

    record: what the handler wants in the audit record's `ringwall` part (digests, rule ids, spans; never text).
    settle: writes a second record, for an answer that streams: what became of it; its last event leaves after that record's commit.
    authorize: asks whether the caller may do this to further resources, which only the handler finds, or another action.
    give_back: what is called when the request is over, however it ends; each may have been called before.
    """

    principal: Principal
    region: str
    request_id: str
    now: datetime
    source_ip: str
    user_agent: str
    rooms: Rooms
    record: dict[str, Any] = field(default_factory=dict)
    settle: Callable[[dict[str, Any]], Awaitable[None]] | None = None
    authorize: Authorize | None = None
    give_back: list[Callable[[], Awaitable[None]]] = field(default_factory=list)

    @property
    def account_id(self) -> str:
        """The tenant."""
        return self.principal.account_id

    def let_go(self) -> None:
        """Drop what leads back to the exchange, which leads here: in that ring a request that is over keeps its texts in memory until
        the garbage collector comes by, and makes it come by.
        """
        self.settle = self.authorize = None


Handler = Callable[[Call, Any], Awaitable[Any]]
"""Input to output: on the AWS face dictionaries in botocore's shapes (`Streamed` for event streams), on the native face structs."""


@dataclass(frozen=True, slots=True)
class Streamed:
    """The output of an operation that answers with an event stream.

    head: the output's other members.
    events: (event name, payload in botocore's names); an exception of the stream's own model has the name of its member.
    """

    head: dict[str, Any]
    events: AsyncGenerator[tuple[str, dict[str, Any]], None]


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
