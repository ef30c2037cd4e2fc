"""Windows to sparse rows: one column per bucket, words first, then characters."""

from __future__ import annotations

import array

import numpy as np
from scipy import sparse

from ringwall.watch import features

WORD_BITS = 17
CHARACTER_BITS = 19
COLUMNS = (1 << WORD_BITS) + (1 << CHARACTER_BITS)

try:
    from ringwall.watch import _hashing
except ImportError:
    _hashing = None


def _buckets(text: str) -> tuple[np.ndarray, np.ndarray]:
    body = features.normalise(text)
    if _hashing is not None:
        words, characters = _hashing.buckets(body, WORD_BITS, CHARACTER_BITS)
    else:
        words = array.array("I", features.word_buckets(body, WORD_BITS)).tobytes()
        characters = array.array("I", features.character_buckets(body, CHARACTER_BITS)).tobytes()
    return np.frombuffer(words, np.uint32), np.frombuffer(characters, np.uint32)


def build(texts: list[str]) -> sparse.csr_array:
    """Return the matrix of grams, each half scaled as the scorer does it."""
    columns, values, ends = [], [], [0]
    total = 0
    for text in texts:
        words, characters = _buckets(text)
        columns += [words.astype(np.int32), characters.astype(np.int32) + (1 << WORD_BITS)]
        values += [
            np.full(len(words), (len(words) + features.WORD_DAMPING) ** -0.5, np.float32),
            np.full(len(characters), (len(characters) + features.CHARACTER_DAMPING) ** -0.5, np.float32),
        ]
        total += len(words) + len(characters)
        ends.append(total)
    matrix = sparse.csr_array(
        (np.concatenate(values), np.concatenate(columns), np.array(ends, np.int64 if total > 2**31 else np.int32)),
        shape=(len(texts), COLUMNS),
    )
    matrix.sort_indices()
    return matrix
