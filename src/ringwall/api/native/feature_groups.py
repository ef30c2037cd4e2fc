"""The native API's feature groups: AWS's operations for programs that have an API key and no signature. Members are named as AWS does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from ringwall.api.aws.operation import Call, Operation
from ringwall.api.aws.operations.sagemaker import group_resource
from ringwall.api.aws.registry import BY_NAME
from ringwall.api.native.operation import NativeOperation

_Text = Annotated[str, Meta(max_length=358_400)]
_Name = Annotated[str, Meta(pattern=r"^[a-zA-Z0-9]([_-]*[a-zA-Z0-9]){0,63}\Z", max_length=64)]
_FeatureName = Annotated[str, Meta(pattern=r"^[a-zA-Z0-9]([-_]*[a-zA-Z0-9]){0,63}\Z", max_length=64)]
_Identifier = Annotated[str, Meta(min_length=1, max_length=2048)]


class _Shape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="pascal", omit_defaults=True):
    pass


class FeatureDefinition(_Shape, frozen=True, kw_only=True):
    """One feature."""

    feature_name: _FeatureName
    feature_type: Literal["Integral", "Fractional", "String"]


class OnlineStore(_Shape, frozen=True, kw_only=True):
    """Whether the newest record of each identifier is kept at hand."""

    enable_online_store: bool = False


class Location(_Shape, frozen=True, kw_only=True):
    """Where an offline store is, below the data directory."""

    s3_uri: Annotated[str, Meta(pattern=r"^(https|s3)://([^/]+)/?(.*)\Z", max_length=1024)] = msgspec.field(name="S3Uri")


class OfflineStore(_Shape, frozen=True, kw_only=True):
    """Where every record is written."""

    s3_storage_config: Location = msgspec.field(name="S3StorageConfig")


class Tag(_Shape, frozen=True, kw_only=True):
    """One tag."""

    key: Annotated[str, Meta(min_length=1, max_length=128)]
    value: Annotated[str, Meta(max_length=256)]


class CreateFeatureGroupInput(_Shape, frozen=True, kw_only=True):
    """A feature group."""

    feature_group_name: _Name
    record_identifier_feature_name: _FeatureName
    event_time_feature_name: _FeatureName
    feature_definitions: Annotated[tuple[FeatureDefinition, ...], Meta(min_length=1, max_length=2500)]
    online_store_config: OnlineStore | None = None
    offline_store_config: OfflineStore | None = None
    role_arn: Annotated[str, Meta(max_length=2048)] | None = None
    description: Annotated[str, Meta(max_length=128)] | None = None
    tags: Annotated[tuple[Tag, ...], Meta(max_length=50)] = ()


class FeatureGroupInput(_Shape, frozen=True, kw_only=True):
    """One feature group."""

    feature_group_name: _Identifier


class FeatureGroupVerification(_Shape, frozen=True, kw_only=True):
    """Files of the offline store that are, read whole, what was written. statements: their indexes in the log `statements`."""

    files: int
    rows: int
    bytes: int
    statements: tuple[int, ...]


class FeatureValue(_Shape, frozen=True, kw_only=True):
    """One value of a record."""

    feature_name: _FeatureName
    value_as_string: _Text


class PutRecordInput(_Shape, frozen=True, kw_only=True):
    """One record."""

    feature_group_name: _Identifier
    record: Annotated[tuple[FeatureValue, ...], Meta(min_length=1, max_length=2500)]


class GetRecordInput(_Shape, frozen=True, kw_only=True):
    """Which record."""

    feature_group_name: _Identifier
    record_identifier_value_as_string: _Text


def _row(service: str, name: str) -> Operation:
    """Return a row that is handled, checked and recorded exactly as AWS's operation of this name."""
    aws = BY_NAME[service, name]

    async def handle(call: Call, given: Any) -> Any:
        return await aws.handle(call, msgspec.to_builtins(given))

    def resources(call: Call, given: Any) -> Sequence[str]:
        return aws.resources(call, msgspec.to_builtins(given))

    def conditions(call: Call, given: Any) -> dict[str, Any]:
        return aws.conditions(call, msgspec.to_builtins(given)) if aws.conditions is not None else {}

    return Operation(service, name, aws.action, handle, resources, read_only=aws.read_only, conditions=conditions)


async def _verify(call: Call, given: FeatureGroupInput) -> FeatureGroupVerification:
    features = call.rooms.features
    group = (await features.groups.find(call.account_id, given.feature_group_name)).group
    files = await features.offline.verify(call.account_id, group)
    return FeatureGroupVerification(
        files=len(files),
        rows=sum(file.rows for file in files),
        bytes=sum(file.size for file in files),
        statements=tuple(await features.offline.statements(call.account_id, group)),
    )


def _group(call: Call, given: FeatureGroupInput) -> Sequence[str]:
    return (group_resource(call, given.feature_group_name),)


OPERATIONS = (
    NativeOperation(
        _row("sagemaker", "CreateFeatureGroup"),
        "POST",
        "/feature-groups",
        "Create a feature group.",
        CreateFeatureGroupInput,
        dict,
        status=201,
    ),
    NativeOperation(
        _row("sagemaker", "DescribeFeatureGroup"),
        "GET",
        "/feature-groups/{FeatureGroupName}",
        "Show a feature group.",
        FeatureGroupInput,
        dict,
    ),
    NativeOperation(
        Operation("ringwall", "VerifyFeatureGroup", "ringwall:VerifyFeatureGroup", _verify, _group, read_only=True),
        "GET",
        "/feature-groups/{FeatureGroupName}/verification",
        "Read a feature group's offline files whole, and check that each is what was written.",
        FeatureGroupInput,
        FeatureGroupVerification,
    ),
    NativeOperation(
        _row("sagemaker-featurestore-runtime", "PutRecord"),
        "POST",
        "/feature-groups/{FeatureGroupName}/records",
        "Put a record into a feature group.",
        PutRecordInput,
        dict,
    ),
    NativeOperation(
        _row("sagemaker-featurestore-runtime", "GetRecord"),
        "GET",
        "/feature-groups/{FeatureGroupName}/records/{RecordIdentifierValueAsString}",
        "Show the newest record of an identifier.",
        GetRecordInput,
        dict,
    ),
)
