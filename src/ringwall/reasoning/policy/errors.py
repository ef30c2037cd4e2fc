"""Why a question about policies has no answer. Caught inside the room and turned into `Unknown`, except for wrong questions."""

from __future__ import annotations

from ringwall.errors import CallerError, DependencyError, RingwallError


class Undecidable(RingwallError, code="policy-proof-undecided"):
    """The question is outside of what the prover decides."""


class Inexpressible(Undecidable, code="policy-part-inexpressible"):
    """A part of a policy has no exact formula."""


class BudgetExhausted(Undecidable, code="policy-proof-budget"):
    """The search took more steps than it may."""

    remedy = "Narrow the request space, or hand in a further solver."


class MalformedQuestion(CallerError, code="malformed-policy-question"):
    """The question about a policy cannot be asked like this."""

    remedy = "Actions are patterns like `bedrock:*`; resources are ARN patterns or `*`; conditions are those of the IAM grammar."


class SolverMissing(DependencyError, code="solver-missing"):
    """The solver asked for is not installed."""

    remedy = "Install ringwall with the extra `proofs`, or go without this solver."
