"""What the prover needs from a solver."""

from __future__ import annotations

from typing import Protocol

import msgspec

from ringwall.policies.pattern import Context
from ringwall.reasoning.policy.formula import Formula
from ringwall.vocabulary import Principal


class Problem(msgspec.Struct, frozen=True):
    """Is there a request for which the formula holds?

    principal: who asks. fixed: context keys whose values are given (no values: the key is absent); the formula is specialised to them.
    """

    formula: Formula
    principal: Principal
    fixed: Context = {}  # msgspec copies it


class Satisfied(msgspec.Struct, frozen=True):
    """For this one it holds; the solver has evaluated the formula on it."""

    action: str
    resource: str
    context: dict[str, tuple[str, ...]]


class Unsatisfied(msgspec.Struct, frozen=True):
    """There is none."""


class Undecided(msgspec.Struct, frozen=True):
    """The solver does not know, and says why."""

    reasons: tuple[str, ...]


Answer = Satisfied | Unsatisfied | Undecided


class Solver(Protocol):
    """Decides problems. `name` appears in results."""

    @property
    def name(self) -> str:
        """A short name."""

    def solve(self, problem: Problem) -> Answer:
        """Decide a problem.

        Promises: `Unsatisfied` only if no request exists; `Satisfied` only with a request for which `interpret.holds` says that the
        formula holds; everything else is `Undecided`. Never raises for what a problem says.
        """
