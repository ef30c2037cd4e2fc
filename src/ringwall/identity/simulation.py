"""What would happen if: the policy simulator, over the same evaluator that decides."""

from __future__ import annotations

from typing import Literal

import msgspec

from ringwall.identity.errors import InvalidInput
from ringwall.identity.permissions import NamedDocument, compile_documents
from ringwall.policies import CompiledStatement, Decision, PolicySet, PolicySets, Request, compile_policies, evaluate, parse_policy
from ringwall.policies.pattern import Variable, tokenize
from ringwall.vocabulary import Principal

Verdict = Literal["allowed", "explicitDeny", "implicitDeny"]
_MAX_EVALUATIONS = 10_000


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Policies, a caller, and the requests to try.

    documents, boundary: name and text; `boundary` None where there is none.
    """

    caller: Principal
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    documents: tuple[NamedDocument, ...]
    boundary: tuple[NamedDocument, ...] | None
    resource_policy: str
    context: dict[str, tuple[str, ...]]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one request.

    matched: the names of the policies whose statements matched. missing: condition keys the policies ask for and the question lacks.
    """

    action: str
    resource: str
    verdict: Verdict
    matched: tuple[str, ...]
    missing: tuple[str, ...]
    allowed_by_boundary: bool | None


def simulate(question: Question) -> tuple[Answer, ...]:
    """Try every action on every resource.

    Raises:
        InvalidInput: too many combinations. MalformedPolicyDocument: the resource policy.
    """
    if len(question.actions) * len(question.resources) > _MAX_EVALUATIONS:
        raise InvalidInput(f"A simulation tries at most {_MAX_EVALUATIONS} combinations of actions and resources")
    sets = PolicySets(
        compile_documents(question.documents),
        boundary=None if question.boundary is None else compile_documents(question.boundary),
        resource=_resource_policy(question.resource_policy),
    )
    return tuple(
        _answer(sets, Request(action, resource, question.caller, question.context))
        for action in question.actions
        for resource in question.resources
    )


def _resource_policy(document: str) -> PolicySet | None:
    return compile_policies([parse_policy(document, kind="resource", name="ResourcePolicy")]) if document else None


def _answer(sets: PolicySets, request: Request) -> Answer:
    decision = evaluate(sets, request)
    present = [one for one in (sets.identity, sets.boundary, sets.resource) if one is not None]
    matched = dict.fromkeys(statement.id.policy for one in present for statement in one.matching(request))
    missing = sorted(
        {key for one in present for statement in one.taking_action(request.action) for key in _keys(statement)} - set(request.context)
    )
    return Answer(
        action=request.action,
        resource=request.resource,
        verdict=_verdict(decision),
        matched=tuple(matched),
        missing=tuple(missing),
        allowed_by_boundary=None if sets.boundary is None else _boundary_allows(sets.boundary, request),
    )


def _boundary_allows(boundary: PolicySet, request: Request) -> bool:
    return boundary.first_deny(request) is None and boundary.first_allow(request) is not None


def _verdict(decision: Decision) -> Verdict:
    if decision.allowed:
        return "allowed"
    return "explicitDeny" if decision.reason == "explicit-deny" else "implicitDeny"


def _keys(statement: CompiledStatement) -> set[str]:
    """Return the condition keys that a statement asks for, in conditions and in variables of its resources."""
    keys = {condition.key for condition in statement.statement.conditions}
    for resource in statement.resource_patterns:
        keys |= {token.key for token in resource if isinstance(token, Variable)}
    for condition in statement.statement.conditions:
        for value in condition.values:
            if "${" in value and statement.has_variables:
                keys |= {token.key for token in tokenize(value, variables=True) if isinstance(token, Variable)}
    return keys
