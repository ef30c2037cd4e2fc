"""What monitors are told about a call, and what they say."""

from __future__ import annotations

from typing import Final, Literal, get_args

import msgspec

Kind = Literal["near-duplicates", "close-queries", "confidence-probing", "leak-budget", "burst", "novelty", "refusal-probing"]
"""near-duplicates: fingerprints match an earlier query's; close-queries: stateful distance detection; the others as they are called."""

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """What an account asked.

    vector: the numbers a classic model was given, None for text; text: looked at, never kept (only salted hashes of words are).
    intervened: a guardrail blocked or masked something in the question or its answer.
    """

    vector: tuple[float, ...] | None = None
    text: str | None = None
    intervened: bool = False


class Confidences(msgspec.Struct, frozen=True, kw_only=True):
    """What a classifier answered: the class, and how sure it is of each (nothing: it told the class only)."""

    label: int
    values: tuple[float, ...] = ()


class Signal(msgspec.Struct, frozen=True, kw_only=True):
    """One monitor's view of one query.

    first_query: number, from 1, of the account's first query to the model that this monitor flagged.
    count: how many of the last 1,000 queries it flagged, this one among them.
    strength: in [0, 1]; comparable within a kind only.
    """

    kind: Kind
    first_query: int
    count: int
    strength: float
