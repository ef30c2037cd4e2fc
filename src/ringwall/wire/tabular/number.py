"""One number, as text."""

from __future__ import annotations

import math
import re

from ringwall.wire.tabular.limits import NUMBER_CHARS

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")


def read_number(text: str) -> float | None:
    """Return the number that a text is; None where it is none, or none that a double holds (`inf`, `nan`, `1_000` and `0x1` are none)."""
    if len(text) > NUMBER_CHARS or _NUMBER.fullmatch(text) is None:
        return None
    value = float(text)
    return value if math.isfinite(value) else None
