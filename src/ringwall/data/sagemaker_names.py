"""SageMaker's names and tags: ARNs of feature groups and lineage entities, and lists of tags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ringwall.errors import InvalidRequest, NotFound
from ringwall.vocabulary import own_resource

TAGS_MAX = 50  # AWS General Reference, "Tagging your AWS resources"


TAGGED = frozenset({"feature-group", "artifact", "action", "context"})


class TaggedNotFound(NotFound, code="sagemaker-resource-not-found", aws="ResourceNotFound"):
    """No such resource in this account and region.

    AWS: ResourceNotFound; ValidationException for the operations on tags, which model no exception.
    """


def sagemaker_arn(region: str, account_id: str, kind: str, name: str) -> str:
    """Return the ARN of a resource; `kind` as in ARNs (`feature-group`)."""
    return f"arn:aws:sagemaker:{region}:{account_id}:{kind}/{name}"


def resource_of(arn: str, *, account_id: str, region: str, missing: type[NotFound]) -> tuple[str, str]:
    """Return (kind, name) of a SageMaker resource of this account and region; raises what `own_resource` does."""
    return own_resource(arn, "sagemaker", account_id=account_id, region=region, missing=missing)


def tagged(arn: str, *, account_id: str, region: str) -> tuple[str, str]:
    """Return (kind, name) of a resource that may have tags.

    Raises:
        InvalidRequest, AccessDenied, NotFound: as `resource_of`; NotFound also for a kind that ringwall has not.
    """
    kind, name = resource_of(arn, account_id=account_id, region=region, missing=TaggedNotFound)
    if kind not in TAGGED:
        raise TaggedNotFound("ringwall has no resources of this kind")
    return kind, name


def read_tags(tags: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return a list of tags as a mapping; the service model has checked keys and values.

    Raises:
        InvalidRequest: a key twice or reserved.
    """
    read: dict[str, str] = {}
    for tag in tags:
        key = tag["Key"]
        if key.lower().startswith("aws:"):
            raise InvalidRequest("tag keys that begin with `aws:` are reserved")
        if key in read:
            raise InvalidRequest("a tag key is listed twice")
        read[key] = tag["Value"]
    return refuse_too_many(read)


def refuse_too_many(tags: dict[str, str]) -> dict[str, str]:
    """Return the tags unless they are too many.

    Raises:
        InvalidRequest: more than TAGS_MAX.
    """
    if len(tags) > TAGS_MAX:
        raise InvalidRequest(f"a resource has at most {TAGS_MAX} tags")
    return tags


def show_tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Return tags as SageMaker lists them."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
