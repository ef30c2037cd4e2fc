"""Several questions about one caller's policies, answered in one report, for people (Markdown) and machines (JSON)."""

from __future__ import annotations

import json
from collections.abc import Sequence

import msgspec

from ringwall.policies import PolicySets
from ringwall.policies.document import Condition
from ringwall.reasoning.policy.checks import (
    DEFAULT_SOLVERS,
    check_no_more_permissive_with_counterexample,
    check_requires_condition_with_counterexample,
    check_unreachable_with_counterexample,
    dead_statements,
    describe,
)
from ringwall.reasoning.policy.errors import MalformedQuestion
from ringwall.reasoning.policy.ports import Solver
from ringwall.reasoning.policy.results import Counterexample, Outcome, Proved, Refuted, Result, Unknown, outcome_of
from ringwall.reasoning.policy.space import RequestSpace

MAX_QUESTIONS = 200


class Unreachable(msgspec.Struct, frozen=True, kw_only=True, tag="unreachable"):
    """No request in the space is allowed."""

    space: RequestSpace


class NoMorePermissive(msgspec.Struct, frozen=True, kw_only=True, tag="no-more-permissive"):
    """Whatever the policies allow, these others allow too; `name` says what they are."""

    than: PolicySets
    name: str
    space: RequestSpace = RequestSpace()


class RequiresCondition(msgspec.Struct, frozen=True, kw_only=True, tag="requires-condition"):
    """No request in the space is allowed unless the condition holds."""

    space: RequestSpace
    condition: Condition


class NoDeadStatements(msgspec.Struct, frozen=True, kw_only=True, tag="no-dead-statements"):
    """Some decision depends on every statement."""

    space: RequestSpace = RequestSpace()


Question = Unreachable | NoMorePermissive | RequiresCondition | NoDeadStatements


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One question answered.

    claim: in words. results: one, or for dead statements one per statement, by name (there, Proved means that the statement is dead).
    """

    kind: str
    claim: str
    outcome: Outcome
    results: dict[str, Result]


class PolicyReport(msgspec.Struct, frozen=True, kw_only=True):
    """All findings. outcome: refuted if a claim is, else unknown if a claim is, else proved."""

    subject: str
    outcome: Outcome
    solvers: tuple[str, ...]
    findings: tuple[Finding, ...]


def prove_policy(
    policies: PolicySets, questions: Sequence[Question], *, subject: str = "policies", solvers: Sequence[Solver] = DEFAULT_SOLVERS
) -> PolicyReport:
    """Answer questions about one caller's policies.

    Raises:
        MalformedQuestion: no questions, too many, or patterns that are none.
        Bug: the evaluator disagrees with a counterexample.
    """
    if not 1 <= len(questions) <= MAX_QUESTIONS:
        raise MalformedQuestion(f"A report takes 1 to {MAX_QUESTIONS} questions")
    findings = tuple(_answer(policies, question, solvers) for question in questions)
    return PolicyReport(
        subject=subject,
        outcome=_worst([one.outcome for one in findings]),
        solvers=tuple(one.name for one in solvers),
        findings=findings,
    )


def _answer(policies: PolicySets, question: Question, solvers: Sequence[Solver]) -> Finding:
    match question:
        case Unreachable(space=space):
            claim = f"the caller can never do {_where(space)}"
            return _single("unreachable", claim, check_unreachable_with_counterexample(policies, space, solvers))
        case NoMorePermissive(than=than, name=name, space=space):
            claim = f"nothing is allowed in {_where(space)} that {_code(name)} does not allow"
            return _single("no-more-permissive", claim, check_no_more_permissive_with_counterexample(policies, than, space, solvers))
        case RequiresCondition(space=space, condition=condition):
            claim = f"{_where(space)} is allowed only where {_code(describe(condition))} holds"
            result = check_requires_condition_with_counterexample(policies, space, condition, solvers)
            return _single("requires-condition", claim, result)
        case NoDeadStatements(space=space):
            return _dead(policies, space, solvers)


def _single(kind: str, claim: str, result: Result) -> Finding:
    return Finding(kind=kind, claim=claim, outcome=outcome_of(result), results={"": result})


def _dead(policies: PolicySets, space: RequestSpace, solvers: Sequence[Solver]) -> Finding:
    found = dead_statements(policies, space, solvers)
    results = {
        f"{one.where}: {one.statement.policy or 'policy'}#{one.statement.index} {one.statement.sid}".strip(): one.result for one in found
    }
    outcomes: list[Outcome] = [
        "proved" if isinstance(one, Refuted) else "refuted" if isinstance(one, Proved) else "unknown" for one in results.values()
    ]
    claim = f"some decision about {_where(space)} depends on every statement"
    return Finding(kind="no-dead-statements", claim=claim, outcome=_worst(outcomes), results=results)


def _where(space: RequestSpace) -> str:
    return f"{' or '.join(map(_code, space.actions))} on {' or '.join(map(_code, space.resources))}"


def _worst(outcomes: Sequence[Outcome]) -> Outcome:
    return "refuted" if "refuted" in outcomes else "unknown" if "unknown" in outcomes else "proved"


# -- rendering ------------------------------------------------------------------------------------------------------------------------


def to_json(report: PolicyReport) -> bytes:
    """Render for machines."""
    return msgspec.json.format(msgspec.json.encode(report), indent=2)


_MARKS: dict[Outcome, str] = {"proved": "PROVED", "refuted": "REFUTED", "unknown": "UNKNOWN (not a proof)"}


def to_markdown(report: PolicyReport) -> str:
    """Render for people."""
    lines = [
        f"# What {_plain(report.subject)} can do",
        "",
        f"Outcome: **{_MARKS[report.outcome]}**. Solvers: {', '.join(report.solvers)}.",
        "",
    ]
    for finding in report.findings:
        lines += [f"## {_MARKS[finding.outcome]}: {finding.claim}", ""]
        for name, result in finding.results.items():
            lines += _result_lines(name, result, dead=finding.kind == "no-dead-statements")
        lines.append("")
    premises = dict.fromkeys(premise for finding in report.findings for result in finding.results.values() for premise in result.premises)
    lines += ["## Premises", "", *(f"- {_plain(one)}" for one in premises), ""]
    return "\n".join(lines)


def _result_lines(name: str, result: Result, *, dead: bool) -> list[str]:
    head = f"{_code(name)}: " if name else ""
    asked = ", ".join(f"{count} to {solver}" for solver, count in result.effort.queries.items()) or "none"
    match result:
        case Proved():
            word = "dead: no decision depends on it" if dead else "holds for every request in the space"
            return [f"- {head}{word} (queries: {asked}; settled without: {result.effort.settled})"]
        case Refuted(counterexample=found) if dead:
            return [f"- {head}needed, as for {_code(found.action)} on {_code(found.resource)}"]
        case Refuted(counterexample=found):
            return [f"- {head}counterexample, replayed on the evaluator:", "", *_request_lines(found)]
        case Unknown(reasons=reasons):
            return [f"- {head}not decided: {_plain('; '.join(reasons))}"]


def _request_lines(found: Counterexample) -> list[str]:
    matched = ", ".join(f"{one.policy or 'policy'}#{one.index}{f' ({one.sid})' if one.sid else ''}" for one in found.matched)
    context = {key: values[0] if len(values) == 1 else list(values) for key, values in sorted(found.context.items())}
    body = {"principal": found.principal, "action": found.action, "resource": found.resource, "context": context}
    block = [f"    {line}" for line in json.dumps(body, indent=2).splitlines()]
    return [*block, "", f"    {_plain(found.because)}; matched: {_plain(matched) or 'the account itself'}"]


def _code(text: str) -> str:
    return f"`{_plain(text)}`"


def _plain(text: str) -> str:
    """Keep names that policies chose from ending a line or a code span."""
    return "".join(char if char.isprintable() and char != "`" else " " for char in text)
