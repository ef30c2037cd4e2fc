"""ApplyGuardrail, as the AWS face and the native one do it: judged, recorded, and kept sealed where the account's policy says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ringwall.api.aws.operation import Call
from ringwall.inference.guardrails import Run
from ringwall.inference.prompts.prompts import Check, Who


async def apply_guardrail(call: Call, request: Mapping[str, Any]) -> Run:
    """Judge the texts of a request in the shape of ApplyGuardrail's.

    Raises:
        PromptNotKept: the account requires such texts to be kept, and these could not be.
        RingwallError: as `Guardrails.apply_guardrail`.
    """
    run = await call.rooms.guardrails.apply_guardrail(call.account_id, request)
    call.record.update(run.record)
    policy = await call.rooms.prompts.policy(call.account_id)
    if policy is not None and policy.guardrail_checks:
        who = Who(account_id=call.account_id, request_id=call.request_id, at=call.now, principal=call.principal.arn, route="guardrail")
        check = Check(
            guardrail=run.answer["assessments"][0]["appliedGuardrailDetails"]["guardrailId"],
            source=request["source"],
            texts=tuple(block["text"]["text"] for block in request["content"] if "text" in block),
            outputs=tuple(output["text"] for output in run.answer["outputs"]),
            verdict=run.evaluation.outcome.action,
        )
        call.record.update(await call.rooms.prompts.keep_check(who, check, policy))
    return run
