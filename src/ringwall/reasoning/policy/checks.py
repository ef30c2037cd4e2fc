"""The questions: unreachable, no more permissive, requires a condition, dead statements; each as a word, or with its counterexample.

Every question is cut up by the ways in which a request can come to be allowed (usually: by Allow statement). Statements whose patterns
cannot meet the way's are left out; most ways fall there, some to the solvers, which are asked in turn until one decides.
A request that a solver finds is replayed on `ringwall.policies.evaluate` before anybody hears of it; should the evaluator disagree, the
encoding is wrong, and that raises `Bug`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import msgspec

from ringwall.errors import Bug
from ringwall.policies import Decision, PolicySet, PolicySets, Request, StatementId, evaluate
from ringwall.policies.conditions import compile_condition
from ringwall.policies.document import Condition
from ringwall.reasoning.policy.conditions import encode_condition
from ringwall.reasoning.policy.encoding import Encoded, EncodedStatement
from ringwall.reasoning.policy.formula import FALSE, Formula, conj, negated
from ringwall.reasoning.policy.interpret import specialise
from ringwall.reasoning.policy.ports import Problem, Satisfied, Solver, Undecided
from ringwall.reasoning.policy.results import Counterexample, Effort, Outcome, Proved, Refuted, Result, Unknown, outcome_of
from ringwall.reasoning.policy.search import AutomataSolver
from ringwall.reasoning.policy.space import Grounds, RequestSpace, ground

DEFAULT_SOLVERS: tuple[Solver, ...] = (AutomataSolver(),)
_MAX_REASONS = 8

Extra = Callable[[Encoded, EncodedStatement | None, Grounds], Formula]
"""What a counterexample must satisfy besides being allowed in this way."""
Complaint = Callable[[Request, Decision], str]
"""Why a replayed request is a counterexample; empty if it is none."""


def check_unreachable(policies: PolicySets, space: RequestSpace, solvers: Sequence[Solver] = DEFAULT_SOLVERS) -> Outcome:
    """Say whether it is proved that no request in the space is allowed."""
    return outcome_of(check_unreachable_with_counterexample(policies, space, solvers))


def check_unreachable_with_counterexample(policies: PolicySets, space: RequestSpace, solvers: Sequence[Solver] = DEFAULT_SOLVERS) -> Result:
    """Prove that no request in the space is allowed, or find one that is.

    Raises:
        MalformedQuestion: patterns that are none.
        Bug: the evaluator disagrees with the encoding.
    """
    return _check(
        policies,
        space,
        solvers,
        lambda _x, _through, _grounds: conj(()),
        lambda _request, _decision: "it is allowed",
    )


def check_no_more_permissive(
    x: PolicySets, y: PolicySets, space: RequestSpace | None = None, solvers: Sequence[Solver] = DEFAULT_SOLVERS
) -> Outcome:
    """Say whether it is proved that whatever x allows, y allows too."""
    return outcome_of(check_no_more_permissive_with_counterexample(x, y, space, solvers))


def check_no_more_permissive_with_counterexample(
    x: PolicySets, y: PolicySets, space: RequestSpace | None = None, solvers: Sequence[Solver] = DEFAULT_SOLVERS
) -> Result:
    """Prove that whatever x allows, y allows too, or find a request that x allows and y does not. Raises as `check_unreachable` does."""
    space = space or RequestSpace()
    theirs = Encoded(y, space.principal)

    def extra(ours: Encoded, through: EncodedStatement | None, grounds: Grounds) -> Formula:
        focus = grounds.focus if through is None else grounds.focus.on(through)
        identity = through if through is not None and not ours.root and through in ours.identity.allows else None
        return negated(theirs.allowed(focus, through=identity, other=ours))

    def complaint(request: Request, _decision: Decision) -> str:
        decided = evaluate(y, request)
        return "" if decided.allowed else f"the first allows it, the second does not ({decided.reason})"

    return _check(x, space, solvers, extra, complaint)


def check_requires_condition(
    policies: PolicySets, space: RequestSpace, condition: Condition, solvers: Sequence[Solver] = DEFAULT_SOLVERS
) -> Outcome:
    """Say whether it is proved that no request in the space is allowed unless the condition holds."""
    return outcome_of(check_requires_condition_with_counterexample(policies, space, condition, solvers))


def check_requires_condition_with_counterexample(
    policies: PolicySets, space: RequestSpace, condition: Condition, solvers: Sequence[Solver] = DEFAULT_SOLVERS
) -> Result:
    """Prove that no request in the space is allowed unless the condition holds (as it would in an Allow), or find one that is.

    Raises:
        MalformedPolicyDocument: the condition is none.
        MalformedQuestion, Bug: as `check_unreachable` does.
    """
    condition = msgspec.structs.replace(condition, key=condition.key.lower())
    clause = compile_condition(condition, variables=True, undetermined=False)
    wanted = negated(encode_condition(condition, variables=True, undetermined=False))

    def complaint(request: Request, _decision: Decision) -> str:
        return "" if clause(request.context) else f"it is allowed although {describe(condition)} does not hold"

    return _check(policies, space, solvers, lambda _x, _through, _grounds: wanted, complaint)


def describe(condition: Condition) -> str:
    """Return a condition as one reads it in a policy."""
    quantifier = f"{condition.quantifier}:" if condition.quantifier else ""
    suffix = "IfExists" if condition.if_exists else ""
    return f"{quantifier}{condition.operator}{suffix} {condition.key} {'|'.join(condition.values)}"


class DeadStatement(msgspec.Struct, frozen=True, kw_only=True):
    """One statement: `result` is Proved where no decision in the space depends on it, Refuted with a request that does."""

    statement: StatementId
    where: str
    effect: str
    result: Result


def dead_statements(
    policies: PolicySets, space: RequestSpace | None = None, solvers: Sequence[Solver] = DEFAULT_SOLVERS
) -> tuple[DeadStatement, ...]:
    """Say for every statement whether a decision depends on it: whether the policies decide all requests alike without it."""
    space = space or RequestSpace()
    found: list[DeadStatement] = []
    for where in ("identity", "boundary", "session", "resource"):
        policy_set: PolicySet | None = getattr(policies, where)
        for index, statement in enumerate(policy_set.statements if policy_set is not None else ()):
            assert policy_set is not None
            rest = PolicySet([*policy_set.statements[:index], *policy_set.statements[index + 1 :]])
            without = msgspec.structs.replace(policies, **{where: rest})
            more, less = (policies, without) if statement.statement.effect == "Allow" else (without, policies)
            result = check_no_more_permissive_with_counterexample(more, less, space, solvers)
            found.append(DeadStatement(statement=statement.id, where=where, effect=statement.statement.effect, result=result))
    return tuple(found)


# -- the common course ----------------------------------------------------------------------------------------------------------------


def _check(policies: PolicySets, space: RequestSpace, solvers: Sequence[Solver], extra: Extra, complaint: Complaint) -> Result:
    grounds = ground(space)
    encoded = Encoded(policies, space.principal)
    queries: Counter[str] = Counter()
    settled = 0
    reasons: dict[str, None] = {}
    for through, way in encoded.ways(grounds.focus):
        besides = specialise(extra(encoded, through, grounds), grounds.fixed)
        formula = FALSE if besides == FALSE else conj([specialise(conj([grounds.formula, way()]), grounds.fixed), besides])
        if formula == FALSE:
            settled += 1
            continue
        found = _ask(Problem(formula, space.principal, grounds.fixed), solvers, queries)
        if isinstance(found, Satisfied):
            counterexample = _replayed(policies, space, found, grounds, complaint)
            return Refuted(counterexample=counterexample, premises=grounds.premises, effort=Effort(queries=dict(queries), settled=settled))
        reasons.update(dict.fromkeys(found))
    effort = Effort(queries=dict(queries), settled=settled)
    if reasons:
        return Unknown(reasons=tuple(reasons)[:_MAX_REASONS], premises=grounds.premises, effort=effort)
    return Proved(premises=(*grounds.premises, *_vacuous(grounds, space)), effort=effort)


def _vacuous(grounds: Grounds, space: RequestSpace) -> tuple[str, ...]:
    """Say so where the question is about no request at all: then anything holds."""
    answer = AutomataSolver().solve(Problem(specialise(grounds.formula, grounds.fixed), space.principal, grounds.fixed))
    return () if isinstance(answer, Satisfied) else ("THE SPACE HOLDS NO REQUEST: nothing matches the question's patterns",)


def _ask(problem: Problem, solvers: Iterable[Solver], queries: Counter[str]) -> Satisfied | tuple[str, ...]:
    """Ask one solver after the other; return a request, or why none could tell (nothing: there is no such request)."""
    reasons: list[str] = []
    for solver in solvers:
        queries[solver.name] += 1
        answer = solver.solve(problem)
        if isinstance(answer, Satisfied):
            return answer
        if not isinstance(answer, Undecided):
            return ()
        reasons.extend(f"{solver.name}: {reason}" for reason in answer.reasons)
    return tuple(reasons) or ("no solver was handed in",)


def _replayed(policies: PolicySets, space: RequestSpace, found: Satisfied, grounds: Grounds, complaint: Complaint) -> Counterexample:
    """Put the request to the evaluator."""
    context = {**{key: values for key, values in grounds.fixed.items() if values}, **found.context}
    action = _as_written(policies, found.action)
    request = Request(action, found.resource, space.principal, context)
    decision = evaluate(policies, request)
    because = complaint(request, decision) if decision.allowed else ""
    if not because:
        raise Bug("The prover's counterexample is none on the evaluator", action=action, resource=found.resource, reason=decision.reason)
    return Counterexample(
        principal=space.principal.arn,
        action=action,
        resource=found.resource,
        context=context,
        matched=decision.matched,
        because=because,
    )


def _as_written(policies: PolicySets, action: str) -> str:
    """Return the action in the case in which a policy writes it (IAM compares actions without case)."""
    for one in (policies.identity, policies.boundary, policies.session, policies.resource):
        for statement in one.statements if one is not None else ():
            for written in statement.statement.actions:
                if written.lower() == action:
                    return written
    return action
