"""What payloads are made of. Letters come first, so that counterexamples read well."""

from __future__ import annotations

import string

_FIRST = string.ascii_lowercase + string.digits + string.ascii_uppercase
BYTES = tuple(map(ord, _FIRST)) + tuple(b for b in range(256) if chr(b) not in _FIRST)
PRINTABLE = tuple(map(ord, _FIRST)) + tuple(c for c in range(0x20, 0x7F) if chr(c) not in _FIRST)
LETTERS = tuple(map(ord, _FIRST))
STABLE = (9, 10, 13, *range(0x20, 0x7F))  # ASCII that is its own fold; lemmas are about folded texts, so classes write no other controls
