"""STS: who am I, and temporary credentials."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ringwall.api.aws.operation import Call, Operation
from ringwall.api.aws.operations.iam_shapes import Input, Output, anything, moment
from ringwall.identity.errors import SessionRefused
from ringwall.identity.sessions import Issued, RoleRequest

_UNSERVED_MEMBERS = ("Tags", "TransitiveTagKeys", "SourceIdentity", "SerialNumber", "TokenCode", "ProvidedContexts")


async def _get_caller_identity(call: Call, _request: Input) -> Output:
    return {"UserId": call.principal.principal_id, "Account": call.account_id, "Arn": call.principal.arn}


async def _assume_role(call: Call, request: Input) -> Output:
    _refuse_unserved(request)
    issued = await call.rooms.identity.sessions.assume_role(
        call.principal,
        RoleRequest(
            role_arn=request["RoleArn"],
            session_name=request["RoleSessionName"],
            duration_s=request.get("DurationSeconds"),
            policy=request.get("Policy", ""),
            policy_arns=tuple(descriptor.get("arn", "") for descriptor in request.get("PolicyArns") or ()),
        ),
    )
    caller = issued.session.caller
    call.record["issuedAccessKeyId"] = issued.session.access_key_id
    answer: Output = {
        "Credentials": _credentials(issued),
        "AssumedRoleUser": {"AssumedRoleId": caller.principal_id, "Arn": caller.arn},
    }
    if issued.packed_percent:
        answer["PackedPolicySize"] = issued.packed_percent
    return answer


async def _get_session_token(call: Call, request: Input) -> Output:
    _refuse_unserved(request)
    issued = await call.rooms.identity.sessions.get_session_token(call.principal, request.get("DurationSeconds"))
    call.record["issuedAccessKeyId"] = issued.session.access_key_id
    return {"Credentials": _credentials(issued)}


def _refuse_unserved(request: Input) -> None:
    """Refuse what a session would silently lack: session tags, a source identity, a second factor."""
    for member in _UNSERVED_MEMBERS:
        if request.get(member):
            raise SessionRefused(f"ringwall does not serve {member} in sessions")


def _credentials(issued: Issued) -> Output:
    session = issued.session
    return {
        "AccessKeyId": session.access_key_id,
        "SecretAccessKey": session.secret_access_key,
        "SessionToken": issued.token,
        "Expiration": moment(session.expires_at),
    }


def _role(_call: Call, request: Input) -> Sequence[str]:
    return (request["RoleArn"],)


def _conditions(_call: Call, request: Input) -> dict[str, Any]:
    keys: dict[str, Any] = {"sts:RoleSessionName": request["RoleSessionName"]}
    if request.get("ExternalId"):
        keys["sts:ExternalId"] = request["ExternalId"]
    return keys


OPERATIONS: tuple[Operation, ...] = (
    Operation("sts", "GetCallerIdentity", "sts:GetCallerIdentity", _get_caller_identity, anything, read_only=True, authorized=False),
    Operation("sts", "AssumeRole", "sts:AssumeRole", _assume_role, _role, conditions=_conditions),
    Operation("sts", "GetSessionToken", "sts:GetSessionToken", _get_session_token, anything, authorized=False),
)
