"""Endpoints of classic models: bytes in, bytes out, as SageMaker's containers take and give them.

A row's URI names the very place that is posted to (`sagemaker+https://HOST/invocations`); what SageMaker hands on in headers is handed on.

Source: Amazon SageMaker API reference, InvokeEndpoint; developer guide, "Custom inference code with hosting services".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from ringwall.inference.upstreams.doors import Call, Headers
from ringwall.inference.upstreams.row import Address
from ringwall.wire.dialects.errors import MalformedAnswer

if TYPE_CHECKING:  # whoever asks needs no HTTP client loaded
    from ringwall.inference.upstreams.reading import Body

BODY_BYTES: Final = 6_291_456
"""Of a question and of an answer, as the service model has it."""

_HEADER_CHARS: Final = 1024


class Invocation(msgspec.Struct, frozen=True):
    """One question: headers in lower case, without those that ringwall sets itself."""

    headers: tuple[tuple[str, str], ...]
    body: bytes

    def __repr__(self) -> str:
        return "Invocation()"


class Served(msgspec.Struct, frozen=True):
    """One answer, and its headers in lower case."""

    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        return "Served()"


@dataclass(slots=True)
class Sent:
    """Whether a question may have arrived."""

    sent: bool = False


def write_invocation(address: Address, invocation: Invocation, credential: str) -> Call:
    """Make the endpoint's request; a credential is a bearer key."""
    headers: Headers = (("host", address.authority), ("accept-encoding", "identity"), *invocation.headers)
    if credential:
        headers = (*headers, ("authorization", f"Bearer {credential}"))
    path = address.path or "/"
    return Call(f"{'https' if address.secure else 'http'}://{address.authority}{path}", headers, invocation.body)


async def read_served(body: Body, headers: Mapping[str, str]) -> Served:
    """Read a whole answer.

    Raises:
        UpstreamTimeout, UpstreamBrokeOff: see `Body.read`. MalformedAnswer: a header is none that can be handed on, or it is too large.
    """
    pieces = []
    while not body.whole:
        pieces.append(await body.read())
    kept = {name.lower(): value for name, value in headers.items() if name.lower() == "content-type" or name.lower().startswith("x-amzn-")}
    if not all(value.isascii() and value.isprintable() and len(value) <= _HEADER_CHARS for value in kept.values()):
        raise MalformedAnswer("a header of the endpoint's answer is too long or not printable")
    return Served(kept, b"".join(pieces))
