"""One request on its way through the pipeline: what each step has found out so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from ringwall.api.aws.operation import Call, Operation
from ringwall.api.rooms import Rooms
from ringwall.errors import RingwallError
from ringwall.telemetry import Notes
from ringwall.vocabulary import Principal
from ringwall.wire import BearerClaim, HttpRequest, HttpResponse, SigV4Claim


@dataclass(slots=True)
class Exchange:
    """What is known about one request.

    Steps fill it from top to bottom; `error` is set once, by the first step that refuses, and ends the walk.
    """

    face: Face
    rooms: Rooms
    request_id: str
    now: datetime
    source_ip: str
    request: HttpRequest
    match: Any = None  # what the face's router found: opaque to the pipeline
    claim: SigV4Claim | BearerClaim | None = None  # the credentials as the request states them; nothing about them is checked
    signed_region: str = ""
    operation: Operation | None = None
    principal: Principal | None = None
    input: Any = None
    call: Call | None = None
    resources: tuple[str, ...] = ()
    output: Any = None
    error: RingwallError | None = None
    screened: dict[str, Any] | None = None  # what the account's web ACL said of the request
    notes: Notes = field(default_factory=Notes)  # for those who watch: what took how long
    observed: bool = False  # they were told
    unserved: Callable[[], RingwallError] | None = None  # the operation is not served: makes the refusal, once the caller is known

    def header(self, name: str) -> str:
        """Return a header's first value, or nothing."""
        for given, value in self.request.headers:
            if given == name:
                return value
        return ""


class Face(Protocol):
    """One wire that requests arrive on: AWS's, or ringwall's own."""

    @property
    def name(self) -> str:
        """As counters show it: `aws`, `native`, `console`."""
        ...

    def route(self, exchange: Exchange) -> None:
        """Set `operation` (and `match`), or `unserved`; raise what makes the request unreadable."""
        ...

    async def authenticate(self, exchange: Exchange) -> None:
        """Set `principal`; raise `NotAuthenticated`."""
        ...

    def endpoint(self, exchange: Exchange) -> str | None:
        """Return which of `ringwall.inference.waf.ENDPOINTS` the request came to; None where no web ACL can stand."""
        ...

    def decode(self, exchange: Exchange) -> None:
        """Set `input` from the request; raise `InvalidRequest` or `LimitExceeded`."""
        ...

    def encode(self, exchange: Exchange) -> HttpResponse:
        """Render `output`."""
        ...

    def refuse(self, exchange: Exchange, error: RingwallError) -> HttpResponse:
        """Render an error in the wire's own shape."""
        ...

    def error_code(self, exchange: Exchange, error: RingwallError) -> str:
        """Return the error's name on this wire, as the audit record keeps it."""
        ...
