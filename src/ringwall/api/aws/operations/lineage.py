"""Amazon SageMaker ML lineage: artifacts, actions, contexts, associations, queries; and the tags of everything SageMaker here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ringwall.api.aws.operation import Call, Handler, Operation, Resources
from ringwall.api.aws.operations.sagemaker import SERVICE, request_tags
from ringwall.data.lineage_entity import WORDS, artifact_id
from ringwall.data.sagemaker_names import read_tags, sagemaker_arn, show_tags, tagged

TagChange = Callable[[dict[str, str]], dict[str, str]]


def _anything(_call: Call, _request: dict[str, Any]) -> Sequence[str]:
    return ("*",)


def _entity(kind: str) -> Resources:
    """Return the ARN of the action or context that a request names by its name or ARN."""
    member = f"{WORDS[kind]}Name"

    def resources(call: Call, request: dict[str, Any]) -> Sequence[str]:
        identifier = request[member]
        return (identifier if identifier.startswith("arn:") else sagemaker_arn(call.region, call.account_id, kind, identifier),)

    return resources


def _artifact(call: Call, request: dict[str, Any]) -> Sequence[str]:
    """Return the ARN of an artifact that may be named by its source: it is known before the artifact is, so no policy is passed by."""
    named = [request["ArtifactArn"]] if request.get("ArtifactArn") else []
    if request.get("Source"):
        named.append(sagemaker_arn(call.region, call.account_id, "artifact", artifact_id(request["Source"])))
    return named or (sagemaker_arn(call.region, call.account_id, "artifact", "*"),)


def _ends(_call: Call, request: dict[str, Any]) -> Sequence[str]:
    return (request["SourceArn"], request["DestinationArn"])


def _starts(_call: Call, request: dict[str, Any]) -> Sequence[str]:
    return tuple(request.get("StartArns") or ()) or ("*",)


def _resource(_call: Call, request: dict[str, Any]) -> Sequence[str]:
    return (request["ResourceArn"],)


def _removed_tags(_call: Call, request: dict[str, Any]) -> dict[str, Any]:
    return {"aws:TagKeys": list(request["TagKeys"])}


def _create(kind: str) -> Handler:
    async def handle(call: Call, request: dict[str, Any]) -> dict[str, Any]:
        return await call.rooms.lineage.entities.create(call.account_id, kind, request, call.principal)

    return handle


def _describe(kind: str) -> Handler:
    member = "ArtifactArn" if kind == "artifact" else f"{WORDS[kind]}Name"

    async def handle(call: Call, request: dict[str, Any]) -> dict[str, Any]:
        return await call.rooms.lineage.entities.describe(call.account_id, kind, request[member])

    return handle


def _update(kind: str) -> Handler:
    async def handle(call: Call, request: dict[str, Any]) -> dict[str, Any]:
        return await call.rooms.lineage.entities.update(call.account_id, kind, request, call.principal)

    return handle


def _delete(kind: str) -> Handler:
    async def handle(call: Call, request: dict[str, Any]) -> dict[str, Any]:
        return await call.rooms.lineage.entities.delete(call.account_id, kind, request)

    return handle


def _list(kind: str) -> Handler:
    async def handle(call: Call, request: dict[str, Any]) -> dict[str, Any]:
        return await call.rooms.lineage.entities.listing(call.account_id, kind, request)

    return handle


async def _add_association(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    return await call.rooms.lineage.associations.add(call.account_id, request, call.principal)


async def _delete_association(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    return await call.rooms.lineage.associations.delete(call.account_id, request)


async def _list_associations(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    return await call.rooms.lineage.associations.listing(call.account_id, request)


async def _query(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    answer = await call.rooms.lineage.associations.query(call.account_id, request)
    call.record["lineage"] = {"vertices": len(answer["Vertices"]), "edges": len(answer["Edges"])}
    return answer


async def _add_tags(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    added = read_tags(request["Tags"])
    return {"Tags": show_tags(await _change_tags(call, request["ResourceArn"], lambda tags: {**tags, **added}))}


async def _delete_tags(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    removed = frozenset(request["TagKeys"])
    await _change_tags(call, request["ResourceArn"], lambda tags: {key: value for key, value in tags.items() if key not in removed})
    return {}


async def _change_tags(call: Call, arn: str, change: TagChange) -> dict[str, str]:
    kind, name = tagged(arn, account_id=call.account_id, region=call.region)
    if kind == "feature-group":
        return await call.rooms.features.groups.change_tags(call.account_id, name, change)
    return await call.rooms.lineage.entities.change_tags(call.account_id, kind, name, change)


async def _list_tags(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    kind, name = tagged(request["ResourceArn"], account_id=call.account_id, region=call.region)
    if kind == "feature-group":
        return {"Tags": show_tags(await call.rooms.features.groups.tags(call.account_id, name))}
    return {"Tags": show_tags(await call.rooms.lineage.entities.tags(call.account_id, kind, name))}


OPERATIONS: tuple[Operation, ...] = (
    Operation(SERVICE, "CreateArtifact", "sagemaker:CreateArtifact", _create("artifact"), _artifact, conditions=request_tags),
    Operation(SERVICE, "CreateAction", "sagemaker:CreateAction", _create("action"), _entity("action"), conditions=request_tags),
    Operation(SERVICE, "CreateContext", "sagemaker:CreateContext", _create("context"), _entity("context"), conditions=request_tags),
    *(
        Operation(
            SERVICE,
            f"{verb}{word}",
            f"sagemaker:{verb}{word}",
            make(kind),
            _artifact if kind == "artifact" else _entity(kind),
            read_only=reads,
        )
        for kind, word in WORDS.items()
        for verb, make, reads in (("Describe", _describe, True), ("Update", _update, False), ("Delete", _delete, False))
    ),
    *(Operation(SERVICE, f"List{word}s", f"sagemaker:List{word}s", _list(kind), _anything, read_only=True) for kind, word in WORDS.items()),
    Operation(SERVICE, "AddAssociation", "sagemaker:AddAssociation", _add_association, _ends),
    Operation(SERVICE, "DeleteAssociation", "sagemaker:DeleteAssociation", _delete_association, _ends),
    Operation(SERVICE, "ListAssociations", "sagemaker:ListAssociations", _list_associations, _anything, read_only=True),
    Operation(SERVICE, "QueryLineage", "sagemaker:QueryLineage", _query, _starts, read_only=True),
    Operation(SERVICE, "AddTags", "sagemaker:AddTags", _add_tags, _resource, conditions=request_tags),
    Operation(SERVICE, "DeleteTags", "sagemaker:DeleteTags", _delete_tags, _resource, conditions=_removed_tags),
    Operation(SERVICE, "ListTags", "sagemaker:ListTags", _list_tags, _resource, read_only=True),
)
