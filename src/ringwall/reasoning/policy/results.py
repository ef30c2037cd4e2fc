"""What a proof attempt ends with. `Unknown` is never a proof."""

from __future__ import annotations

from typing import Literal

import msgspec

from ringwall.policies import StatementId

Outcome = Literal["proved", "refuted", "unknown"]


class Counterexample(msgspec.Struct, frozen=True, kw_only=True):
    """One concrete request, replayed on the evaluator before it is reported.

    matched: the statements that allow it. because: what makes it a counterexample, for a reader.
    """

    principal: str
    action: str
    resource: str
    context: dict[str, tuple[str, ...]]
    matched: tuple[StatementId, ...] = ()
    because: str = ""


class Effort(msgspec.Struct, frozen=True, kw_only=True):
    """What was done: queries put to solvers, by solver's name, and ways that needed none."""

    queries: dict[str, int] = {}  # msgspec copies it
    settled: int = 0


class Proved(msgspec.Struct, frozen=True, kw_only=True, tag="proved", tag_field="outcome"):
    """It holds for every request in the space, under the premises."""

    premises: tuple[str, ...] = ()
    effort: Effort = Effort()


class Refuted(msgspec.Struct, frozen=True, kw_only=True, tag="refuted", tag_field="outcome"):
    """It does not: here is a request."""

    counterexample: Counterexample
    premises: tuple[str, ...] = ()
    effort: Effort = Effort()


class Unknown(msgspec.Struct, frozen=True, kw_only=True, tag="unknown", tag_field="outcome"):
    """No solver could tell; what stood in the way."""

    reasons: tuple[str, ...]
    premises: tuple[str, ...] = ()
    effort: Effort = Effort()


Result = Proved | Refuted | Unknown


def outcome_of(result: Result) -> Outcome:
    """Return the one word."""
    match result:
        case Proved():
            return "proved"
        case Refuted():
            return "refuted"
        case Unknown():
            return "unknown"
