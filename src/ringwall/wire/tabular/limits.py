"""How much a body of numbers may hold."""

from __future__ import annotations

from typing import Final

VALUES_MAX: Final = 250_000
"""Numbers of one body; JSON has the same bound (`strict_json.MOST_VALUES`)."""

NUMBER_CHARS: Final = 64
"""Of one number as text: the longest that says anything about a double has about 25."""

AXES_MAX: Final = 8
