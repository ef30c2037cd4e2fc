"""Proofs and counterexamples about text, guardrails and policies."""
