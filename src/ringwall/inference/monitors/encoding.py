"""Vectors as two whole numbers each, so that one of them is compared with a thousand in a fraction of a millisecond without numpy.

A *code* holds each component in fifteen bits, as many of them set as the component is high in the model's benign range: the bits in
which two codes differ are the vectors' L1 distance in fifteenths. A *mark* holds one set bit of sixteen for each window of quantised
components: the bits that two marks share are the windows that are equal (and one unequal in sixteen, which calibration allows for).

Source: the windows follow Li et al., Blacklight (USENIX Security 2022): quantise, hash overlapping windows in a secret order, count
matches. Different from it: of more than 64 windows a secret choice is kept, the same for all vectors, where Blacklight keeps the
smallest hashes of each.
"""

from __future__ import annotations

import hashlib
import math
from array import array
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from ringwall.inference.monitors.errors import UnreadableVector

COMPONENTS_MAX: Final = 4_096
FOLDED_MAX: Final = 64
"""Longer vectors are folded to this many signed sums before they are coded; their distances are kept but for about an eighth."""
LEVELS: Final = 15
WINDOWS_MAX: Final = 64
SLOTS: Final = 16
CODE_BYTES: Final = FOLDED_MAX * LEVELS // 8
MARK_BYTES: Final = WINDOWS_MAX * SLOTS // 8
_SHORT_MAX: Final = 32_767
_PART_MAX: Final = 1e6  # as far outside the benign range as a component is told apart
_THERMOMETER: Final = tuple((1 << level) - 1 for level in range(LEVELS + 1))


class Range(msgspec.Struct, frozen=True):
    """Where benign values lie: one low and high for all components (one unit, as in pictures), or one for each (columns of a table)."""

    low: tuple[float, ...]
    high: tuple[float, ...]


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """How the vectors of one model are encoded.

    salt: secret; decides the order of components, which windows are kept, and their hashes.
    components: how many a vector has; range: of them; folded: the range of the signed sums, where there are more than 64 components.
    quantum: step of a fingerprint's components, as a part of the range; window: how many of them are hashed together.
    """

    salt: bytes
    components: int
    range: Range
    folded: Range | None
    quantum: float
    window: int


class Encoded(NamedTuple):
    """A vector; `digest` is the same for the same numbers only."""

    code: int
    mark: int
    digest: int


def range_of(rows: Sequence[Sequence[float]], *, shared: bool) -> Range:
    """Return where values lie.

    Args:
        rows: vectors of one length.
        shared: the components are in one unit, so one range serves all; otherwise each has its own.
    """
    low, high = tuple(map(min, *rows)), tuple(map(max, *rows))
    return Range((min(low),), (max(high),)) if shared else Range(low, high)


class Encoder:
    """Encodes the vectors of one model."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        count = shape.components
        keyed = [(hashlib.blake2b(index.to_bytes(4, "little"), key=shape.salt, digest_size=8).digest(), index) for index in range(count)]
        self._order = [index for _, index in sorted(keyed)]
        self._signs = [1.0 if digest[0] & 1 else -1.0 for digest, _ in keyed]
        starts = list(range(count - shape.window + 1))
        if len(starts) > WINDOWS_MAX:
            by_hash = sorted(starts, key=lambda start: hashlib.blake2b(start.to_bytes(5, "little"), key=shape.salt, digest_size=8).digest())
            starts = sorted(by_hash[:WINDOWS_MAX])
        self._starts = starts
        self._low, self._widths = _widths(shape.range, count)
        self._folded = None if shape.folded is None else _widths(shape.folded, FOLDED_MAX)

    @property
    def windows(self) -> int:
        """How many windows a mark has."""
        return len(self._starts)

    def encode(self, vector: Sequence[float]) -> Encoded:
        """Encode a vector.

        Raises:
            UnreadableVector: another length than the model's, or a number that is not finite: it must not pass unseen.
        """
        parts = self.parts(vector)
        digest = hashlib.blake2b(array("d", vector).tobytes(), key=self.shape.salt, digest_size=8).digest()
        return Encoded(self._code(parts), self.mark(parts, self.shape.quantum), int.from_bytes(digest, "little"))

    def parts(self, vector: Sequence[float]) -> list[float]:
        """Return the components as parts of the benign range.

        Raises:
            UnreadableVector: as `encode`.
        """
        if len(vector) != self.shape.components:
            raise UnreadableVector(
                "the vector has another length than the model takes", components=self.shape.components, given=len(vector)
            )
        if not all(map(math.isfinite, vector)):
            raise UnreadableVector("the vector holds a number that is not finite")
        ends = zip(vector, self._low, self._widths, strict=True)
        return [max(-_PART_MAX, min(_PART_MAX, (value - low) / width)) for value, low, width in ends]

    def fold(self, parts: Sequence[float]) -> list[float]:
        """Return 64 signed sums of the components, each component in one of them."""
        sums = [0.0] * FOLDED_MAX
        for place, index in enumerate(self._order):
            sums[place % FOLDED_MAX] += self._signs[index] * parts[index]
        return sums

    def mark(self, parts: Sequence[float], quantum: float) -> int:
        """Return the windows' bits."""
        steps = array("h", [max(-_SHORT_MAX, min(_SHORT_MAX, round(parts[index] / quantum))) for index in self._order]).tobytes()
        made, length, keyed = 0, 2 * self.shape.window, hashlib.blake2b(key=self.shape.salt, digest_size=1)
        for number, start in enumerate(self._starts):
            hashed = keyed.copy()
            hashed.update(start.to_bytes(2, "little") + steps[2 * start : 2 * start + length])
            made |= 1 << (number * SLOTS + (hashed.digest()[0] & (SLOTS - 1)))
        return made

    def _code(self, parts: Sequence[float]) -> int:
        values = parts
        if self._folded is not None:
            values = [(value - low) / width for value, low, width in zip(self.fold(parts), *self._folded, strict=True)]
        code = 0
        for value in values:
            code = code << LEVELS | _THERMOMETER[round(max(0.0, min(1.0, value)) * LEVELS)]
        return code


def _widths(found: Range, count: int) -> tuple[list[float], list[float]]:
    """Return each component's low end and width; where benign traffic has one value only, the width is 1."""
    each = count if len(found.low) == 1 else 1
    low, high = list(found.low) * each, list(found.high) * each
    return low, [top - bottom or 1.0 for bottom, top in zip(low, high, strict=True)]


def distances(code: int, others: Sequence[int]) -> list[int]:
    """Return the L1 distances to other codes, in fifteenths of a component's range."""
    return [(code ^ other).bit_count() for other in others]


def matches(mark: int, others: Sequence[int]) -> list[int]:
    """Return how many windows are equal in each."""
    return [(mark & other).bit_count() for other in others]
