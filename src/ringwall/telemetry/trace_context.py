"""W3C trace context: the caller's trace is gone on with where it is well formed, else a new one begins.

Source: W3C Recommendation "Trace Context" (level 1, 2021), sections 3.2 (`traceparent`) and 3.3 (`tracestate`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import msgspec

_PARENT = re.compile(
    r"(?P<version>[0-9a-f]{2})-(?P<trace>[0-9a-f]{32})-(?P<span>[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})(?P<more>-.*)?", re.ASCII
)
_KEY = r"(?:[a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})"
_VALUE = r"[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]"
_MEMBER = re.compile(rf"({_KEY})={_VALUE}")
_STATE_CHARS = 512  # what must be passed on at least; longer ones are not
_STATE_MEMBERS = 32
_SAMPLED = 1
_RATIO_BITS = 56  # of the trace id: those that its maker must draw at random (W3C Trace Context level 2, random flag)

Draw = Callable[[int], int]
"""Draws so many random bits."""


class TraceContext(msgspec.Struct, frozen=True, kw_only=True):
    """Where a request stands in a trace.

    parent_id: the caller's span; 0 where the trace begins here.
    server_id, client_id: the spans of this request, and of its question to a model.
    state: the caller's `tracestate`, passed on unread.
    """

    trace_id: int
    parent_id: int
    server_id: int
    client_id: int
    sampled: bool
    state: str = ""

    def outbound(self) -> tuple[tuple[str, str], ...]:
        """Return the headers that go on with it upstream."""
        parent = ("traceparent", f"00-{self.trace_id:032x}-{self.client_id:016x}-{int(self.sampled):02x}")
        return (parent, ("tracestate", self.state)) if self.state else (parent,)


def trace_context(parents: Sequence[str], states: Sequence[str], *, ratio: float, draw: Draw) -> TraceContext:
    """Go on with the caller's trace, or begin one.

    Args:
        parents: the values of the `traceparent` headers; more than one is not well formed.
        states: those of the `tracestate` headers, which are one list.
        ratio: of the traces that begin here, how many are kept; the caller has decided for those that he began.
        draw: for the ids.
    """
    found = _PARENT.fullmatch(parents[0]) if len(parents) == 1 else None
    if found is not None and _is_valid(found):
        flags = int(found["flags"], 16)
        return TraceContext(
            trace_id=int(found["trace"], 16),
            parent_id=int(found["span"], 16),
            server_id=_draw_id(draw, 64),
            client_id=_draw_id(draw, 64),
            sampled=bool(flags & _SAMPLED),
            state=_read_state(states),
        )
    trace_id = _draw_id(draw, 128)
    sampled = (trace_id & ((1 << _RATIO_BITS) - 1)) < ratio * (1 << _RATIO_BITS)
    return TraceContext(trace_id=trace_id, parent_id=0, server_id=_draw_id(draw, 64), client_id=_draw_id(draw, 64), sampled=sampled)


def _is_valid(found: re.Match[str]) -> bool:
    """Say whether ids are not all zeros, and whether what follows may: only a version that is not known yet has more."""
    if found["version"] == "ff" or not int(found["trace"], 16) or not int(found["span"], 16):
        return False
    return found["more"] is None or found["version"] != "00"


def _read_state(values: Sequence[str]) -> str:
    """Return the caller's list of vendors' words, or nothing where it is not well formed: the trace goes on without it."""
    members = [member.strip(" \t") for value in values for member in value.split(",")]
    members = [member for member in members if member]
    joined = ",".join(members)
    if len(members) > _STATE_MEMBERS or len(joined) > _STATE_CHARS:
        return ""
    found = [_MEMBER.fullmatch(member) for member in members]
    keys = {match[1] for match in found if match is not None}
    return joined if len(keys) == len(members) else ""


def _draw_id(draw: Draw, bits: int) -> int:
    return draw(bits) or 1  # zero is no id
