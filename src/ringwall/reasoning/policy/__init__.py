"""Proofs about IAM policies: what nobody can do, what an edit widens, what guards an action; or the request that shows otherwise."""

from ringwall.reasoning.policy.checks import (
    DEFAULT_SOLVERS,
    DeadStatement,
    check_no_more_permissive,
    check_no_more_permissive_with_counterexample,
    check_requires_condition,
    check_requires_condition_with_counterexample,
    check_unreachable,
    check_unreachable_with_counterexample,
    dead_statements,
)
from ringwall.reasoning.policy.results import Counterexample, Outcome, Proved, Refuted, Result, Unknown
from ringwall.reasoning.policy.search import AutomataSolver
from ringwall.reasoning.policy.space import RequestSpace

__all__ = [
    "DEFAULT_SOLVERS",
    "AutomataSolver",
    "Counterexample",
    "DeadStatement",
    "Outcome",
    "Proved",
    "Refuted",
    "RequestSpace",
    "Result",
    "Unknown",
    "check_no_more_permissive",
    "check_no_more_permissive_with_counterexample",
    "check_requires_condition",
    "check_requires_condition_with_counterexample",
    "check_unreachable",
    "check_unreachable_with_counterexample",
    "dead_statements",
]
