"""Why a pattern cannot be compared. Caught inside the room and turned into `unknown`."""

from __future__ import annotations

from ringwall.errors import RingwallError


class Incomparable(RingwallError, code="pattern-incomparable"):
    """A regular expression is outside of what is compared, or comparing it would take too long."""
