"""What is proved of a guardrail, and that a new version stops all that the old one did, or a text that it lets through."""

from ringwall.reasoning.guardrails.inclusion import Escapes, Included, Undecided, included
from ringwall.reasoning.guardrails.losses import Loss, ProofChange, proofs_lost
from ringwall.reasoning.guardrails.report import to_json, to_markdown
from ringwall.reasoning.guardrails.results import Claim, UpgradeReport, Witness
from ringwall.reasoning.guardrails.standing import Standing, TheoremStatus, WallStatus, proof_status
from ringwall.reasoning.guardrails.upgrade import prove_upgrade

__all__ = [
    "Claim",
    "Escapes",
    "Included",
    "Loss",
    "ProofChange",
    "Standing",
    "TheoremStatus",
    "Undecided",
    "UpgradeReport",
    "WallStatus",
    "Witness",
    "included",
    "proof_status",
    "proofs_lost",
    "prove_upgrade",
    "to_json",
    "to_markdown",
]
