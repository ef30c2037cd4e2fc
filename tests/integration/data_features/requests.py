"""Requests as the wire hands them over."""

from __future__ import annotations

from typing import Any

ACCOUNT, OTHER = "111122223333", "444455556666"
ONLINE: dict[str, Any] = {"OnlineStoreConfig": {"EnableOnlineStore": True}}
OFFLINE: dict[str, Any] = {"OfflineStoreConfig": {"S3StorageConfig": {"S3Uri": "s3://lake/features/"}}}


def new_group(name: str = "g", **members: Any) -> dict[str, Any]:
    """A CreateFeatureGroup request: identifier `id`, event time `at` in seconds, a number `n`."""
    definitions = [{"FeatureName": n, "FeatureType": t} for n, t in (("id", "String"), ("at", "Fractional"), ("n", "Integral"))]
    keys = {"RecordIdentifierFeatureName": "id", "EventTimeFeatureName": "at"}
    return {"FeatureGroupName": name, **keys, "FeatureDefinitions": definitions, **members}


def put(identifier: str, at: float, n: int | None = None, *, group: str = "g", **members: Any) -> dict[str, Any]:
    """A PutRecord request."""
    values = {"id": identifier, "at": str(at)} | ({} if n is None else {"n": str(n)})
    return {"FeatureGroupName": group, "Record": [{"FeatureName": f, "ValueAsString": v} for f, v in values.items()], **members}


def who(identifier: str, group: str = "g", **members: Any) -> dict[str, Any]:
    """A GetRecord request."""
    return {"FeatureGroupName": group, "RecordIdentifierValueAsString": identifier, **members}


def number(answer: dict[str, Any]) -> str | None:
    """The value of `n` in a GetRecord answer; None where there is no record."""
    return {each["FeatureName"]: each.get("ValueAsString") for each in answer.get("Record", ())}.get("n")
