"""Amazon SageMaker Feature Store, runtime: records of feature groups. Audit records have keyed digests of identifiers, never values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ringwall.api.aws.operation import Call, Operation
from ringwall.api.aws.operations.sagemaker import group_resource
from ringwall.data.online_store import Put

_SERVICE = "sagemaker-featurestore-runtime"


def _named(call: Call, request: dict[str, Any]) -> Sequence[str]:
    return (group_resource(call, request["FeatureGroupName"]),)


def _all_named(call: Call, request: dict[str, Any]) -> Sequence[str]:
    return tuple(dict.fromkeys(group_resource(call, each["FeatureGroupName"]) for each in request["Identifiers"]))


def _digest(call: Call, identifier: str) -> str:
    return call.rooms.keys.digest(call.account_id, f"feature record\0{identifier}".encode())


def _record(call: Call, put: Put) -> None:
    call.record["featureRecord"] = {
        "featureGroup": put.group,
        "identifierDigest": _digest(call, put.identifier),
        "online": put.online,
        "offline": put.offline,
    }


async def _put(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    _record(call, await call.rooms.features.records.put(call.account_id, request))
    return {}


async def _delete(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    _record(call, await call.rooms.features.records.delete(call.account_id, request))
    return {}


async def _get(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    answer = await call.rooms.features.records.get(call.account_id, request)
    identifier = _digest(call, request["RecordIdentifierValueAsString"])
    call.record["featureRecord"] = {"identifierDigest": identifier, "found": "Record" in answer}
    return answer


async def _batch_get(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    answer = await call.rooms.features.records.batch_get(call.account_id, request)
    call.record["featureRecords"] = {"found": len(answer["Records"]), "errors": len(answer["Errors"])}
    return answer


OPERATIONS: tuple[Operation, ...] = (
    Operation(_SERVICE, "PutRecord", "sagemaker:PutRecord", _put, _named),
    Operation(_SERVICE, "GetRecord", "sagemaker:GetRecord", _get, _named, read_only=True),
    Operation(_SERVICE, "BatchGetRecord", "sagemaker:BatchGetRecord", _batch_get, _all_named, read_only=True),
    Operation(_SERVICE, "DeleteRecord", "sagemaker:DeleteRecord", _delete, _named),
)
