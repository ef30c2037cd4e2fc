"""Why a question about policies has no answer. Caught inside the room and turned into `Unknown`, except for wrong questions."""

from __future__ import annotations

from ringwall.errors import CallerError, DependencyError, RingwallError


class Undecidable(RingwallError):
    """The question is outside of what the prover decides."""

    code = "policy-proof-undecided"


class Inexpressible(Undecidable):
    """A part of a policy has no exact formula."""

    code = "policy-part-inexpressible"


class BudgetExhausted(Undecidable):
    """The search took more steps than it may."""

    code = "policy-proof-budget"
    remedy = "Narrow the request space, or hand in a further solver."


class MalformedQuestion(CallerError):
    """The question about a policy cannot be asked like this."""

    code = "malformed-policy-question"
    remedy = "Actions are patterns like `bedrock:*`; resources are ARN patterns or `*`; conditions are those of the IAM grammar."


class SolverMissing(DependencyError):
    """The solver asked for is not installed."""

    code = "solver-missing"
    remedy = "Install ringwall with the extra `proofs`, or go without this solver."
