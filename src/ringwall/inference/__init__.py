"""Guardrail resources and their runs; upstream models; rate limits; behavioural monitors.

Today: guardrail resources and their runs; the gateway to upstream models; web ACLs; limits on use; scanners of
generated code and monitors, which no request passes yet.
"""

from ringwall.inference.enforced import Enforced
from ringwall.inference.guardrails import CheckRun, Created, Guardrails, ProofStatus, Run, Updated
from ringwall.inference.proofs import Proofs
from ringwall.inference.workers import Workers

__all__ = ["CheckRun", "Created", "Enforced", "Guardrails", "ProofStatus", "Proofs", "Run", "Updated", "Workers"]
