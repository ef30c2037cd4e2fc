"""RFC 9457 problem details: how the native API refuses."""

from __future__ import annotations

import msgspec

from ringwall.errors import RingwallError
from ringwall.wire import HttpResponse

MEDIA_TYPE = "application/problem+json"


class Problem(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One refusal.

    type: `urn:ringwall:CODE`, stable; title: the same for every refusal of the type; detail: this one's facts.
    """

    type: str
    title: str
    status: int
    detail: str
    remedy: str = ""
    request_id: str


def problem(error: RingwallError, request_id: str) -> HttpResponse:
    """Render an error."""
    body = Problem(
        type=f"urn:ringwall:{error.code}",
        title=error.title,
        status=error.status,
        detail=error.message,
        remedy=error.how_to_mend,
        request_id=request_id,
    )
    return HttpResponse(error.status, (("content-type", MEDIA_TYPE),), msgspec.json.encode(body))
