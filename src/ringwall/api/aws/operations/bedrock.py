"""Amazon Bedrock, control plane: guardrails, their versions and tags, and the enforced guardrail of an account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ringwall.api.aws.operation import Call, Operation
from ringwall.inference.guardrails import Updated

LOSSES_RECORDED = 50
_SERVICE = "bedrock"


def guardrail_resource(call: Call, identifier: str | None) -> Sequence[str]:
    """Return the ARN a guardrail identifier stands for, as IAM policies name it."""
    if not identifier:
        return (f"arn:aws:bedrock:{call.region}:{call.account_id}:guardrail/*",)
    if identifier.startswith("arn:"):
        return (identifier,)
    return (f"arn:aws:bedrock:{call.region}:{call.account_id}:guardrail/{identifier}",)


def _named(call: Call, request: dict[str, Any]) -> Sequence[str]:
    return guardrail_resource(call, request.get("guardrailIdentifier"))


def _listed(call: Call, request: dict[str, Any]) -> Sequence[str]:
    identifier = request.get("guardrailIdentifier")
    return guardrail_resource(call, identifier) if identifier else ("*",)


def _tagged(_call: Call, request: dict[str, Any]) -> Sequence[str]:
    return (request["resourceARN"],)


def _anything(_call: Call, _request: dict[str, Any]) -> Sequence[str]:
    return ("*",)


def _request_tags(_call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Return the condition keys aws:RequestTag/KEY and aws:TagKeys (IAM user guide, "AWS global condition context keys")."""
    tags = request.get("tags") or ()
    keys: dict[str, Any] = {f"aws:RequestTag/{tag['key']}": tag["value"] for tag in tags}
    if tags:
        keys["aws:TagKeys"] = [tag["key"] for tag in tags]
    return keys


def _removed_tags(_call: Call, request: dict[str, Any]) -> dict[str, Any]:
    return {"aws:TagKeys": list(request["tagKeys"])} if request.get("tagKeys") else {}


async def _create(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    answer = await call.rooms.guardrails.create_guardrail(call.account_id, request)
    call.record["guardrail"] = {"arn": answer["guardrailArn"], "version": answer["version"]}
    return answer


async def _update(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    updated = await call.rooms.guardrails.replace_draft(call.account_id, request, keeps_own=True)
    record_update(call, updated)
    return updated.answer


def record_update(call: Call, updated: Updated) -> None:
    """Leave in the audit record what was changed, and which proofs were lost by it: rule ids, never words or texts."""
    call.record["guardrail"] = {"arn": updated.answer["guardrailArn"], "version": updated.answer["version"]}
    change = updated.proofs
    call.record["proofs"] = {
        "outcome": change.outcome,
        "lost": [{"source": each.source, "rule": each.rule, "proofs": each.proofs} for each in change.lost[:LOSSES_RECORDED]],
        "undecided": [{"source": each.source, "rule": each.rule} for each in change.undecided[:LOSSES_RECORDED]],
    }


async def _get(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    return await call.rooms.guardrails.get_guardrail(call.account_id, request)


async def _list(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    return await call.rooms.guardrails.list_guardrails(call.account_id, request)


async def _delete(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    return await call.rooms.guardrails.delete_guardrail(call.account_id, request)


async def _create_version(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    answer = await call.rooms.guardrails.create_guardrail_version(call.account_id, request)
    call.record["guardrail"] = {"arn": guardrail_resource(call, answer["guardrailId"])[0], "version": answer["version"]}
    return answer


async def _tag(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    return await call.rooms.guardrails.tag_resource(call.account_id, request)


async def _untag(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    return await call.rooms.guardrails.untag_resource(call.account_id, request)


async def _list_tags(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    return await call.rooms.guardrails.list_tags_for_resource(call.account_id, request)


async def _put_enforced(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    return await call.rooms.guardrails.put_enforced_guardrail_configuration(call.account_id, request, by=call.principal.arn)


async def _list_enforced(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    return await call.rooms.guardrails.list_enforced_guardrails_configuration(call.account_id, request)


async def _delete_enforced(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    return await call.rooms.guardrails.delete_enforced_guardrail_configuration(call.account_id, request)


OPERATIONS: tuple[Operation, ...] = (
    Operation(_SERVICE, "CreateGuardrail", "bedrock:CreateGuardrail", _create, _named, conditions=_request_tags),
    Operation(_SERVICE, "UpdateGuardrail", "bedrock:UpdateGuardrail", _update, _named),
    Operation(_SERVICE, "GetGuardrail", "bedrock:GetGuardrail", _get, _named, read_only=True),
    Operation(_SERVICE, "ListGuardrails", "bedrock:ListGuardrails", _list, _listed, read_only=True),
    Operation(_SERVICE, "DeleteGuardrail", "bedrock:DeleteGuardrail", _delete, _named),
    Operation(_SERVICE, "CreateGuardrailVersion", "bedrock:CreateGuardrailVersion", _create_version, _named),
    Operation(_SERVICE, "TagResource", "bedrock:TagResource", _tag, _tagged, conditions=_request_tags),
    Operation(_SERVICE, "UntagResource", "bedrock:UntagResource", _untag, _tagged, conditions=_removed_tags),
    Operation(_SERVICE, "ListTagsForResource", "bedrock:ListTagsForResource", _list_tags, _tagged, read_only=True),
    Operation(_SERVICE, "PutEnforcedGuardrailConfiguration", "bedrock:PutEnforcedGuardrailConfiguration", _put_enforced, _anything),
    Operation(
        _SERVICE,
        "ListEnforcedGuardrailsConfiguration",
        "bedrock:ListEnforcedGuardrailsConfiguration",
        _list_enforced,
        _anything,
        read_only=True,
    ),
    Operation(
        _SERVICE, "DeleteEnforcedGuardrailConfiguration", "bedrock:DeleteEnforcedGuardrailConfiguration", _delete_enforced, _anything
    ),
)
