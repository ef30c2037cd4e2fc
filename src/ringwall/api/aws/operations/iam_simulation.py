"""IAM: the policy simulator."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ringwall.api.aws.operation import Call, Handler, Operation, Resources
from ringwall.api.aws.operations.iam_shapes import Input, Output, anything, sliced
from ringwall.identity.errors import InvalidInput
from ringwall.identity.simulation import Answer, Question, context_keys, simulate
from ringwall.policies import request_context
from ringwall.vocabulary import Principal

_MULTIPLE = "List"


async def _simulate_custom(call: Call, request: Input) -> Output:
    simulation = call.rooms.identity.simulation
    caller = await simulation.caller(call.principal, request.get("CallerArn", ""))
    question = await _question(call, request, caller, source="")
    if not request.get("CallerArn") and not question.resource_policy:
        # Documents without a caller are tried as they stand: every resource is the account's own.
        question = msgspec.structs.replace(question, context={"aws:resourceaccount": (caller.account_id,), **question.context})
    return _answer(request, simulate(question))


async def _simulate_principal(call: Call, request: Input) -> Output:
    simulation = call.rooms.identity.simulation
    caller = await simulation.caller(call.principal, request.get("CallerArn", "") or request["PolicySourceArn"])
    return _answer(request, simulate(await _question(call, request, caller, source=request["PolicySourceArn"])))


async def _question(call: Call, request: Input, caller: Principal, *, source: str) -> Question:
    simulation = call.rooms.identity.simulation
    given = simulation.read(request.get("PolicyInputList") or (), "PolicyInputList")
    boundary_input = request.get("PermissionsBoundaryPolicyInputList") or ()
    boundary = simulation.read(boundary_input, "PermissionsBoundaryPolicyInputList") if boundary_input else None
    documents = given
    context = _context(request)
    if source:
        attached, attached_boundary, own = await simulation.attached(call.account_id, source)
        documents = (*attached, *given)
        boundary = boundary if boundary is not None else attached_boundary
        context = {**own, **context}
    return Question(
        caller=caller,
        actions=tuple(request["ActionNames"]),
        resources=tuple(request.get("ResourceArns") or ("*",)),
        documents=documents,
        boundary=boundary,
        resource_policy=request.get("ResourcePolicy", ""),
        context=context,
    )


def _context(request: Input) -> dict[str, tuple[str, ...]]:
    entries = []
    for entry in request.get("ContextEntries") or ():
        values = list(entry.get("ContextKeyValues") or ())
        if len(values) > 1 and not entry.get("ContextKeyType", "").endswith(_MULTIPLE):
            raise InvalidInput(f"Context key {entry.get('ContextKeyName', '')[:100]} has several values but is not of a list type")
        entries.append((str(entry.get("ContextKeyName", "")), values))
    return request_context(entries)


def _answer(request: Input, answers: Sequence[Answer]) -> Output:
    return sliced("EvaluationResults", answers, request, _shape)


def _shape(answer: Answer) -> Output:
    shape: Output = {
        "EvalActionName": answer.action,
        "EvalResourceName": answer.resource,
        "EvalDecision": answer.verdict,
        "MatchedStatements": [{"SourcePolicyId": name, "SourcePolicyType": _source_type(name)} for name in answer.matched],
        "MissingContextValues": list(answer.missing),
    }
    if answer.allowed_by_boundary is not None:
        shape["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": answer.allowed_by_boundary}
    return shape


def _source_type(name: str) -> str:
    if name.startswith("user_"):
        return "user"
    if name.startswith("role_"):
        return "role"
    if name.startswith("group_"):
        return "group"
    if name.startswith("arn:aws:iam::aws:"):
        return "aws-managed"
    if name.startswith("arn:"):
        return "user-managed"
    return "resource" if name == "ResourcePolicy" else "none"


async def _keys_for_custom(call: Call, request: Input) -> Output:
    return {"ContextKeyNames": list(context_keys(call.rooms.identity.simulation.read(request["PolicyInputList"], "PolicyInputList")))}


async def _keys_for_principal(call: Call, request: Input) -> Output:
    simulation = call.rooms.identity.simulation
    attached, _, _ = await simulation.attached(call.account_id, request["PolicySourceArn"])
    given = simulation.read(request.get("PolicyInputList") or (), "PolicyInputList")
    return {"ContextKeyNames": list(context_keys((*attached, *given)))}


def _source(_call: Call, request: Input) -> Sequence[str]:
    return (request["PolicySourceArn"],)


def _row(name: str, handle: Handler, resources: Resources) -> Operation:
    return Operation("iam", name, f"iam:{name}", handle, resources, read_only=True)


OPERATIONS: tuple[Operation, ...] = (
    _row("GetContextKeysForCustomPolicy", _keys_for_custom, anything),
    Operation(
        "iam", "GetContextKeysForPrincipalPolicy", "iam:GetContextKeysForPrincipalPolicy", _keys_for_principal, _source, read_only=True
    ),
    _row("SimulateCustomPolicy", _simulate_custom, anything),
    _row("SimulatePrincipalPolicy", _simulate_principal, _source),
)
