"""Amazon SageMaker, control plane: feature groups, and what is noted about their features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ringwall.api.aws.operation import Call, Operation
from ringwall.data.sagemaker_names import sagemaker_arn

SERVICE = "sagemaker"


def group_resource(call: Call, identifier: str) -> str:
    """Return the ARN a feature group's name or ARN stands for, as IAM policies name it."""
    return identifier if identifier.startswith("arn:") else sagemaker_arn(call.region, call.account_id, "feature-group", identifier)


def _named(call: Call, request: dict[str, Any]) -> Sequence[str]:
    return (group_resource(call, request["FeatureGroupName"]),)


def _anything(_call: Call, _request: dict[str, Any]) -> Sequence[str]:
    return ("*",)


def request_tags(_call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Return the condition keys aws:RequestTag/KEY and aws:TagKeys (IAM user guide, "AWS global condition context keys")."""
    tags = request.get("Tags") or ()
    keys: dict[str, Any] = {f"aws:RequestTag/{tag['Key']}": tag["Value"] for tag in tags}
    return keys | ({"aws:TagKeys": [tag["Key"] for tag in tags]} if tags else {})


async def _create(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    return await call.rooms.features.groups.create(call.account_id, request)


async def _describe(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    return await call.rooms.features.groups.describe(call.account_id, request)


async def _update(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    return await call.rooms.features.groups.update(call.account_id, request)


async def _delete(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    await call.rooms.features.groups.delete(call.account_id, request)
    return {}


async def _list(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    return await call.rooms.features.groups.listing(call.account_id, request)


async def _update_metadata(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    await call.rooms.features.groups.update_metadata(call.account_id, request)
    return {}


async def _describe_metadata(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    return await call.rooms.features.groups.describe_metadata(call.account_id, request)


OPERATIONS: tuple[Operation, ...] = (
    Operation(SERVICE, "CreateFeatureGroup", "sagemaker:CreateFeatureGroup", _create, _named, conditions=request_tags),
    Operation(SERVICE, "DescribeFeatureGroup", "sagemaker:DescribeFeatureGroup", _describe, _named, read_only=True),
    Operation(SERVICE, "UpdateFeatureGroup", "sagemaker:UpdateFeatureGroup", _update, _named),
    Operation(SERVICE, "DeleteFeatureGroup", "sagemaker:DeleteFeatureGroup", _delete, _named),
    Operation(SERVICE, "ListFeatureGroups", "sagemaker:ListFeatureGroups", _list, _anything, read_only=True),
    Operation(SERVICE, "UpdateFeatureMetadata", "sagemaker:UpdateFeatureMetadata", _update_metadata, _named),
    Operation(SERVICE, "DescribeFeatureMetadata", "sagemaker:DescribeFeatureMetadata", _describe_metadata, _named, read_only=True),
)
