"""Policies compiled to rules, the streaming session, and the one function that combines verdicts; learned detectors are arguments."""

from ringwall.guardrails.assessment import Applied, record, render
from ringwall.guardrails.content import Block
from ringwall.guardrails.errors import ContentRefused, PolicyRefused, VerdictListBroken
from ringwall.guardrails.evaluation import Coverage, Evaluation, evaluate
from ringwall.guardrails.guardrail import Guardrail, compile_guardrail
from ringwall.guardrails.parsing import parse_config
from ringwall.guardrails.policy import GuardrailConfig
from ringwall.guardrails.ports import ContentScorer, ContentThresholds, GroundingScorer, Scorers, TopicScorer
from ringwall.guardrails.session import Held, Session
from ringwall.guardrails.talk import Normalised, normalise
from ringwall.guardrails.verdict import Hit, Outcome, Verdict, combine

__all__ = [
    "Applied",
    "Block",
    "ContentRefused",
    "ContentScorer",
    "ContentThresholds",
    "Coverage",
    "Evaluation",
    "GroundingScorer",
    "Guardrail",
    "GuardrailConfig",
    "Held",
    "Hit",
    "Normalised",
    "Outcome",
    "PolicyRefused",
    "Scorers",
    "Session",
    "TopicScorer",
    "Verdict",
    "VerdictListBroken",
    "combine",
    "compile_guardrail",
    "evaluate",
    "normalise",
    "parse_config",
    "record",
    "render",
]
