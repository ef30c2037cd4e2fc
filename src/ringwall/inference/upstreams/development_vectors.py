"""Vectors of the built-in model: no network, no weights, no chance. A text's vector is a function of its words and their letters.

Each word and each run of three characters of a word is hashed to one dimension and one sign, and counted there; the vector has length 1.
So the same text has the same vector everywhere, and texts that share words are near each other: enough to try a search out, no more.

Source: feature hashing, Weinberger et al., "Feature Hashing for Large Scale Multitask Learning" (2009).
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterator

DIMENSIONS = 256
_GRAM = 3


def vector_of(text: str, dimensions: int = DIMENSIONS) -> list[float]:
    """Return a text's vector."""
    counts = [0.0] * dimensions
    for feature, times in Counter(_features(text)).items():
        digest = hashlib.blake2b(feature.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        number = int.from_bytes(digest, "little")
        counts[(number >> 1) % dimensions] += times if number & 1 else -times
    length = math.sqrt(math.fsum(count * count for count in counts))
    if not length:  # nothing was counted, or all of it against each other
        return [1.0, *[0.0] * (dimensions - 1)]
    return [count / length for count in counts]


def _features(text: str) -> Iterator[str]:
    for word in text.casefold().split():
        yield word
        edged = f"<{word}>"
        for at in range(len(edged) - _GRAM + 1):
            yield edged[at : at + _GRAM]


def words_of(text: str) -> int:
    """Return how many tokens a text is to the built-in model: its words."""
    return len(text.split())
