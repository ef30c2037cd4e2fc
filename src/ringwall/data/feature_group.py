"""A feature group as it is stored, read from a request, and shown.

What AWS would hand to a service that ringwall has not (KMS keys, Glue catalogues, Iceberg tables, provisioned throughput) is refused when
the group is created: a setting that does nothing must not look as if it did.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec

from ringwall.data.feature_errors import FeatureGroupNotFound
from ringwall.data.listing import read_body
from ringwall.data.sagemaker_names import resource_of, sagemaker_arn
from ringwall.errors import IntegrityError, InvalidRequest
from ringwall.storage import Document

GROUP = "feature-group"
DEFINITIONS_MAX = 2500  # SageMaker endpoints and quotas: feature definitions per feature group
S3_URI_CHARS = 800  # ResolvedOutputS3Uri, which is longer by up to 200, has at most 1,024
RESERVED = frozenset({"is_deleted", "write_time", "api_invocation_time"})
"""Columns that the offline store adds (SageMaker Developer Guide, "Offline store data format")."""

_SECONDS = {"Seconds": 1, "Minutes": 60, "Hours": 3600, "Days": 86_400, "Weeks": 604_800}
_TTL_MAX_S = 100 * 366 * 86_400  # a hundred years; what lasts longer is asked for by leaving the duration out


class Definition(msgspec.Struct, frozen=True, rename="pascal", omit_defaults=True):
    """One feature. collection_type: empty for a plain value; dimension: of a Vector, else 0."""

    feature_name: str
    feature_type: str
    collection_type: str = ""
    dimension: int = 0

    def show(self) -> dict[str, Any]:
        """Return SageMaker's FeatureDefinition."""
        shown: dict[str, Any] = {"FeatureName": self.feature_name, "FeatureType": self.feature_type}
        if self.collection_type:
            shown["CollectionType"] = self.collection_type
        if self.dimension:
            shown["CollectionConfig"] = {"VectorConfig": {"Dimension": self.dimension}}
        return shown


class Ttl(msgspec.Struct, frozen=True):
    """How long a record is kept after its event time."""

    unit: str
    value: int

    @property
    def seconds(self) -> int:
        """The duration."""
        return _SECONDS[self.unit] * self.value


class OnlineConfig(msgspec.Struct, frozen=True):
    """The online store of a group; every storage type is kept the same durable way."""

    storage_type: str = "Standard"
    ttl: Ttl | None = None


class OfflineConfig(msgspec.Struct, frozen=True):
    """The offline store of a group. s3_uri: as the request gave it; the files are below the data directory."""

    s3_uri: str
    table_format: str = "Default"


class GroupHead(msgspec.Struct, frozen=True, kw_only=True):
    """What a listing needs of a feature group: reading it from what is stored passes over thousands of definitions.

    generation: an id that no other group has, of any name: records are filed under it, so that a group never sees those of a former
        one of the same name.
    """

    name: str
    generation: str
    created_at: datetime
    offline: OfflineConfig | None = None


class FeatureGroup(GroupHead, frozen=True, kw_only=True):
    """A feature group."""

    record_identifier: str
    event_time: str
    definitions: tuple[Definition, ...]
    modified_at: datetime
    online: OnlineConfig | None = None
    description: str = ""
    role_arn: str = ""
    tags: dict[str, str] = {}

    def document(self, account_id: str, *, revision: int = 0) -> Document:
        """Return the document that holds this group."""
        return Document(account_id=account_id, kind=GROUP, id=self.name, body=msgspec.json.encode(self), revision=revision)

    @property
    def folder(self) -> str:
        """The last part of the offline store's path."""
        return f"{self.name}-{int(self.created_at.timestamp())}-{self.generation}"


_DECODER = msgspec.json.Decoder(FeatureGroup)
_HEAD = msgspec.json.Decoder(GroupHead)


@lru_cache(maxsize=64)
def _decode(body: bytes) -> FeatureGroup:
    return _DECODER.decode(body)


def read_group(document: Document) -> FeatureGroup:
    """Read a stored group; the last ones are kept decoded, since every record needs its group.

    Raises:
        IntegrityError: the stored bytes are no feature group.
    """
    try:
        return _decode(document.body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise IntegrityError("a stored feature group cannot be read", remedy="restore a backup") from error


def read_head(document: Document) -> GroupHead:
    """Read what a listing needs of a stored group."""
    return read_body(_HEAD, document)


def group_arn(region: str, account_id: str, name: str) -> str:
    """Return a feature group's ARN."""
    return sagemaker_arn(region, account_id, GROUP, name)


def group_name(identifier: str, *, account_id: str, region: str) -> str:
    """Return the name behind a name or ARN.

    Raises:
        InvalidRequest, AccessDenied, FeatureGroupNotFound: as `resource_of`.
    """
    if not identifier.startswith("arn:"):
        return identifier
    kind, name = resource_of(identifier, account_id=account_id, region=region, missing=FeatureGroupNotFound)
    if kind != GROUP:
        raise InvalidRequest("the ARN does not name a feature group")
    return name


def read_definitions(given: Iterable[Mapping[str, Any]], former: tuple[Definition, ...] = ()) -> tuple[Definition, ...]:
    """Read feature definitions, which follow `former` ones.

    Raises:
        InvalidRequest: a name twice or reserved, a collection that is not described, or too many.
    """
    definitions = list(former)
    names = {definition.feature_name.lower() for definition in former}
    for each in given:
        definition = _definition(each)
        lowered = definition.feature_name.lower()
        if lowered in RESERVED:
            raise InvalidRequest(f"the feature name `{definition.feature_name}` is reserved")
        if lowered in names:
            raise InvalidRequest(f"the feature `{definition.feature_name}` is defined twice; case makes no difference")
        names.add(lowered)
        definitions.append(definition)
    if len(definitions) > DEFINITIONS_MAX:
        raise InvalidRequest(f"a feature group has at most {DEFINITIONS_MAX} features")
    return tuple(definitions)


def _definition(given: Mapping[str, Any]) -> Definition:
    collection = given.get("CollectionType") or ""
    dimension = given.get("CollectionConfig", {}).get("VectorConfig", {}).get("Dimension", 0)
    if (collection == "Vector") != bool(dimension):
        raise InvalidRequest("a Vector, and nothing else, has a CollectionConfig with a dimension")
    if collection == "Vector" and given["FeatureType"] != "Fractional":
        raise InvalidRequest("the elements of a Vector are Fractional")
    return Definition(given["FeatureName"], given["FeatureType"], collection, dimension)


def check_keys(definitions: Iterable[Definition], record_identifier: str, event_time: str) -> None:
    """Refuse a group whose records could not be told apart or put in order.

    Raises:
        InvalidRequest: the identifier or the event time is not defined, or has a type it cannot have.
    """
    by_name = {definition.feature_name: definition for definition in definitions}
    identifier, moment = by_name.get(record_identifier), by_name.get(event_time)
    if identifier is None or moment is None or identifier is moment:
        raise InvalidRequest("RecordIdentifierFeatureName and EventTimeFeatureName are two of the FeatureDefinitions")
    if moment.feature_type not in {"String", "Fractional"} or moment.collection_type:
        raise InvalidRequest("the event time feature is String (ISO 8601) or Fractional (Unix seconds)")
    if identifier.collection_type:
        raise InvalidRequest("the record identifier feature is a single value")


def read_ttl(given: Mapping[str, Any] | None) -> Ttl | None:
    """Read a TtlDuration.

    Raises:
        InvalidRequest: half of one, or longer than a hundred years.
    """
    if not given:
        return None
    if "Unit" not in given or "Value" not in given:
        raise InvalidRequest("TtlDuration has a Unit and a Value")
    ttl = Ttl(given["Unit"], given["Value"])
    if ttl.seconds > _TTL_MAX_S:
        raise InvalidRequest("TtlDuration is at most a hundred years")
    return ttl


def read_online(given: Mapping[str, Any] | None) -> OnlineConfig | None:
    """Read an OnlineStoreConfig; None where no online store is asked for.

    Raises:
        InvalidRequest: it asks for what ringwall has not.
    """
    if not given or not given.get("EnableOnlineStore"):
        return None
    if given.get("SecurityConfig", {}).get("KmsKeyId"):
        raise InvalidRequest("ringwall encrypts no online store under a KMS key", remedy="leave SecurityConfig out")
    return OnlineConfig(storage_type=given.get("StorageType") or "Standard", ttl=read_ttl(given.get("TtlDuration")))


def read_offline(given: Mapping[str, Any] | None) -> OfflineConfig | None:
    """Read an OfflineStoreConfig; None where no offline store is asked for.

    Raises:
        InvalidRequest: it asks for what ringwall has not.
    """
    if not given:
        return None
    storage = given["S3StorageConfig"]
    if len(storage["S3Uri"]) > S3_URI_CHARS:
        raise InvalidRequest(f"the S3Uri has at most {S3_URI_CHARS} characters: the path of the files comes after it")
    if storage.get("KmsKeyId"):
        raise InvalidRequest("ringwall encrypts no offline store under a KMS key", remedy="leave KmsKeyId out")
    if given.get("DataCatalogConfig"):
        raise InvalidRequest("ringwall has no Glue catalogue", remedy="leave DataCatalogConfig out")
    if given.get("TableFormat") == "Iceberg":
        raise InvalidRequest("ringwall writes no Iceberg tables", remedy="leave TableFormat out")
    return OfflineConfig(s3_uri=storage["S3Uri"], table_format=given.get("TableFormat") or "Default")


def refuse_throughput(given: Mapping[str, Any] | None) -> None:
    """Refuse provisioned throughput.

    Raises:
        InvalidRequest: it is asked for.
    """
    given = given or {}
    if (
        given.get("ThroughputMode") == "Provisioned"
        or given.get("ProvisionedReadCapacityUnits")
        or given.get("ProvisionedWriteCapacityUnits")
    ):
        raise InvalidRequest("ringwall provisions no throughput", remedy="use the ThroughputMode OnDemand")


def describe(group: FeatureGroup, *, account_id: str, region: str, blocked: str) -> dict[str, Any]:
    """Return what DescribeFeatureGroup answers. blocked: why the offline store cannot be written just now; empty: it can."""
    shown: dict[str, Any] = {
        **summary(group, account_id=account_id, region=region, blocked=blocked),
        "RecordIdentifierFeatureName": group.record_identifier,
        "EventTimeFeatureName": group.event_time,
        "FeatureDefinitions": [definition.show() for definition in group.definitions],
        "LastModifiedTime": group.modified_at,
        "ThroughputConfig": {"ThroughputMode": "OnDemand"},
        "NextToken": "",
    }
    if group.online is not None:
        shown["OnlineStoreConfig"] = {"EnableOnlineStore": True, "StorageType": group.online.storage_type}
        if group.online.ttl is not None:
            shown["OnlineStoreConfig"]["TtlDuration"] = {"Unit": group.online.ttl.unit, "Value": group.online.ttl.value}
    if group.offline is not None:
        resolved = f"{group.offline.s3_uri.rstrip('/')}/{account_id}/sagemaker/{region}/offline-store/{group.folder}/data"
        shown["OfflineStoreConfig"] = {
            "S3StorageConfig": {"S3Uri": group.offline.s3_uri, "ResolvedOutputS3Uri": resolved},
            "DisableGlueTableCreation": True,
            "TableFormat": group.offline.table_format,
        }
    if group.modified_at > group.created_at:
        shown["LastUpdateStatus"] = {"Status": "Successful"}
    optional = {"Description": group.description, "RoleArn": group.role_arn}
    return shown | {name: value for name, value in optional.items() if value}


def summary(group: GroupHead, *, account_id: str, region: str, blocked: str) -> dict[str, Any]:
    """Return the entry that ListFeatureGroups shows."""
    shown: dict[str, Any] = {
        "FeatureGroupName": group.name,
        "FeatureGroupArn": group_arn(region, account_id, group.name),
        "CreationTime": group.created_at,
        "FeatureGroupStatus": "Created",
    }
    if group.offline is not None:
        shown["OfflineStoreStatus"] = {"Status": "Blocked", "BlockedReason": blocked} if blocked else {"Status": "Active"}
    return shown
