"""Amazon Bedrock, runtime: ApplyGuardrail and InvokeGuardrailChecks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ringwall.api.aws.checking import apply_guardrail
from ringwall.api.aws.operation import Call, Operation
from ringwall.api.aws.operations.bedrock import guardrail_resource

_SERVICE = "bedrock-runtime"


def _applied(call: Call, request: dict[str, Any]) -> Sequence[str]:
    return guardrail_resource(call, request.get("guardrailIdentifier"))


def _anything(_call: Call, _request: dict[str, Any]) -> Sequence[str]:
    return ("*",)


async def _apply(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    return (await apply_guardrail(call, request)).answer


async def _check(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    run = await call.rooms.guardrails.invoke_guardrail_checks(call.account_id, request)
    call.record.update(run.record)
    return run.answer


OPERATIONS: tuple[Operation, ...] = (
    Operation(_SERVICE, "ApplyGuardrail", "bedrock:ApplyGuardrail", _apply, _applied, read_only=True),
    Operation(_SERVICE, "InvokeGuardrailChecks", "bedrock:InvokeGuardrailChecks", _check, _anything, read_only=True),
)
