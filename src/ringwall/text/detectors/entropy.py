"""How random a string looks."""

from __future__ import annotations

from collections import Counter
from math import log2


def bits_per_character(text: str) -> float:
    """Return the Shannon entropy of the characters' frequencies in `text`; 0 for one repeated character, log2(len) at most."""
    size = len(text)
    return -sum(count / size * log2(count / size) for count in Counter(text).values())
