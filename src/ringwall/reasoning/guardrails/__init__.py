"""Proofs that a new version of a guardrail stops all that the old one did, or a text that it lets through."""

from ringwall.reasoning.guardrails.inclusion import Escapes, Included, Undecided, included
from ringwall.reasoning.guardrails.report import to_json, to_markdown
from ringwall.reasoning.guardrails.results import Claim, UpgradeReport, Witness
from ringwall.reasoning.guardrails.upgrade import prove_upgrade

__all__ = ["Claim", "Escapes", "Included", "Undecided", "UpgradeReport", "Witness", "included", "prove_upgrade", "to_json", "to_markdown"]
