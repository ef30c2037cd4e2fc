"""What an interpreter returns."""

from __future__ import annotations

from array import array
from typing import NamedTuple

import msgspec

RUN_COST = 64
"""Characters that a run costs besides its own: of a short one, objects and not text are the most."""
NO_LIMIT = 1 << 62


class Decoded(msgspec.Struct, frozen=True):
    """One run that one decoder made of one reading (for an in-place decoder: the whole text)."""

    reading: int
    machine: int
    text: str
    starts: array[int]
    ends: array[int]


Choices = list[tuple[int, int, str]]
"""Spans of a text and what to read in their place, in order."""


class Match(NamedTuple):
    """One occurrence of one pattern under one reading; `start` and `end` are positions in the folded text as it stands."""

    bounded: bool
    pattern: int
    alphabet: int
    backwards: bool
    with_leet: bool
    start: int
    end: int


def without_twins(matches: list[Match]) -> list[Match]:
    """Leave out the matches without leet punctuation that are there with it: whether both are found depends on what stands far away."""
    if all(match.with_leet for match in matches):
        return matches
    places = {match[:4] + match[5:] for match in matches if match.with_leet}
    return [match for match in matches if match.with_leet or match[:4] + match[5:] not in places]
