"""Amazon SageMaker, runtime: InvokeEndpoint. The streaming and the asynchronous variant are not served (501, by name).

A body is not looked into unless the account watches the model (docs/operations/monitors.md). The audit record holds digests and sizes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from ringwall.api.aws.operation import Call, Operation
from ringwall.data.sagemaker_names import sagemaker_arn
from ringwall.errors import InvalidRequest
from ringwall.inference.limits import Subject, Usage, counted_key
from ringwall.inference.upstreams.endpoints import Invocation, Served

if TYPE_CHECKING:  # clients read this table, and need no storage
    from ringwall.inference.monitors import Watched

ROUTE: Final = "sagemaker"
"""As limits and web ACLs name it."""

_HANDED_ON: Final = {
    "ContentType": "content-type",
    "Accept": "accept",
    "CustomAttributes": "x-amzn-sagemaker-custom-attributes",
    "TargetModel": "x-amzn-sagemaker-target-model",
    "TargetVariant": "x-amzn-sagemaker-target-variant",
    "TargetContainerHostname": "x-amzn-sagemaker-target-container-hostname",
    "InferenceId": "x-amzn-sagemaker-inference-id",
    "EnableExplanations": "x-amzn-sagemaker-enable-explanations",
    "InferenceComponentName": "x-amzn-sagemaker-inference-component",
    "SessionId": "x-amzn-sagemaker-session-id",
    "PrefixAwareId": "x-amzn-sagemaker-prefix-aware-id",
}
_HANDED_BACK: Final = {
    "ContentType": "content-type",
    "CustomAttributes": "x-amzn-sagemaker-custom-attributes",
    "InvokedProductionVariant": "x-amzn-invoked-production-variant",
    "NewSessionId": "x-amzn-sagemaker-new-session-id",
    "ClosedSessionId": "x-amzn-sagemaker-closed-session-id",
}


def _endpoint(call: Call, request: dict[str, Any]) -> Sequence[str]:
    return (sagemaker_arn(call.region, call.account_id, "endpoint", request["EndpointName"]),)


def _conditions(_call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Source: service authorization reference, Amazon SageMaker, InvokeEndpoint."""
    return {"sagemaker:TargetModel": request["TargetModel"]} if request.get("TargetModel") else {}


async def _invoke(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    name = request["EndpointName"]
    place = await call.rooms.upstreams.models.find(call.account_id, name)
    model = name if place.row.is_pattern else place.row.id
    if model != name:  # an alias is one name more, not one permission more
        assert call.authorize is not None
        await call.authorize((sagemaker_arn(call.region, call.account_id, "endpoint", model),))
    invocation = _invocation(request)
    call.record["model"] = model
    call.record["input"] = _told(call, request.get("ContentType", ""), invocation.body)
    subject = Subject(account_id=call.account_id, key_id=counted_key(call.principal), model_id=model, route=ROUTE)
    grant = await call.rooms.budgets.admit(subject, Usage())
    call.give_back.append(grant.release)
    call.record.update(grant.record)
    try:
        watched = await call.rooms.monitors.watched(call.account_id, model, call.now)

        async def ask() -> Served:
            return await call.rooms.upstreams.invoke(invocation, place)

        served = await ask() if watched is None else await _under_watch(call, watched, invocation, ask)
    finally:
        await grant.settle(Usage())
    call.record["output"] = _told(call, served.headers.get("content-type", ""), served.body)
    return {"Body": served.body} | {member: served.headers[header] for member, header in _HANDED_BACK.items() if header in served.headers}


def _invocation(request: dict[str, Any]) -> Invocation:
    headers = tuple((header, request[member]) for member, header in _HANDED_ON.items() if request.get(member))
    if not all(value.isprintable() for _, value in headers):
        raise InvalidRequest("a header has a character that cannot be handed on")
    return Invocation(headers, request.get("Body") or b"")


async def _under_watch(call: Call, watched: Watched, invocation: Invocation, ask: Callable[[], Awaitable[Served]]) -> Served:
    """Ask as the account's monitor policy has it; whatever happens, the queries are counted, and what they set off is recorded."""
    try:
        await watched.read(dict(invocation.headers).get("content-type", ""), invocation.body)
        await watched.admit()
        answer: tuple[str, bytes] | None = None
        try:
            served = await ask()
            answer = (served.headers.get("content-type", ""), served.body)
        finally:
            await watched.saw(answer)
        await watched.settle()
        return Served(served.headers, await watched.softened(*answer))
    finally:
        call.record.update(watched.record)


def _told(call: Call, content_type: str, body: bytes) -> dict[str, Any]:
    kind = content_type.partition(";")[0].strip().lower()[:100]
    return {"digest": call.rooms.keys.digest(call.account_id, body), "bytes": len(body), "contentType": kind}


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "sagemaker-runtime", "InvokeEndpoint", "sagemaker:InvokeEndpoint", _invoke, _endpoint, read_only=True, conditions=_conditions
    ),
)
