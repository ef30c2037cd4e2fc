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
from ringwall.reasoning.policy.ports import Solver
from ringwall.reasoning.policy.report import (
    Finding,
    NoDeadStatements,
    NoMorePermissive,
    PolicyReport,
    Question,
    RequiresCondition,
    Unreachable,
    prove_policy,
    to_json,
    to_markdown,
)
from ringwall.reasoning.policy.results import Counterexample, Outcome, Proved, Refuted, Result, Unknown
from ringwall.reasoning.policy.search import AutomataSolver
from ringwall.reasoning.policy.space import RequestSpace
from ringwall.reasoning.policy.z3_solver import Z3Solver

__all__ = [
    "DEFAULT_SOLVERS",
    "AutomataSolver",
    "Counterexample",
    "DeadStatement",
    "Finding",
    "NoDeadStatements",
    "NoMorePermissive",
    "Outcome",
    "PolicyReport",
    "Proved",
    "Question",
    "Refuted",
    "RequestSpace",
    "RequiresCondition",
    "Result",
    "Solver",
    "Unknown",
    "Unreachable",
    "Z3Solver",
    "check_no_more_permissive",
    "check_no_more_permissive_with_counterexample",
    "check_requires_condition",
    "check_requires_condition_with_counterexample",
    "check_unreachable",
    "check_unreachable_with_counterexample",
    "dead_statements",
    "prove_policy",
    "to_json",
    "to_markdown",
]
