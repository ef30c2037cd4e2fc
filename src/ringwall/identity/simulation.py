"""What would happen if: the policy simulator, over the same evaluator that decides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from ringwall.identity.caller import caller_of, session_of
from ringwall.identity.entities import Holder, Role, User
from ringwall.identity.errors import InvalidInput, NoSuchEntity
from ringwall.identity.permissions import NamedDocument, Permissions
from ringwall.policies import (
    CompiledStatement,
    Decision,
    MalformedPolicyDocument,
    PolicySet,
    PolicySets,
    Request,
    compile_policies,
    evaluate,
    parse_policy,
    read_stored_policy,
)
from ringwall.policies.pattern import Variable, tokenize
from ringwall.vocabulary import Arn, Principal

Verdict = Literal["allowed", "explicitDeny", "implicitDeny"]
_MAX_EVALUATIONS = 1_000
_MAX_POLICY_CHARS = 131_072


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


class Simulator:
    """Gathers what a question is about."""

    def __init__(self, permissions: Permissions) -> None:
        self._permissions = permissions

    @staticmethod
    def read(documents: Sequence[str], source: str) -> tuple[NamedDocument, ...]:
        """Check the documents of a request and name them as the simulator does: `PolicyInputList.1`.

        Raises:
            InvalidInput: one of them does not parse, or they are too long together.
        """
        if sum(map(len, documents)) > _MAX_POLICY_CHARS:
            raise InvalidInput(f"A simulation takes at most {_MAX_POLICY_CHARS} characters of policies")
        named = []
        for index, document in enumerate(documents):
            try:
                parse_policy(document)
            except MalformedPolicyDocument as error:
                raise InvalidInput(f"{source}.{index + 1}: {error.message}") from error
            named.append((f"{source}.{index + 1}", document))
        return tuple(named)

    async def attached(
        self, account_id: str, arn: str
    ) -> tuple[tuple[NamedDocument, ...], tuple[NamedDocument, ...] | None, dict[str, tuple[str, ...]]]:
        """Return an entity's policies, its boundary, and the condition keys that come with it.

        Raises:
            NoSuchEntity: none of this ARN in the account.
        """
        holder = await self._holder(account_id, arn)
        documents = await self._permissions.documents_of(holder)
        boundary = (await self._permissions.document_of(account_id, holder.boundary),) if holder.boundary else None
        context: dict[str, tuple[str, ...]] = {f"aws:principaltag/{tag.lower()}": (value,) for tag, value in holder.tags.items()}
        context |= {"aws:principalarn": (holder.arn,), "aws:principalaccount": (account_id,)}
        if isinstance(holder, User):
            context |= {"aws:username": (holder.name,), "aws:userid": (holder.id,), "aws:principaltype": ("User",)}
        return documents, boundary, context

    async def caller(self, principal: Principal, arn: str) -> Principal:
        """Return the caller that a question is asked for: the user of this ARN, or else the one who asks.

        Raises:
            InvalidInput: not an ARN. NoSuchEntity: a user or role that is not there.
        """
        if not arn or arn == principal.arn:
            return principal
        holder = await self._holder(principal.account_id, arn)
        if isinstance(holder, User):
            return caller_of(holder)
        if isinstance(holder, Role):
            return session_of(holder, "simulated", "", 0, ())
        return caller_of(User(account_id=holder.account_id, name=holder.name, path=holder.path, created=0, id=holder.id))

    async def _holder(self, account_id: str, arn: str) -> Holder:
        named = Arn.parse(arn)
        if named.service != "iam":
            raise InvalidInput(f"ARN {arn[:200]} is not valid.")
        found = await self._permissions.entity(account_id, named.resource) if named.account_id == account_id else None
        if found is None or found.arn != arn:
            raise NoSuchEntity(f"{arn[:200]} does not exist in this account.")
        return found


def context_keys(documents: Sequence[NamedDocument]) -> tuple[str, ...]:
    """Return the condition keys that documents ask for, in conditions and variables."""
    return tuple(sorted({key for statement in _compile(tuple(documents)).statements for key in _keys(statement)}))


def simulate(question: Question) -> tuple[Answer, ...]:
    """Try every action on every resource.

    Raises:
        InvalidInput: too many combinations. MalformedPolicyDocument: the resource policy.
    """
    if len(question.actions) * len(question.resources) > _MAX_EVALUATIONS:
        raise InvalidInput(f"A simulation tries at most {_MAX_EVALUATIONS} combinations of actions and resources")
    sets = PolicySets(
        _compile(question.documents),
        boundary=None if question.boundary is None else _compile(question.boundary),
        resource=_resource_policy(question.resource_policy),
    )
    return tuple(
        _answer(sets, Request(action, resource, question.caller, question.context))
        for action in question.actions
        for resource in question.resources
    )


def _compile(documents: tuple[NamedDocument, ...]) -> PolicySet:
    """Compile without keeping: what is tried here must not push out what decides."""
    return compile_policies([read_stored_policy(document, name=name) for name, document in documents])


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
