"""The native API's policies for generated code: the account's, its guardrails', and a text judged as the gateway would."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta

from ringwall.api.aws.operation import Call, Operation
from ringwall.api.native.operation import NativeOperation
from ringwall.api.native.shapes import NoInput, Shape, own_arn
from ringwall.errors import Bug
from ringwall.guardrails.code.config import CodePolicyConfig

if TYPE_CHECKING:  # clients read this table, and need no gateway
    from ringwall.inference.code_policies import StandingCodePolicy
    from ringwall.inference.gateway.code_guards import CodeGuards

TEXT_CHARS = 1_000_000

GuardrailId = Annotated[str, Meta(min_length=1, max_length=2048)]


class WhichCodePolicy(Shape, frozen=True, kw_only=True):
    """The account's policy, or that of the guardrail that is named (id, or ARN)."""

    guardrail_identifier: GuardrailId | None = None


class PutCodePolicyInput(Shape, frozen=True, kw_only=True):
    """A policy for the account, or for a guardrail beside the account's policy."""

    code_policy_config: CodePolicyConfig
    guardrail_identifier: GuardrailId | None = None


class ScanCodeInput(Shape, frozen=True, kw_only=True):
    """An answer, judged by the account's policy or a guardrail's; nothing is stored."""

    text: Annotated[str, Meta(max_length=TEXT_CHARS)]
    guardrail_identifier: GuardrailId | None = None


class CodePolicyOutput(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A policy as it stands. `digest` and `revision` are what receipts name."""

    scope: str
    guardrail_id: str | None
    code_policy_config: CodePolicyConfig
    revision: int
    digest: str
    updated_at: datetime
    updated_by: str


class CodePoliciesOutput(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Every policy of the account, its own first. None: no answer's code is scanned."""

    policies: tuple[CodePolicyOutput, ...]


class ScanCodeOutput(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What would leave, and the receipt as the audit record has it."""

    action: str
    output: str
    receipt: dict[str, Any]


def _guards(call: Call) -> CodeGuards:
    guards = call.rooms.gateway.code
    if guards is None:
        raise Bug("the gateway was built without scanners of code")
    return guards


async def _guardrail_of(call: Call, identifier: str | None) -> str:
    """Return a guardrail's id; "" for the account.

    Raises:
        GuardrailNotFound: there is none.
    """
    if identifier is None:
        return ""
    return str((await call.rooms.guardrails.get_guardrail(call.account_id, {"guardrailIdentifier": identifier}))["guardrailId"])


def _policy_id(identifier: str | None) -> str:
    """Return the id of a guardrail that may be gone; its policy can still be removed."""
    return "" if identifier is None else identifier.rpartition("/")[2]


def _shown(standing: StandingCodePolicy) -> CodePolicyOutput:
    return CodePolicyOutput(
        scope=standing.scope,
        guardrail_id=standing.guardrail_id or None,
        code_policy_config=standing.config,
        revision=standing.revision,
        digest=standing.digest,
        updated_at=standing.updated_at,
        updated_by=standing.updated_by,
    )


async def _list(call: Call, given: NoInput) -> CodePoliciesOutput:  # noqa: ARG001 - a handler's shape
    return CodePoliciesOutput(policies=tuple(_shown(each) for each in await _guards(call).policies.list(call.account_id)))


async def _get(call: Call, given: WhichCodePolicy) -> CodePolicyOutput:
    return _shown(await _guards(call).policies.get(call.account_id, _policy_id(given.guardrail_identifier)))


async def _put(call: Call, given: PutCodePolicyInput) -> CodePolicyOutput:
    guards = _guards(call)
    guardrail_id = await _guardrail_of(call, given.guardrail_identifier)
    guards.refuse_unreadable(given.code_policy_config)
    made = await guards.policies.put(call.account_id, given.code_policy_config, by=call.principal.arn, guardrail_id=guardrail_id)
    call.record["codePolicy"] = {"guardrailId": made.guardrail_id or None, "revision": made.revision, "digest": made.digest}
    return _shown(made)


async def _remove(call: Call, given: WhichCodePolicy) -> None:
    guardrail_id = _policy_id(given.guardrail_identifier)
    await _guards(call).policies.remove(call.account_id, guardrail_id)
    call.record["codePolicy"] = {"guardrailId": guardrail_id or None, "removed": True}


async def _scan(call: Call, given: ScanCodeInput) -> ScanCodeOutput:
    guards = _guards(call)
    standing = await guards.policies.get(call.account_id, _policy_id(given.guardrail_identifier))
    run = await guards.run(standing, given.text)
    call.record["code"] = {"configured": True, "runs": [run.receipt]}
    return ScanCodeOutput(action=run.receipt["action"], output=run.output, receipt=run.receipt)


def _policy_arn(call: Call, given: NoInput | WhichCodePolicy | PutCodePolicyInput | ScanCodeInput) -> Sequence[str]:
    name = "*" if isinstance(given, NoInput) else _policy_id(given.guardrail_identifier) or "account"
    return own_arn(call, f"code-policy/{name}")


OPERATIONS = (
    NativeOperation(
        Operation("ringwall", "ListCodePolicies", "ringwall:ListCodePolicies", _list, _policy_arn, read_only=True),
        "GET",
        "/code-policies",
        "List the policies for generated code; without one, no answer's code is scanned.",
        NoInput,
        CodePoliciesOutput,
    ),
    NativeOperation(
        Operation("ringwall", "GetCodePolicy", "ringwall:GetCodePolicy", _get, _policy_arn, read_only=True),
        "GET",
        "/code-policy",
        "Show the account's policy for generated code, or a guardrail's.",
        WhichCodePolicy,
        CodePolicyOutput,
    ),
    NativeOperation(
        Operation("ringwall", "PutCodePolicy", "ringwall:PutCodePolicy", _put, _policy_arn),
        "PUT",
        "/code-policy",
        "Put the account's policy for generated code, or a guardrail's own beside it: the stricter of the two wins.",
        PutCodePolicyInput,
        CodePolicyOutput,
    ),
    NativeOperation(
        Operation("ringwall", "DeleteCodePolicy", "ringwall:DeleteCodePolicy", _remove, _policy_arn),
        "DELETE",
        "/code-policy",
        "Remove the account's policy for generated code, or a guardrail's.",
        WhichCodePolicy,
        None,
    ),
    NativeOperation(
        Operation("ringwall", "ScanCode", "ringwall:ScanCode", _scan, _policy_arn, read_only=True),
        "POST",
        "/code-policy/scan",
        "Judge the code in a text as the gateway judges an answer's, and store nothing.",
        ScanCodeInput,
        ScanCodeOutput,
    ),
)
