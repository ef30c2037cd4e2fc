"""Proofs that no encoding of a phrase gets past the tables that `text` runs, and the texts that do where a proof fails."""

from ringwall.reasoning.text.certificate import Certificate, Counterexample
from ringwall.reasoning.text.lemmas import Lemma
from ringwall.reasoning.text.prove import class_names, prove_bypass
from ringwall.reasoning.text.recheck import Rejected, recheck
from ringwall.reasoning.text.report import Report

__all__ = ["Certificate", "Counterexample", "Lemma", "Rejected", "Report", "class_names", "prove_bypass", "recheck"]
