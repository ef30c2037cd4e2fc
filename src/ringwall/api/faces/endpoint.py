"""One operation of another vendor's API: what stands at a path of the chat face."""

from __future__ import annotations

from typing import Any, Protocol

from ringwall.api.aws.operation import Operation
from ringwall.api.exchange import Exchange
from ringwall.inference.gateway import Wanted
from ringwall.vocabulary import Limits
from ringwall.wire import HttpResponse

JSON_HEADERS = (("content-type", "application/json"),)


class Endpoint(Protocol):
    """Reads one kind of request and writes its answer.

    vendor: whose API it is, as web ACLs and limits name it. method: the one that its path takes. operation: before the request is read.
    """

    vendor: str
    method: str
    operation: Operation

    def read(self, exchange: Exchange, wanted: Wanted | None, limits: Limits) -> tuple[Operation, Any]:
        """Return the operation that is asked for, and its input.

        Args:
            exchange: the request.
            wanted: the guardrail that its headers name.
            limits: of bodies.

        Raises:
            InvalidRequest, LimitExceeded: the request cannot be read. NotFound: there is no such thing at its path.
        """
        ...

    def write(self, exchange: Exchange) -> HttpResponse:
        """Render the operation's output."""
        ...
